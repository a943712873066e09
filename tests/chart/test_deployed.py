"""What the chart deploys, against the table in deployed.yaml: every key and object has its row, and its condition."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helm_nested.pytest_plugin import over
from helm_nested.yaml_documents import load_documents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helm_nested.corpus import Corpus
    from helm_nested.properties.documents import CorpusDocuments

    Document = Mapping[str, Any]

TABLE = Path(__file__).with_name("deployed.yaml")


@cache
def table() -> Any:
    """The table's rows by section."""
    (found,) = load_documents(TABLE.read_text(encoding="utf-8"), str(TABLE))
    return found


def is_deployed(row: Document, values: Any) -> bool:
    """Whether the row's conditions, any of them whole, hold for the values."""
    conditions = row.get("when")
    return conditions is None or any(
        all(_holds(wanted, values[path]) for path, wanted in condition.items()) for condition in conditions
    )


def _holds(wanted: object, found: object) -> bool:
    if isinstance(wanted, list):
        return found in wanted
    return bool(found) == (wanted == "set")


def test_every_key_has_a_row(helm_nested_corpus: Corpus) -> None:
    """A key of the ConfigMap without a row, or a row without a key in every combination, is an omission."""
    assert set(helm_nested_corpus.templates) == set(table()["serviceTemplates"])
    for slot in helm_nested_corpus.templates.values():
        assert all(slot.ids), f"{slot.name} is not in every combination: the control plane would not find it"


def test_every_installed_object_has_a_row(helm_nested_corpus: Corpus) -> None:
    """A template that installs something without a row, or a row that nothing installs, is an omission."""
    assert {name.partition("#")[0] for name in helm_nested_corpus.manifests} == set(table()["installed"])


def test_every_exception_has_a_reason() -> None:
    """A row that holds only sometimes says why."""
    for section in table().values():
        for name, row in section.items():
            assert ("when" in row) == ("reason" in row), name


def test_keys_suit_the_devices_of_their_rows(helm_nested_documents: CorpusDocuments) -> None:
    """An argument set of a device fills the keys of that device; a GPU's Deployment is for GPU argument sets alone."""
    for name, row in table()["serviceTemplates"].items():
        for argument_set in helm_nested_documents.argument_sets:
            device = "gpu" if "GPUS" in argument_set.arguments else "cpu"
            assert argument_set.suits(name) == (device in row["devices"]), (name, argument_set.name)


@over(kind="Deployment", stage="filled")
def test_an_endpoint_gets_what_the_table_says(document: Document, bundle: Any) -> None:
    """Each key holds one document of its kind where its conditions hold, and none where they do not."""
    for key, row in table()["serviceTemplates"].items():
        documents = bundle.filled(key)
        device = "gpu" if "GPUS" in bundle.arguments else "cpu"
        expected = [row["kind"]] if device in row["devices"] and is_deployed(row, bundle.values) else []
        assert [each["kind"] for each in documents] == expected, key
    assert document["kind"] == "Deployment"


@over(kind="Pod", stage="installed")
def test_a_release_installs_what_the_table_says(document: Document, bundle: Any) -> None:
    """Each template installs its objects where its conditions hold, and nothing where they do not."""
    expected = [
        row["kind"]
        for row in table()["installed"].values()
        for _ in range(row.get("objects", 1))
        if is_deployed(row, bundle.values)
    ]
    assert sorted(each["kind"] for each in bundle.installed) == sorted(expected)
    assert document["kind"] == "Pod"
