"""What the chart deploys, against the table in deployed.yaml: every key and object has its row, and its condition."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helm_nested.corpus.corpus import ABSENT
from nested_templates.yaml_documents import load_documents

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from helm_nested.corpus import Corpus
    from helm_nested.properties.documents import CorpusDocuments

    Document = Mapping[str, Any]

TABLE = Path(__file__).with_name("deployed.yaml")
# Under this name the release's own namespace stands among the values.
NAMESPACE = "the release's namespace"


@cache
def table() -> Any:
    """The table's rows by section."""
    (found,) = load_documents(TABLE.read_text(encoding="utf-8"), str(TABLE))
    return found


def is_deployed(row: Document, values: Any) -> bool:
    """Whether the row's conditions, any of them whole, hold for the values."""
    conditions = row.get("when")
    return conditions is None or any(
        all(_holds(wanted, values[path], values[NAMESPACE]) for path, wanted in condition.items())
        for condition in conditions
    )


def _holds(wanted: object, found: object, namespace: str) -> bool:
    if isinstance(wanted, list):
        return found in wanted
    if wanted == "elsewhere":
        return bool(found) and found != namespace
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


def test_an_endpoint_gets_what_the_table_says(helm_nested_documents: CorpusDocuments) -> None:
    """Each key holds one document of its kind where its conditions hold, and none where they do not."""
    for text in helm_nested_documents.texts("filled"):
        row = table()["serviceTemplates"][text.slot.name]
        found = [each["kind"] for each in helm_nested_documents.parsed(text)]
        for values in distinct_values(helm_nested_documents, text.combinations, row):
            assert found == ([row["kind"]] if is_deployed(row, values) else []), (text.slot.name, values)


def test_a_release_installs_what_the_table_says(helm_nested_documents: CorpusDocuments) -> None:
    """Each template installs its objects where its conditions hold, and nothing where they do not."""
    documents = helm_nested_documents
    for name, row in table()["installed"].items():
        slots = [slot for slot in documents.corpus.manifests.values() if slot.name.partition("#")[0] == name]
        assert len(slots) == row.get("objects", 1)
        for slot in slots:
            there = [number for number, identity in enumerate(slot.ids) if identity != ABSENT]
            absent = [number for number, identity in enumerate(slot.ids) if identity == ABSENT]
            for numbers, expected in ((there, True), (absent, False)):
                for values in distinct_values(documents, numbers, row):
                    assert is_deployed(row, values) == expected, (name, values)


def test_what_is_installed_has_the_kinds_of_the_table(helm_nested_documents: CorpusDocuments) -> None:
    """Each template installs objects of its row's kind."""
    for text in helm_nested_documents.texts("installed"):
        row = table()["installed"][text.slot.name.partition("#")[0]]
        assert {each["kind"] for each in helm_nested_documents.parsed(text)} == {row["kind"]}


def distinct_values(documents: CorpusDocuments, numbers: Sequence[int], row: Document) -> Iterator[dict[str, Any]]:
    """The values that the row's conditions read, by path, each that occurs in one of the combinations once."""
    paths = sorted({path for condition in row.get("when", ()) for path in condition})
    columns = [documents.column("release", ""), *(documents.column("values", path) for path in paths)]
    alike = {tuple(column[number] for column in columns): number for number in numbers}
    for number in alike.values():
        found = {path: documents.values.at(path, number) for path in paths}
        yield {**found, NAMESPACE: documents.release(number).namespace}
