"""The check `deprecated-api`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.document_path import step
from helm_nested.kubernetes.document_part import list_of, map_of, maps_in
from helm_nested.kubernetes.object_metadata import object_metadata
from helm_nested.kubernetes.pod_spec import PodTemplate, pod_template


@dataclass(frozen=True, slots=True)
class Version:
    """An API version on its way out: since which minor there is a better one, and from which on it is gone."""

    instead: str
    deprecated: int
    removed: int | None = None


def _kinds(api_version: str, kinds: str, version: Version) -> dict[tuple[str, str], Version]:
    return {(api_version, kind): version for kind in kinds.split()}


# https://kubernetes.io/docs/reference/using-api/deprecation-guide/, and for what is gone since 1.33 the schemas in the
# kubernetes-validate wheel, which no longer have it.
VERSIONS = (
    _kinds("extensions/v1beta1", "Deployment DaemonSet ReplicaSet", Version("apps/v1", 9, 16))
    | _kinds("extensions/v1beta1", "NetworkPolicy", Version("networking.k8s.io/v1", 9, 16))
    | _kinds("extensions/v1beta1", "PodSecurityPolicy", Version("Pod Security Admission", 11, 16))
    | _kinds("extensions/v1beta1", "Ingress", Version("networking.k8s.io/v1", 14, 22))
    | _kinds("apps/v1beta1", "Deployment StatefulSet ControllerRevision", Version("apps/v1", 9, 16))
    | _kinds("apps/v1beta2", "Deployment StatefulSet DaemonSet ReplicaSet", Version("apps/v1", 9, 16))
    | _kinds("apps/v1beta2", "ControllerRevision", Version("apps/v1", 9, 16))
    | _kinds(
        "admissionregistration.k8s.io/v1beta1",
        "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
        Version("admissionregistration.k8s.io/v1", 16, 22),
    )
    | _kinds(
        "admissionregistration.k8s.io/v1beta1",
        "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding",
        Version("admissionregistration.k8s.io/v1", 30, 34),
    )
    | _kinds("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", Version("apiextensions.k8s.io/v1", 16, 22))
    | _kinds("apiregistration.k8s.io/v1beta1", "APIService", Version("apiregistration.k8s.io/v1", 19, 22))
    | _kinds("authentication.k8s.io/v1beta1", "TokenReview", Version("authentication.k8s.io/v1", 19, 22))
    | _kinds("certificates.k8s.io/v1beta1", "CertificateSigningRequest", Version("certificates.k8s.io/v1", 19, 22))
    | _kinds("coordination.k8s.io/v1beta1", "Lease", Version("coordination.k8s.io/v1", 19, 22))
    | _kinds("networking.k8s.io/v1beta1", "Ingress IngressClass", Version("networking.k8s.io/v1", 19, 22))
    | _kinds("networking.k8s.io/v1beta1", "IPAddress ServiceCIDR", Version("networking.k8s.io/v1", 33, 37))
    | _kinds(
        "rbac.authorization.k8s.io/v1beta1",
        "Role ClusterRole RoleBinding ClusterRoleBinding",
        Version("rbac.authorization.k8s.io/v1", 17, 22),
    )
    | _kinds("scheduling.k8s.io/v1beta1", "PriorityClass", Version("scheduling.k8s.io/v1", 14, 22))
    | _kinds(
        "storage.k8s.io/v1beta1",
        "CSIDriver CSINode StorageClass VolumeAttachment",
        Version("storage.k8s.io/v1", 19, 22),
    )
    | _kinds("storage.k8s.io/v1beta1", "CSIStorageCapacity", Version("storage.k8s.io/v1", 24, 27))
    | _kinds("storage.k8s.io/v1beta1", "VolumeAttributesClass", Version("storage.k8s.io/v1", 34, 37))
    | _kinds("batch/v1beta1", "CronJob", Version("batch/v1", 21, 25))
    | _kinds("discovery.k8s.io/v1beta1", "EndpointSlice", Version("discovery.k8s.io/v1", 21, 25))
    | _kinds("events.k8s.io/v1beta1", "Event", Version("events.k8s.io/v1", 19, 25))
    | _kinds("autoscaling/v2beta1", "HorizontalPodAutoscaler", Version("autoscaling/v2", 23, 25))
    | _kinds("autoscaling/v2beta2", "HorizontalPodAutoscaler", Version("autoscaling/v2", 23, 26))
    | _kinds("policy/v1beta1", "PodDisruptionBudget", Version("policy/v1", 21, 25))
    | _kinds("policy/v1beta1", "PodSecurityPolicy", Version("Pod Security Admission", 21, 25))
    | _kinds("node.k8s.io/v1beta1", "RuntimeClass", Version("node.k8s.io/v1", 22, 25))
    | {
        (f"flowcontrol.apiserver.k8s.io/{version}", kind): Version("flowcontrol.apiserver.k8s.io/v1", 29, removed)
        for version, removed in (("v1beta1", 26), ("v1beta2", 29), ("v1beta3", 32))
        for kind in ("FlowSchema", "PriorityLevelConfiguration")
    }
    | {
        (f"resource.k8s.io/{version}", kind): Version("resource.k8s.io/v1", 34)
        for version in ("v1beta1", "v1beta2")
        for kind in ("DeviceClass", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice")
    }
    | _kinds("v1", "Endpoints", Version("EndpointSlice of discovery.k8s.io/v1", 33))
    | _kinds("v1", "ComponentStatus", Version("the health endpoints of the API server", 19))
)
# The vertical pod autoscaler has versions of its own:
# https://github.com/kubernetes/autoscaler/tree/vertical-pod-autoscaler-1.4.1/vertical-pod-autoscaler
_VERTICAL = "VerticalPodAutoscaler"

# https://kubernetes.io/docs/reference/labels-annotations-taints/
_LABELS = {
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "node-role.kubernetes.io/master": "node-role.kubernetes.io/control-plane",
}
_ANNOTATIONS = {
    "seccomp.security.alpha.kubernetes.io/pod": "the field securityContext.seccompProfile",
    "scheduler.alpha.kubernetes.io/critical-pod": "the field priorityClassName",
    "scheduler.alpha.kubernetes.io/tolerations": "the field tolerations",
    "scheduler.alpha.kubernetes.io/affinity": "the field affinity",
    "kubernetes.io/ingress.class": "the field spec.ingressClassName",
    "volume.beta.kubernetes.io/storage-class": "the field storageClassName",
    "service.alpha.kubernetes.io/tolerate-unready-endpoints": "the field publishNotReadyAddresses",
}
_ANNOTATION_PREFIXES = {
    "container.seccomp.security.alpha.kubernetes.io/": "the field securityContext.seccompProfile",
    "container.apparmor.security.beta.kubernetes.io/": "the field securityContext.appArmorProfile, from 1.30 on",
}
# The deprecated ones of https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume/
_VOLUMES = frozenset(
    {
        "awsElasticBlockStore",
        "azureDisk",
        "azureFile",
        "cephfs",
        "cinder",
        "flexVolume",
        "flocker",
        "gcePersistentDisk",
        "gitRepo",
        "glusterfs",
        "photonPersistentDisk",
        "portworxVolume",
        "quobyte",
        "rbd",
        "scaleIO",
        "storageos",
        "vsphereVolume",
    }
)
# The minor since which the AppArmor annotation has a field in its place.
_APPARMOR_FIELD = 30
# The newest minor that the tables above know of.
_NEWEST = 37


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    document = subject.document
    oldest, newest = _claimed(subject.claims.kubernetes_minors)
    kind, api_version = document.get("kind"), document.get("apiVersion")
    if isinstance(kind, str) and isinstance(api_version, str):
        version = VERSIONS.get((api_version, kind))
        if version is not None and version.removed is not None and version.removed <= newest:
            yield Problem(
                "apiVersion",
                f"{api_version} {kind} is gone from Kubernetes 1.{version.removed} on.",
                advice=f"Use {version.instead}.",
            )
        elif version is not None and version.deprecated <= newest:
            yield Problem(
                "apiVersion",
                f"{api_version} {kind} is deprecated from Kubernetes 1.{version.deprecated} on.",
                advice=f"Use {version.instead}.",
            )
        if kind == _VERTICAL:
            yield from _vertical(subject)
    for path, metadata in object_metadata(document):
        for key in map_of(metadata.get("annotations")):
            yield from _annotation(key, f"{path}.annotations", oldest)
    template = pod_template(document)
    if template is not None:
        yield from _pod(template)


@lru_cache(maxsize=64)
def _claimed(minors: tuple[str, ...]) -> tuple[int, int]:
    numbers = [int(minor.split(".")[1]) for minor in minors]
    return min(numbers, default=_NEWEST), max(numbers, default=_NEWEST)


def _vertical(subject: DocumentSubject) -> Iterator[Problem]:
    document = subject.document
    if document.get("apiVersion") in ("autoscaling.k8s.io/v1beta1", "autoscaling.k8s.io/v1beta2"):
        message = f"{document['apiVersion']} {_VERTICAL} is deprecated."
        yield Problem("apiVersion", message, advice="Use autoscaling.k8s.io/v1.")
    policy = map_of(map_of(document.get("spec")).get("updatePolicy"))
    if policy.get("updateMode") == "Auto":
        yield Problem(
            "spec.updatePolicy.updateMode",
            "Auto is deprecated from the vertical pod autoscaler 1.4 on.",
            advice="Use Recreate, which is what it does.",
        )


def _annotation(key: object, path: str, oldest: int) -> Iterator[Problem]:
    if not isinstance(key, str) or "kubernetes.io/" not in key:
        return
    instead = _ANNOTATIONS.get(key)
    if instead is None:
        prefix = key.partition("/")[0] + "/"
        if prefix.startswith("container.apparmor") and oldest < _APPARMOR_FIELD:
            return  # The oldest claimed version knows no field for it.
        instead = _ANNOTATION_PREFIXES.get(prefix)
    if instead is not None:
        yield Problem(step(path, key), f"the annotation {key} is deprecated.", advice=f"Use {instead}.")


def _pod(template: PodTemplate) -> Iterator[Problem]:
    path, spec = template.path, template.spec
    if "serviceAccount" in spec:
        yield Problem(f"{path}.serviceAccount", "serviceAccount is deprecated.", advice="Use serviceAccountName.")
    for key in map_of(spec.get("nodeSelector")):
        yield from _label(key, step(f"{path}.nodeSelector", key))
    for place, volume in template.volumes():
        for key in volume:
            if key in _VOLUMES:
                yield Problem(
                    step(place, key),
                    f"volumes of the kind {key} are deprecated.",
                    advice="Use a PersistentVolumeClaim.",
                )
    for place, constraint in maps_in(spec.get("topologySpreadConstraints"), f"{path}.topologySpreadConstraints"):
        yield from _label(constraint.get("topologyKey"), f"{place}.topologyKey")
    if "affinity" in spec:
        yield from _affinity(spec["affinity"], f"{path}.affinity")


def _affinity(part: object, path: str) -> Iterator[Problem]:
    """Topology keys, and keys of expressions, wherever they stand in an affinity."""
    for key, value in map_of(part).items():
        if key in ("topologyKey", "key"):
            yield from _label(value, step(path, key))
        elif key not in ("labelSelector", "namespaceSelector"):
            yield from _affinity(value, step(path, key))
    for number, each in enumerate(list_of(part)):
        yield from _affinity(each, f"{path}[{number}]")


def _label(label: object, path: str) -> Iterator[Problem]:
    if isinstance(label, str) and label in _LABELS:
        yield Problem(path, f"the node label {label} is deprecated.", advice=f"Use {_LABELS[label]}.")


CHECK = Check(
    name="deprecated-api",
    scope="document",
    message=(
        "No API version, field, annotation or node label is used that a claimed version of Kubernetes has dropped "
        "or will drop; otherwise the chart stops working there."
    ),
    run=_run,
    passing=(
        """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: a
""",
        """\
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  serviceAccountName: worker
  nodeSelector:
    kubernetes.io/arch: arm64
""",
    ),
    failing=(
        """\
# gone from 1.25 on
apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata:
  name: a
""",
        """\
# gone from 1.26 on
apiVersion: autoscaling/v2beta2
kind: HorizontalPodAutoscaler
metadata:
  name: a
""",
        """\
# deprecated from 1.33 on
apiVersion: v1
kind: Endpoints
metadata:
  name: a
""",
        """\
# an old name of a field
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  serviceAccount: worker
""",
        """\
# an annotation that became a field
apiVersion: v1
kind: Pod
metadata:
  name: a
  annotations:
    seccomp.security.alpha.kubernetes.io/pod: runtime/default
""",
        """\
# an old node label
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  nodeSelector:
    beta.kubernetes.io/os: linux
""",
        """\
# an old topology key
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  topologySpreadConstraints:
    - topologyKey: failure-domain.beta.kubernetes.io/zone
""",
        """\
# a volume of an old kind
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  volumes:
    - name: code
      gitRepo: {repository: a}
""",
        """\
# a mode with another name
apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscaler
metadata:
  name: a
spec:
  updatePolicy:
    updateMode: Auto
""",
    ),
)
