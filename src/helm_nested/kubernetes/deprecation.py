"""What Kubernetes has dropped or will drop, with what replaces it: API versions, annotations, node labels, volumes."""

from __future__ import annotations

from dataclasses import dataclass


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

# https://kubernetes.io/docs/reference/labels-annotations-taints/
NODE_LABELS = {
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "node-role.kubernetes.io/master": "node-role.kubernetes.io/control-plane",
}
ANNOTATIONS = {
    "seccomp.security.alpha.kubernetes.io/pod": "the field securityContext.seccompProfile",
    "scheduler.alpha.kubernetes.io/critical-pod": "the field priorityClassName",
    "scheduler.alpha.kubernetes.io/tolerations": "the field tolerations",
    "scheduler.alpha.kubernetes.io/affinity": "the field affinity",
    "kubernetes.io/ingress.class": "the field spec.ingressClassName",
    "volume.beta.kubernetes.io/storage-class": "the field storageClassName",
    "service.alpha.kubernetes.io/tolerate-unready-endpoints": "the field publishNotReadyAddresses",
}
ANNOTATION_PREFIXES = {
    "container.seccomp.security.alpha.kubernetes.io/": "the field securityContext.seccompProfile",
    "container.apparmor.security.beta.kubernetes.io/": "the field securityContext.appArmorProfile, from 1.30 on",
}
# The deprecated ones of https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume/
VOLUMES = frozenset(
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
APPARMOR_FIELD = 30
# The newest minor that the tables above know of.
NEWEST = 37
