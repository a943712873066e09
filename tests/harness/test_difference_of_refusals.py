"""What one version refuses, or cannot fill, beside what the other does."""

from __future__ import annotations

from pathlib import Path

import pytest

from .revisions import COMBINATIONS, Repository, only


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """The chart, committed."""
    return Repository(tmp_path / "repository")


def test_what_the_base_refuses_is_a_group_with_its_choices(repository: Repository) -> None:
    """Combinations that use what the base does not know are not compared; the others are."""
    values = repository.folder / "chart" / "values.yaml"
    repository.write("matrix.yaml", f"{repository.git('show', 'main:matrix.yaml')}  more: {{block: all, "
                                    "choices: {without: {}, with: {more: 1}}}\n")  # fmt: skip
    values.write_text(values.read_text(encoding="utf-8") + "more: 0\n", encoding="utf-8")
    repository.change("values.schema.json", '"cache":', '"more": {"type": "integer"}, "cache":')
    repository.change(
        "templates/account.yaml", "{{- end }}", "  labels: {more: {{ .Values.more | quote }}}\n{{- end }}"
    )
    said = repository.compared()
    by_what = {change["what"]: change for change in said["changes"]}
    assert set(by_what) == {"accepted", "changed"}
    assert (by_what["accepted"]["when"], by_what["accepted"]["combinations"]) == (["more=with"], COMBINATIONS)
    assert "more" in by_what["accepted"]["message"]
    # Among those that both accept, the choice that the base refuses explains nothing.
    assert (by_what["changed"]["when"], by_what["changed"]["combinations"]) == (["account=made"], 12)
    assert (said["combinations"], said["compared"]) == (2 * COMBINATIONS, COMBINATIONS)


def test_what_the_head_refuses_is_said_first(repository: Repository) -> None:
    """A new validation is a change: these combinations were accepted, and the chart's own words are given."""
    repository.change(
        "templates/account.yaml",
        "{{- if .Values.account }}\n",
        '{{- if eq .Values.size "huge" }}{{ fail "huge is too large, set size: large" }}{{ end }}\n'
        "{{- if .Values.account }}\n",
    )
    change = only(repository.compared())
    assert (change["what"], change["when"], change["combinations"]) == ("refused", ["size=huge"], 8)
    assert "huge is too large" in change["message"]


def test_what_no_version_accepts_is_no_proof(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing could be compared, nothing is said to be the same."""
    repository.change("values.yaml", "size: small", "size: tiny")
    repository.change("templates/account.yaml", "{{- if", '{{ fail "never" }}{{- if')
    repository.commit()
    assert repository.diff() == 2
    error = capsys.readouterr().err
    assert "nothing was compared" in error
    assert "main" in error


def test_a_template_that_can_no_longer_be_filled_is_a_change(repository: Repository) -> None:
    """What cannot be filled is never the same: before it could be, and the reason is given."""
    repository.change("templates/_pod.tpl", "${IMAGE}", "${IMAGES}")
    change = only(repository.compared())
    assert (change["what"], change["when"], change["where"]) == ("changed", ["always"], ["deployment.yaml"])
    assert "IMAGES" in change["excerpt"]


def test_templates_that_could_never_be_filled_are_compared_as_text(repository: Repository) -> None:
    """Where neither version can be filled, another text is a change: of its documents nothing is known."""
    repository.change("templates/_pod.tpl", "${IMAGE}", "${IMAGES}")
    repository.commit()
    repository.change("templates/templates.yaml", "      replicas: 1\n", "      replicas: 1  # one\n")
    change = only(repository.compared())
    assert change["what"] == "changed"
    assert "+  replicas: 1  # one" in change["excerpt"]
