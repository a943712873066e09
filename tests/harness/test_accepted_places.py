"""What is accepted is accepted where it is: the same failure in another text, or with another message, is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from .checked_project import CONFIGURATION, Project, findings
from .switches import JOB, Switches

VERSION = ".Capabilities.KubeVersion.Version"


def refusing(versions: str, words: str) -> str:
    """A template's line that refuses these versions in these words."""
    return f'{{{{ if semverCompare "{versions}" {VERSION} }}}}{{{{ fail "{words}" }}}}{{{{ end }}}}\n'


OLD = refusing("<1.33-0", "needs Kubernetes 1.33")
NONE = OLD.replace("<1.33-0", "=1.31.0")
OTHER = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n"
READING = OTHER.replace("name: a", f"name: a, labels: {{v: {{{{ {VERSION} | quote }}}}}}")


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Project:
    """A chart for two minors of Kubernetes, of which it refuses the older one."""
    monkeypatch.chdir(tmp_path)
    project = Project(tmp_path, capsys)
    project.change("templates/templates.yaml", "kind: ConfigMap\n", f"kind: ConfigMap\n{OLD}")
    accept(project)
    return project


def accept(project: Project, **entry: str) -> None:
    """Accept what the release changes, there."""
    words = "".join(f", {name}: {text!r}" for name, text in entry.items())
    accepted = f"  accepted: [{{check: unvaried-release, path: release.kubeVersion, reason: x{words}}}]\n"
    configuration = CONFIGURATION.replace('["1.34"]', '["1.32", "1.34"]')
    project.write("helm-nested.yaml", configuration + accepted if entry else configuration)


def keys(project: Project) -> list[object]:
    """What each finding on the release names, or which entry is stale."""
    return [each["keys"] or each["path"] for each in findings(project)]


REFUSED = "refused in previews/templates/templates.yaml"
ACCOUNT = "previews/templates/account.yaml"


def test_a_refusal_of_a_release_names_the_template_and_its_words(project: Project) -> None:
    """A chart that only refuses a release says so, and not that it renders something else."""
    (finding,) = findings(project)
    assert finding["keys"] == [REFUSED]
    assert "changing it to 'v1.32.0' has the scenario 'default' refused (needs Kubernetes 1.33)" in str(
        finding["message"]
    )


def test_an_accepted_refusal_hides_no_use_in_another_template(project: Project) -> None:
    """A text that depends on the release is told, though it is refused where that was accepted."""
    accept(project, key=REFUSED)
    assert keys(project) == []
    project.write("chart/templates/account.yaml", READING)
    project.change("templates/templates.yaml", OLD, NONE)
    assert keys(project) == [[ACCOUNT], "checks.accepted[0]"]
    project.change("templates/templates.yaml", NONE, OLD)
    text = (project.folder / "helm-nested.yaml").read_text(encoding="utf-8")
    project.write("helm-nested.yaml", text.replace("1.32", "1.33"))
    assert keys(project) == [[ACCOUNT], "checks.accepted[0]"]


def test_an_accepted_refusal_hides_no_use_beside_it(project: Project) -> None:
    """Of several minors, one of which is refused, another one shows what the templates make of it."""
    accept(project, key=REFUSED)
    text = (project.folder / "helm-nested.yaml").read_text(encoding="utf-8")
    project.write("helm-nested.yaml", text.replace('"1.32", ', '"1.32", "1.33", '))
    assert keys(project) == []
    project.write("chart/templates/account.yaml", READING)
    assert keys(project) == [[ACCOUNT]]


def test_an_accepted_refusal_hides_no_other_refusal(project: Project) -> None:
    """Neither one in another template nor, if the entry names the message, one in other words."""
    accept(project, key=REFUSED, message="*needs Kubernetes 1.33*")
    assert keys(project) == []
    project.write("chart/templates/account.yaml", OTHER + refusing("<1.33-0", "no"))
    project.change("templates/templates.yaml", OLD, NONE)
    assert keys(project) == [["refused in " + ACCOUNT], "checks.accepted[0]"]
    project.write("chart/templates/account.yaml", "")
    project.change("templates/templates.yaml", NONE, refusing("<1.33-0", "hates Kubernetes 1.32"))
    assert keys(project) == [[REFUSED], "checks.accepted[0]"]


def test_of_several_texts_those_are_told_that_are_not_accepted(project: Project) -> None:
    """A use that changes two templates is told of the one that nobody accepted."""
    project.change("templates/templates.yaml", OLD, NONE)
    reading = f"      version: {{{{ {VERSION} | quote }}}}\n"
    project.change("templates/templates.yaml", "      size: {{", f"{reading}      size: {{{{")
    project.write("chart/templates/account.yaml", READING)
    assert keys(project) == [[ACCOUNT, "previews/templates/templates.yaml"]]
    accept(project, key="*/templates.yaml")
    assert keys(project) == [[ACCOUNT]]
    accept(project, key="*")
    assert keys(project) == []


@pytest.mark.parametrize(
    ("entry", "is_accepted"),
    [
        ({}, True),
        ({"key": "job.yaml"}, True),
        ({"key": "j*.yaml"}, True),
        ({"key": "[j]ob.yaml"}, False),
        ({"key": "other.yaml"}, False),
        ({"message": "*odd*"}, True),
        ({"message": "*even*"}, False),
    ],
)
def test_a_failure_of_a_check_is_accepted_by_its_text_and_its_words(
    tmp_path: Path, entry: dict[str, str], is_accepted: bool
) -> None:
    """An entry that names another text or other words accepts nothing, and is told as that."""
    switches = Switches(tmp_path, JOB.replace('"x:1"}]', '"x:1", odd: 1}]'))
    (finding,) = switches.findings()
    accepted = {"check": "kubernetes-schema", "path": str(finding["path"]), "reason": "x", **entry}
    switches.configure(accepted=[accepted])
    found = [each["checks"][0] for each in switches.findings()]
    assert found == ([] if is_accepted else ["kubernetes-schema", "accepts-nothing"])
