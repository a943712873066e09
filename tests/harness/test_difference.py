"""`helm-nested diff`: what changed is said once, with the choices it takes, and nothing else is said to change."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from .revisions import COMBINATIONS, Repository, only


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """The chart, committed."""
    return Repository(tmp_path / "repository")


def paths(change: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Its paths, each with the value before and after."""
    return [(each["path"], each["before"], each["after"]) for each in change["paths"]]


def test_a_refactoring_changes_nothing(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    """A define's body moved to another define, and an object to another file, leave every combination as it was."""
    pod = repository.folder / "chart" / "templates" / "_pod.tpl"
    body = pod.read_text(encoding="utf-8").replace("previews.container", "previews.inner")
    pod.write_text(body + '{{- define "previews.container" }}{{ include "previews.inner" . }}{{ end }}', "utf-8")
    (pod.parent / "account.yaml").rename(pod.parent / "moved.yaml")
    assert repository.diff() == 0
    assert capsys.readouterr().out == f"nothing changed in {COMBINATIONS} combinations (9 distinct texts)\n"


def test_what_was_not_rendered_is_told(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    """Where combinations follow from others, the same line says so of each version, and how sure that is."""
    repository.write("chart/values.schema.json", "{}")
    axes = {name: {"block": "all", "choices": {"no": {}, "yes": {name: True}}} for name in "abcdefghij"}
    repository.write("matrix.yaml", json.dumps({"blocks": {"all": "everything"}, "axes": axes}))
    repository.commit()
    # Only the tree's version reads a value: with both versions alike one corpus stands for both.
    repository.change(
        "templates/templates.yaml", "size: {{ .Values.size }}", "size: {{ .Values.size }} # {{ .Values.a }}"
    )
    assert repository.diff() == 0
    said = capsys.readouterr().out
    for name in ("main", "the working tree"):
        assert re.search(f"Of the combinations with {name} [0-9,]+ follow from [0-9]+ renders, as a sample of", said)
    assert said.count("with 95 % certainty") == 2


def test_a_field_changed_under_one_choice_is_explained_by_it(repository: Repository) -> None:
    """A volume that is another one is one change, in those combinations that have it, and it restarts the pods."""
    repository.change("templates/templates.yaml", "emptyDir: {}", "emptyDir: {medium: Memory}")
    change = only(repository.compared())
    assert paths(change) == [("spec.template.spec.volumes[cache].emptyDir.medium", "", '"Memory"')]
    assert (change["when"], change["combinations"], change["unexplained"]) == (["cache=with"], 12, 0)
    assert (change["kinds"], change["where"], change["restarts"]) == (["Deployment"], ["deployment.yaml"], True)
    assert change["excerpt"].splitlines()[-3:] == [
        "-        emptyDir: {}", "+        emptyDir:", "+          medium: Memory",
    ]  # fmt: skip


def test_a_conjunction_of_two_choices_is_found(repository: Repository) -> None:
    """What takes two choices at once is explained by both of them."""
    repository.change(
        "templates/templates.yaml",
        "      replicas: 1\n",
        '      replicas: {{ if and .Values.cache (eq .Values.size "huge") }}2{{ else }}1{{ end }}\n',
    )
    change = only(repository.compared())
    assert paths(change) == [("spec.replicas", "1", "2")]
    assert (change["when"], change["combinations"]) == (["size=huge and cache=with"], 4)
    assert not change["restarts"]


def test_on_a_sample_an_explanation_is_confirmed(repository: Repository) -> None:
    """With strength 2 a few more combinations are rendered, to see that it takes these choices and no others."""
    repository.change("templates/templates.yaml", "emptyDir: {}", "emptyDir: {medium: Memory}")
    said = repository.compared("--strength", "2")
    change = only(said)
    assert said["combinations"] < COMBINATIONS
    assert (change["when"], change["confirmed"]) == (["cache=with"], True)


def test_an_edit_of_many_documents_is_one_change(repository: Repository) -> None:
    """A new field stands in every variant of a document, and is one change that is always made."""
    repository.change("templates/_pod.tpl", "{memory: 1Gi}", "{memory: 1Gi, cpu: 2}")
    change = only(repository.compared())
    assert paths(change) == [("spec.template.spec.containers[main].resources.limits.cpu", "", "2")]
    assert (change["what"], change["when"], change["combinations"]) == ("changed", ["always"], COMBINATIONS)


def test_an_excerpt_shows_its_own_change_only(repository: Repository) -> None:
    """Two changes of one document under different choices are two, and neither's excerpt has the other."""
    repository.change("templates/templates.yaml", "emptyDir: {}", "emptyDir: {medium: Memory}")
    repository.change("templates/templates.yaml", "replicas: 1", "replicas: 3")
    medium, replicas = sorted(repository.compared()["changes"], key=lambda change: str(change["paths"]))
    assert (replicas["when"], medium["when"]) == (["always"], ["cache=with"])
    assert "replicas: 3" in replicas["excerpt"]
    assert "Memory" not in replicas["excerpt"]
    assert "Memory" in medium["excerpt"]
    assert "replicas: 3" not in medium["excerpt"]


def test_many_values_at_one_path_are_one_change(repository: Repository) -> None:
    """A value that follows from many choices and is another one in each is one change with many values."""
    repository.change(
        "templates/templates.yaml",
        "owner: {{ .Values.owner }}",
        'owner: {{ list .Values.owner .Values.size .Values.cache .Values.account | join "-" }}',
    )
    change = only(repository.compared())
    assert change["when"] == ["always"]
    assert [each["after"].endswith("(and other values)") for each in change["paths"]] == [True]


def test_a_new_key_is_a_document_added(repository: Repository) -> None:
    """A service template that was not there is a document added, wherever it stands."""
    text = (repository.folder / "chart/templates/templates.yaml").read_text(encoding="utf-8")
    key = '  more.yaml: |-\n    kind: Secret\n    metadata: {name: "${NAME}-more"}\n'
    repository.write("chart/templates/templates.yaml", f"{text}  {{{{- if .Values.cache }}}}\n{key}  {{{{- end }}}}\n")
    change = only(repository.compared())
    assert (change["what"], change["kinds"], change["where"]) == ("added", ["Secret"], ["more.yaml"])
    assert change["names"] == ["Secret/2-more"] or change["names"] == ["Secret/one-more"]
    assert (change["when"], change["combinations"]) == (["cache=with"], 12)


def test_a_new_key_without_documents_is_said(repository: Repository) -> None:
    """A service template that fills to nothing is no document, but its key is there."""
    text = (repository.folder / "chart/templates/templates.yaml").read_text(encoding="utf-8")
    repository.write("chart/templates/templates.yaml", f"{text}  more.yaml: |-\n    # nothing yet\n")
    change = only(repository.compared())
    assert (change["what"], change["kinds"], change["where"]) == ("added", [""], ["more.yaml"])


def test_a_removed_object_is_said(repository: Repository) -> None:
    """An object that is no longer installed is removed where it was installed before."""
    (repository.folder / "chart" / "templates" / "account.yaml").unlink()
    change = only(repository.compared())
    assert (change["what"], change["names"]) == ("removed", ["ServiceAccount/previews"])
    assert (change["when"], change["combinations"]) == (["account=made"], 12)
    assert change["excerpt"].splitlines()[1:] == [
        "-apiVersion: v1", "-kind: ServiceAccount", "-metadata:", "-  name: previews",
    ]  # fmt: skip


def test_objects_are_known_by_name_and_not_by_place(repository: Repository) -> None:
    """An object put before another one in its file is added; the other one did not change."""
    account = (repository.folder / "chart/templates/account.yaml").read_text(encoding="utf-8")
    more = account.replace("-}}", "}}").replace("{{- end }}\n", "---\n").replace("name: previews", "name: first")
    repository.write("chart/templates/account.yaml", more + account.replace("{{- if .Values.account }}\n", ""))
    change = only(repository.compared())
    assert (change["what"], change["names"]) == ("added", ["ServiceAccount/first"])


def test_an_object_under_another_name_is_the_same_object(repository: Repository) -> None:
    """The only object of its kind that got another name is one change of that name."""
    repository.change("templates/account.yaml", "name: previews", "name: viewer")
    assert paths(only(repository.compared())) == [("metadata.name", '"previews"', '"viewer"')]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("      replicas: 1\n", "      replicas: 1  # one\n"),
        ("      name: \"${NAME}\"\n      labels:\n        owner: {{ .Values.owner }}\n",
         "      labels:\n        owner: {{ .Values.owner | quote }}\n\n      name: \"${NAME}\"\n"),
        ("    spec:\n      replicas: 1\n", "    spec:\n\n      replicas: 0x1\n"),
    ],
    ids=["comment", "order and quotes", "another way to write a number"],
)  # fmt: skip
def test_another_text_of_the_same_documents_is_no_change(
    old: str, new: str, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """Comments, the order of keys, quotes and white space are said to be text only, and the exit status is 0."""
    repository.change("templates/templates.yaml", old, new)
    change = only(repository.compared())
    assert (change["what"], change["when"], change["where"]) == ("text", ["always"], ["deployment.yaml"])
    assert "nothing changed in" in capsys.readouterr().out


def test_quotes_that_matter_for_some_argument_are_a_change(repository: Repository) -> None:
    """Without its quotes an argument that looks like a number is one, although another argument set shows nothing."""
    repository.change("templates/templates.yaml", 'name: "${NAME}"\n      labels', "name: ${NAME}\n      labels")
    change = only(repository.compared())
    assert paths(change) == [("metadata.name", '"2"', "2")]
    assert change["example"].endswith("filled with two")


@pytest.mark.parametrize("before", [">-\n          ${NAME}", '"\n          ${NAME}"'], ids=["block", "open quote"])
def test_what_stands_above_an_argument_matters_too(before: str, repository: Repository) -> None:
    """An argument on a line of its own is a text or a number by what stands above it."""
    repository.change("templates/templates.yaml", 'name: "${NAME}"\n      labels', f"name: {before}\n      labels")
    repository.commit()
    repository.change("templates/templates.yaml", before, "\n          ${NAME}")
    change = only(repository.compared())
    assert [each["path"] for each in change["paths"]] == ["metadata.name"]


def test_quotes_beside_another_change_are_a_change_everywhere(repository: Repository) -> None:
    """What only some arguments show is found beside what all of them show, in every combination that has it."""
    repository.change("templates/templates.yaml", 'name: "${NAME}"\n      labels', "name: ${NAME}\n      labels")
    repository.change("templates/templates.yaml", "replicas: 1", "replicas: 3")
    change = only(repository.compared())
    assert sorted(paths(change)) == [("metadata.name", '"2"', "2"), ("spec.replicas", "1", "3")]
    assert change["combinations"] == COMBINATIONS


def test_what_a_dialect_does_for_one_argument_is_a_change(repository: Repository) -> None:
    """A template that may do anything with its arguments is compared with every argument set."""
    configuration = (repository.folder / "helm-nested.yaml").read_text(encoding="utf-8")
    repository.write("helm-nested.yaml", configuration.replace('"*.yaml"]}', '"*.yaml"], dialect: jinja2}'))
    repository.change(
        "templates/templates.yaml",
        "      replicas: 1\n",
        '      {{ `{% if NAME == "2" %}` }}\n      replicas: 1\n      {{ `{% endif %}` }}\n',
    )
    repository.commit()
    repository.change("templates/templates.yaml", "replicas: 1", "replicas: 3")
    change = only(repository.compared())
    assert (paths(change), change["when"]) == ([("spec.replicas", "1", "3")], ["always"])


def test_a_key_that_is_absent_is_not_null(repository: Repository) -> None:
    """A field that is null and one that is not there are two things, and so are true, 1 and a text."""
    repository.change("templates/templates.yaml", "      replicas: 1\n", "      replicas: 1\n      paused: null\n")
    assert paths(only(repository.compared())) == [("spec.paused", "", "null")]
    repository.change("templates/templates.yaml", "      replicas: 1\n      paused: null\n", "      replicas: true\n")
    assert paths(only(repository.compared())) == [("spec.replicas", "1", "true")]


def test_the_head_may_be_a_revision_too(repository: Repository) -> None:
    """Two revisions are compared, whatever the working tree holds."""
    repository.git("tag", "before")
    repository.change("templates/templates.yaml", "replicas: 1", "replicas: 3")
    repository.commit()
    repository.change("templates/templates.yaml", "replicas: 3", "replicas: 5")
    assert paths(only(repository.compared("--head", "main", base="before"))) == [("spec.replicas", "1", "3")]
    assert paths(only(repository.compared(base="before"))) == [("spec.replicas", "1", "5")]


def test_values_that_follow_a_choice_are_each_confirmed_by_it(repository: Repository) -> None:
    """On a sample, that the same field has another value without the choice does not speak against it."""
    owner = "        owner: {{ .Values.owner }}\n"
    repository.change("templates/templates.yaml", owner, f"{owner}        size: {{{{ .Values.size }}}}\n")
    changes = repository.compared("--strength", "2")["changes"]
    assert sorted((change["when"], change["confirmed"]) for change in changes) == [
        (["size=huge"], True), (["size=large"], True), (["size=small"], True),
    ]  # fmt: skip


def test_a_first_choice_that_only_the_sample_suggests_is_not_told(repository: Repository) -> None:
    """Another choice fits the sample as well as the one it takes; more combinations tell them apart."""
    label = "\n  labels: {s: {{ .Values.size }}}\n"
    repository.change("templates/account.yaml", "  name: previews\n", f"  name: previews{label}")
    told = {change["when"][0]: change["confirmed"] for change in repository.compared("--strength", "2")["changes"]}
    assert told == {
        "size=small and account=made": True, "size=large and account=made": True, "size=huge and account=made": True,
    }  # fmt: skip


def test_what_always_happens_needs_no_confirmation(repository: Repository) -> None:
    """There is no choice to spare."""
    repository.change("templates/templates.yaml", "replicas: 1", "replicas: 3")
    change = only(repository.compared("--strength", "2"))
    assert (change["when"], change["confirmed"]) == (["always"], None)


def test_a_template_anywhere_in_an_object_is_compared_once(repository: Repository) -> None:
    """A text that a path leads to is compared by what it is filled to, and not once more as part of its object."""
    configuration = (repository.folder / "helm-nested.yaml").read_text(encoding="utf-8")
    selected = '"*.yaml"]}, {kind: Widget, name: "*", path: "$.spec.bodies[*].text"}'
    repository.write("helm-nested.yaml", configuration.replace('"*.yaml"]}', selected))
    widget = (
        "kind: Widget\nmetadata: {name: w}\nspec:\n  bodies:\n    - text: |\n        kind: Secret\n        size: 1\n"
    )
    repository.write("chart/templates/widget.yaml", widget)
    repository.commit()
    repository.change("templates/widget.yaml", "size: 1", "size: 2")
    change = only(repository.compared())
    assert (paths(change), change["where"]) == ([("size", "1", "2")], ["spec.bodies[0].text"])
    repository.change("templates/widget.yaml", "size: 2", "size: 1 # one")
    assert only(repository.compared())["what"] == "text"


def test_what_changed_in_crds_is_told(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing renders these files, and a new release has them: that one came, went or is another one is a change."""
    for name, value in (("went", 1), ("other", 1), ("comment", 1), ("same", 1)):
        repository.write(f"chart/crds/{name}.yaml", f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a{value}}}\n")
    repository.commit()
    (repository.folder / "chart/crds/went.yaml").unlink()
    repository.change("crds/other.yaml", "a1", "b2")
    repository.change("crds/comment.yaml", "kind", "# for people\nkind")
    repository.write("chart/crds/came.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n")
    told = [(each["what"], each["where"], each["kinds"]) for each in repository.compared()["changes"]]
    assert sorted(told) == [
        ("added", ["crds/came.yaml"], ["Secret"]),
        ("changed", ["crds/other.yaml"], ["ConfigMap"]),
        ("removed", ["crds/went.yaml"], ["ConfigMap"]),
        ("text", ["crds/comment.yaml"], ["ConfigMap"]),
    ]
    capsys.readouterr()
    assert repository.diff() == 1
    assert "-metadata: {name: a1}\n" in re.sub("(?m)^ +", "", capsys.readouterr().out)
