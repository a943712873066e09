"""What a check is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from helm_nested.kubernetes.api_group import is_custom
from helm_nested.kubernetes.bundle_object import BundleObject, bundle_objects
from helm_nested.kubernetes.bundle_reference import BundleReference, bundle_references
from helm_nested.kubernetes.resource_definition import ResourceDefinition, definitions_for
from helm_nested.kubernetes.survey import Survey, survey
from nested_templates.contract import ArgumentSet, Contract
from nested_templates.encoder import ENCODERS, Encoder
from nested_templates.service_template import ServiceTemplate
from nested_templates.yaml_documents import Document, KeyPath

Scope = Literal["template", "document", "bundle"]
Level = Literal["privileged", "baseline", "restricted"]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: its path in the document (or line of the template), and what is wrong with it."""

    path: str
    message: str
    # Of a bundle: the place among its documents of the one that the path is in.
    document: int | None = None
    # What to do about it, or the nearest known name: shown beside the message, and no part of what the problem is.
    advice: str = ""


@dataclass(frozen=True)
class External:
    """Objects that a bundle may refer to without holding them: kind and name are globs; `owner` brings them."""

    kind: str
    name: str
    owner: str

    def covers(self, kind: str, name: str) -> bool:
        """Whether this entry stands for that object."""
        return fnmatchcase(kind, self.kind) and fnmatchcase(name, self.name)


@dataclass(frozen=True)
class CustomSchema:
    """A JSON Schema for a custom resource, or for a part of it: `at` is a path like `spec.triggers[].metadata`.

    With `where` it is for those entries of the path's last list that have these values: `{"type": "temporal"}`.
    """

    api_version: str
    kind: str
    schema: Path
    at: str = ""
    where: Mapping[str, object] = field(default_factory=dict)

    def suits(self, document: Document) -> bool:
        """Whether the document is of its kind."""
        return document.get("kind") == self.kind and document.get("apiVersion") == self.api_version


@dataclass(frozen=True)
class Claims:
    """What the chart claims, against which documents are checked."""

    kubernetes_minors: tuple[str, ...] = ()
    custom_schemas: tuple[CustomSchema, ...] = ()
    external: tuple[External, ...] = ()
    # Kinds that no schema is at hand for, each with the reason.
    without_schema: Mapping[str, str] = field(default_factory=dict)
    # The program made of Kubernetes' own code (see kubernetes/validation.py), where there is one.
    kubernetes_program: Path | None = None
    # CustomResourceDefinitions: files that the configuration names, and those of the chart itself.
    definition_files: tuple[Path, ...] = ()
    definitions: tuple[ResourceDefinition, ...] = ()

    def lack_schema(self, document: Document) -> bool:
        """Whether nothing describes the document as a whole, though it is a custom resource or a part is described.

        Raises:
            SchemaError: as `definitions_for`.
        """
        schemas = [each for each in self.custom_schemas if each.suits(document)]
        is_ours_to_check = bool(schemas) or is_custom(document)
        return is_ours_to_check and all(each.at for each in schemas) and not self.definitions_for(document)

    def definitions_for(self, document: Document) -> list[ResourceDefinition]:
        """The definitions that serve this custom resource; none of a built-in kind.

        Raises:
            SchemaError: a file of definitions cannot be read, or holds none.
        """
        return definitions_for(document, self.definition_files, self.definitions)


@dataclass(frozen=True)
class TemplateSubject:
    """A service template as it stands in the rendered object, before anything is filled in.

    The argument set, if there is one, is one that suits it.
    """

    template: ServiceTemplate
    contract: Contract
    argument_set: ArgumentSet | None = None
    encoder: Encoder = ENCODERS["json"]


@dataclass(frozen=True)
class DocumentSubject:
    """One Kubernetes object of either stage, the claims, and the Pod Security level claimed for its pods.

    Of keys that stand twice in one map, the document has the last; `duplicate_keys` are their paths.
    """

    document: Document
    claims: Claims
    pod_security: Level | None = None
    duplicate_keys: tuple[KeyPath, ...] = ()

    @cached_property
    def survey(self) -> Survey:
        """A look at all of the document, taken once for all checks."""
        return survey(self.document)


@dataclass(frozen=True)
class BundleSubject:
    """Everything that one combination and one argument set lead to together."""

    documents: Sequence[Document]
    claims: Claims
    # Where an object goes that names no namespace, usually the release's; unknown, it may be any.
    namespace: str | None = None
    # The numbers of the documents that were filled from service templates: Helm itself never sees them.
    filled: frozenset[int] = frozenset()

    def objects(self) -> Iterator[BundleObject]:
        """Every object that has a kind and a name."""
        return bundle_objects(self.documents, self.namespace)

    def references(self) -> Iterator[BundleReference]:
        """Every reference of every document."""
        return bundle_references(self.documents, self.namespace)

    def is_elsewhere(self, needed: BundleReference) -> bool:
        """Whether the object is there without the bundle: in every cluster, or by the claims."""
        kind, name = needed.reference.kind, needed.reference.name
        return needed.is_always_there or any(each.covers(kind, name) for each in self.claims.external)


@dataclass(frozen=True)
class Check:
    """A rule any template, document or bundle must satisfy; its examples are YAML texts that pass and that fail."""

    name: str
    scope: Scope
    message: str
    run: Callable[[Any], Iterable[Problem]]
    passing: tuple[str, ...]
    failing: tuple[str, ...]
    # Of a bundle check: what it needs of a document. Bundles that look alike to every check are checked once.
    view: Callable[[Document], Document] = lambda document: document
    # Of a document check: asks what takes long, of several documents at once, before it is run on each of them.
    ahead: Callable[[Sequence[DocumentSubject]], None] | None = None
    # Of a template check: it fills the template, so what it says is no reason why another argument set could not.
    fills: bool = False
    # Why it cannot run here, given what is claimed; empty when it can.
    missing: Callable[[Claims], str] = lambda _claims: ""
    # What must be there for it to run, beside the package itself.
    needs: str = ""
