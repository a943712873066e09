"""What a control plane does: takes the service templates out of the live ConfigMap, fills them, applies them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from helm_nested.configuration import load_configuration
from local_cluster.api import Api, Object, Reference
from local_cluster.errors import ClusterError
from local_cluster.tools import REPOSITORY
from nested_templates.contract import ArgumentSet, load_argument_sets, load_contract
from nested_templates.encoder import ENCODERS
from nested_templates.fill import FilledTemplate, fill
from nested_templates.service_template import ServiceTemplate, find_service_templates

FIELD_MANAGER = "control-plane"
# ConfigMaps before the Deployment that mounts them.
_ORDER = (
    "user-config",
    "endpoint-config",
    "worker-settings",
    "deployment-",
    "pod-disruption-budget",
    "keda-trigger",
    "keda-scaled-object",
)
_CONFIG_MAP = "-service-template-config"


class Contract:
    """This repository's contract, argument sets and places of service templates."""

    def __init__(self) -> None:
        self.configuration = load_configuration(REPOSITORY / "helm-nested.yaml")
        self.contract = load_contract(self.configuration.contract)
        sets = load_argument_sets(self.configuration.argument_sets, self.contract)
        self.argument_sets = {each.name: each for each in sets}

    def arguments(self, name: str, changes: Mapping[str, Any]) -> ArgumentSet:
        """One of the argument sets with some arguments changed; the contract must allow them."""
        found = self.argument_sets[name]
        changed = found.of({**found.arguments, **changes})
        self.contract.check(changed)
        return changed

    def live(self, api: Api, namespace: str) -> list[ServiceTemplate]:
        """The service templates of the one release in this namespace, as the API server holds them."""
        return list(find_service_templates([live_config_map(api, namespace)], self.configuration.selectors))

    def fill(self, template: ServiceTemplate, arguments: ArgumentSet, encoder: str = "json") -> FilledTemplate:
        """One template filled."""
        return fill(template, arguments, self.contract, ENCODERS[encoder])


def live_config_map(api: Api, namespace: str) -> Object:
    """The service-template ConfigMap of the one release in this namespace.

    Raises:
        ClusterError: there is none, or more than one.
    """
    found = [
        each
        for each in api.list(Reference("v1", "ConfigMap", namespace))
        if each["metadata"]["name"].endswith(_CONFIG_MAP)
    ]
    if len(found) != 1:
        names = ", ".join(each["metadata"]["name"] for each in found) or "none"
        raise ClusterError(f"namespace {namespace} should hold one ConfigMap *{_CONFIG_MAP}; it holds {names}")
    return found[0]


@dataclass
class Endpoint:
    """One endpoint of a release: applied as a control plane does, by server-side apply without force."""

    api: Api
    contract: Contract
    release_namespace: str
    arguments: ArgumentSet
    device: str = "cpu"
    deployment: Reference = field(init=False)
    scaled_object: Reference = field(init=False)
    autoscaler: Reference = field(init=False)

    def __post_init__(self) -> None:
        """Work out where its objects are."""
        namespace, name = self.namespace, self.name
        self.deployment = Reference("apps/v1", "Deployment", namespace, name)
        self.scaled_object = Reference("keda.sh/v1alpha1", "ScaledObject", namespace, name)
        self.autoscaler = Reference("autoscaling/v2", "HorizontalPodAutoscaler", namespace, f"keda-hpa-{name}")

    @property
    def name(self) -> str:
        """The name that its objects bear."""
        return str(self.arguments.arguments["RESOURCE_NAME"])

    @property
    def namespace(self) -> str:
        """Where its objects are."""
        return str(self.arguments.arguments["NAMESPACE"])

    def documents(self) -> Iterator[Object]:
        """What the live templates say, in the order in which it is applied."""
        live = self.contract.live(self.api, self.release_namespace)
        for start in _ORDER:
            for template in live:
                key = template.key
                other_device = key.startswith("deployment-") and not key.endswith(f"-{self.device}.yaml")
                if key.startswith(start) and not other_device and self.arguments.suits(key):
                    yield from (dict(document) for document in self.contract.fill(template, self.arguments).documents)

    def apply(self) -> None:
        """Create or update all of its objects."""
        for document in self.documents():
            self.api.apply(document, manager=FIELD_MANAGER)

    def delete(self) -> None:
        """Delete all of its objects."""
        for document in reversed(list(self.documents())):
            self.api.delete(Reference.of(document))

    @property
    def wanted(self) -> int:
        """How many workers its Deployment asks for."""
        return int(self.api.get(self.deployment)["spec"].get("replicas", 0))

    @property
    def generation(self) -> int:
        """How often what is asked of its Deployment has changed."""
        return int(self.api.get(self.deployment)["metadata"]["generation"])

    def pods(self) -> list[Object]:
        """The pods of its Deployment."""
        return self.api.list(Reference("v1", "Pod", self.namespace), labels=f"app={self.name}")

    def condition(self, kind: str) -> tuple[str, str]:
        """The status and the message of one condition of its ScaledObject; empty while there is none."""
        found = self.api.find(self.scaled_object) or {}
        for each in found.get("status", {}).get("conditions") or []:
            if each["type"] == kind:
                return each["status"], each.get("message", "")
        return "", ""
