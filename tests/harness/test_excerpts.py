"""The excerpt of a finding shows the lines that its path names, and two defects of two objects are two findings."""

from __future__ import annotations

from pathlib import Path

from .switches import JOB, Switches

SECOND = JOB.replace(
    'containers: [{name: main, image: "x:1"}]',
    """\
containers:
        - name: main
          image: "x:1"
          resources: {limits: {cpu: 500m}}
        - name: second
          image: "x:1"
          resources:
            limits:
              cpu: "1,5"
""",
)


def test_the_excerpt_is_of_the_item_that_the_path_names(tmp_path: Path) -> None:
    """What is wrong in the second container is shown there, not in the first one."""
    (finding,) = Switches(tmp_path, SECOND).findings("--strength", "2")
    assert "containers[1]" in finding["path"]
    assert '"1,5"' in finding["excerpt"]
    assert "500m" not in finding["excerpt"]


def test_two_typos_in_two_objects_are_two_findings(tmp_path: Path) -> None:
    """Messages that differ in a name are two problems where no argument can have made the difference."""
    project = Switches(tmp_path)
    for number, key in enumerate(("automountToken", "imagePullSecret")):
        (tmp_path / "chart" / "templates" / f"account-{number}.yaml").write_text(
            f"apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: a{number}}}\n{key}: x\n"
        )
    messages = {finding["message"] for finding in project.findings("--strength", "2")}
    assert len(messages) == 2
    assert all(any(key in message for message in messages) for key in ("automountToken", "imagePullSecret"))
