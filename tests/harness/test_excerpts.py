"""The excerpt of a finding shows the lines that its path names, and two defects of two objects are two findings."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_nested.findings.excerpt import excerpt, excerpt_if_filled

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


def shown(path: str, text: str, document: int | None = None) -> str:
    """The line that the excerpt is around: its second, as the first is the one before."""
    return excerpt(path, text, document).splitlines()[1]


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("metadata.name", "metadata:\n  labels:\n    name: fine\n  name: Bad\n", "   4    name: Bad"),
        ("data.port", "data:\n  script: |\n    port: 1\n  port: 2\n", "   4    port: 2"),
        ("data.port", "data:\n  script: |2\n      port: 1\n    port: 1\n  port: 2\n", "   5    port: 2"),
        ("data.port", "data:\n  script: >-\n    a\n\n    port: b\n  'port': 2\n", "   6    'port': 2"),
        ("data.port", "# data\n# port: 1\ndata: {a: 1,\n  port: 2}\n", "   4    port: 2}"),
        (
            "data.port",
            "a: 1\ndata: {b: '${NAME}', c: ${NAME}, port: 2}\n",
            "   2  data: {b: '${NAME}', c: ${NAME}, port: 2}",
        ),
        ("b.port", "b:\n  a: {port: 1}\n  ${ENTRY}\n  port: 2\n", "   4    port: 2"),
        ("b[1].port", "a: &a\n  port: 2\nb:\n  - port: 1\n  - <<: *a\n", "   2    port: 2"),
        ("b[1][0]", "a:\nb:\n- - 1\n- - 2\n", "   4  - - 2"),
        ("b.port", "a: 1\r\nb:\r\n  a: {port: 1}\r\n  port: 2\r\n", "   4    port: 2"),
        ("b.port", 'a: "字幕\u2028🎬"\nb:\n  a: {port: 1}\n  port: 2\n', "   4    port: 2"),
        ("line 3", 'a: "字幕\u2028🎬"\nb:\n  port: $ 2\n', "   3    port: $ 2"),
        ("b.port", "{% if a %}\nb:\n  port: 2\n{% endif %}\n", "   3    port: 2"),
    ],
)
def test_the_line_is_the_one_that_yaml_finds_under_the_path(path: str, text: str, line: str) -> None:
    """Not another key of that name, be it above, in a text or a comment; lines are counted as editors count them."""
    assert shown(path, text) == line


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nport: 1\n---\na: 2\nport: 2\n",
        "---\n# nothing\n---\na: 1\nport: 1\n---\na: 2\nport: 2\n",
        "apiVersion: v1\nkind: List\nitems:\n- a: 1\n  port: 1\n- a: 2\n  port: 2\n",
        "{# no YAML #}\na: 1\nport: 1\n---\na: 2\n{{ more }}\nport: 2\n",
    ],
)
def test_the_excerpt_is_of_the_document_that_the_path_is_in(text: str) -> None:
    """Of several documents in one text, and of the objects in a list."""
    assert shown("port", text, 1).endswith("port: 2")


def test_maps_that_merge_one_another_many_times_end() -> None:
    """Each of sixty maps merges the one before twice, and the first one itself."""
    maps = "a0: &a0\n  <<: [{<<: *a0}]\n  x: 1\n"
    maps += "".join(f"a{number}: &a{number}\n  <<: [*a{number - 1}, *a{number - 1}]\n" for number in range(1, 60))
    assert shown("a59.port", maps).endswith("a59: &a59")


LOOP = "a:\n{% for i in items %}\n- {{ i }}\n- b\n{% endfor %}\n"


@pytest.mark.parametrize(
    ("path", "quoted", "lines"),
    [
        ("line 3", "- x: [", 3),
        ("line 4", "- x: [", 0),
        ("line 9", "- b", 0),
        ("line 3", "", 0),
    ],
)
def test_the_line_of_a_filled_text_is_shown_where_the_template_has_it(path: str, quoted: str, lines: int) -> None:
    """Behind a loop it is another line of the template, which has nothing to do with the error."""
    advice = f"The line is: {quoted}\nCorrect this line." if quoted else ""
    assert len(excerpt_if_filled(path, LOOP, advice).splitlines()) >= lines
    assert bool(excerpt_if_filled(path, LOOP, advice)) == bool(lines)


BLANK, NUMBER = JOB.replace("x:1", "x 1"), JOB.replace('"x:1"', "7").replace("${NAME}", "b")


@pytest.mark.parametrize(
    "template",
    [f"{BLANK}---\n{NUMBER}", BLANK.replace("}]", "}, {name: second, image: 7}]")],
    ids=["documents", "entries"],
)
def test_two_checks_of_two_places_are_two_findings(tmp_path: Path, template: str) -> None:
    """What is wrong under the same path of another document, or of another entry of a list, hides nothing."""
    found = Switches(tmp_path, template).findings("--strength", "2")
    assert sorted(each["checks"] for each in found) == [["image-syntax"], ["kubernetes-schema"]]
    assert [("x 1" in each["excerpt"].splitlines()[1]) for each in sorted(found, key=lambda each: each["checks"])] == [
        True,
        "second" in template,
    ]


def test_two_checks_of_two_objects_of_a_bundle_are_two_findings(tmp_path: Path) -> None:
    """A scaler without its target hides no two scalers of one target."""
    scalers = "".join(
        f"---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {name}}}\n"
        f"spec: {{maxReplicas: 2, scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {target}}}}}\n"
        for name, target in (("a", "gone"), ("b", "web"), ("c", "web"))
    )
    project = Switches(tmp_path, JOB + scalers)
    project.configure(external=[{"kind": "Deployment", "name": "web", "owner": "a release"}])
    checks = [each["checks"] for each in project.findings("--strength", "2")]
    assert ["reference"] in checks
    assert ["two-owners-of-replicas"] in checks
