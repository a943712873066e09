"""What a property may ask for, and what it may not be."""

from __future__ import annotations

import json

import pytest

import helm_nested.pytest_plugin  # noqa: F401 - loaded before pytest runs in this process, so it is loaded once

from .plugin_project import Folder, folder

__all__ = ["folder"]

pytest_plugins = "pytester"


def test_values_are_what_the_templates_see(folder: Folder) -> None:
    """A property reads values by path, the chart's own where no choice sets them, and only those tell runs apart."""
    folder.run(
        """
@over(kind="Pod")
def test_pods(document, values):
    with open("runs.txt", "a") as runs:
        runs.write("run\\n")
    (container,) = document["spec"]["containers"]
    assert container["resources"]["requests"]["memory"] == values["size.memory"]
    assert values["size"] == {"cpu": "100m", "memory": values["size.memory"]}

@over(kind="CronJob")
def test_schedule(document, values):
    assert document["spec"]["schedule"] == values["schedule"]

@over(kind="Pod")
def test_nothing_set(document, values):
    assert values["schedule"] is not None, "no schedule"
""",
        "--helm-nested-strength=3",
    ).assert_outcomes(passed=2, failed=1)
    assert len((folder.path / "runs.txt").read_text(encoding="utf-8").splitlines()) == 8


def test_a_value_that_is_not_there_is_named(folder: Folder) -> None:
    """A misspelt path is an error with the nearest one and the property's own line, without helm-nested's stack."""
    result = folder.run("""
@over(kind="Pod")
def test_pods(document, values):
    assert values["size.memry"] is None
""")
    result.assert_outcomes(failed=1)
    said = "could not check: test_properties.py:6: there is no value 'size.memry'. Did you mean 'size.memory'?"
    result.stdout.fnmatch_lines([said])
    assert "effective_values.py" not in result.stdout.str()


@pytest.mark.parametrize("other_entry", [True, False])
def test_bundle(folder: Folder, other_entry: bool) -> None:
    """A property can look at what else the same combination and argument set lead to, ConfigMaps with their texts."""
    if not other_entry:
        # Then the entries are cut out of the manifest, not read as part of it.
        whole = "  README.md: not a template, although it says ${NOTHING} and a lone $.\n"
        folder.replace("chart/templates/templates-config-map.yaml", whole, "")
    result = folder.run("""
@over(kind="Pod", argument_set="everyday")
def test_pods(document, bundle, arguments):
    assert bundle.arguments == arguments
    assert [each["kind"] for each in bundle.filled("page.yaml")] == ["Pod"]
    assert bundle.all("ServiceAccount", "previews")
    (texts,) = bundle.all("ConfigMap")
    assert "kind: Pod" in texts["data"]["page.yaml"]
    assert [each["kind"] for each in bundle.filled("clean-up.yaml")] == ["CronJob"], "no clean-up"
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["1. no clean-up", "   when: schedule=never"])
    result.stdout.no_fnmatch_line("2. *")


def test_nobody_sees_what_another_test_does_to_a_document(folder: Folder) -> None:
    """A document that a test changes is whole again for the next one."""
    test = '@over(kind="Pod")\ndef test_{0}(document):\n    assert document.pop("spec")\n'
    folder.run(test.format("once") + test.format("again")).assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ('kind="Pood"', "*there is no document of kind 'Pood' there. Did you mean 'Pod'?*"),
        ('key="pages.yaml"', "*no service template's key is like 'pages.yaml'. Did you mean 'page.yaml'?*"),
        ('choices={"memmory": "much"}', "*there is no axis 'memmory'. Did you mean 'memory'?*"),
        ('choices={"memory": "mush"}', "*the axis 'memory' has no choice 'mush'. Did you mean 'much'?*"),
        ('argument_set="every-day"', "*there is no argument set 'every-day'. Did you mean 'everyday'?*"),
        ('kind="CronJob", choices={"schedule": "never"}', "*no document of kind 'CronJob' there. Known: *Pod*"),
        ('key="page.yaml", stage="installed"', "*Leave out 'stage'*"),
        ('stage="instaled"', "*there is no stage 'instaled'. Did you mean 'installed'?*"),
    ],
)
def test_selecting_nothing_is_an_error(folder: Folder, selection: str, message: str) -> None:
    """A test that looks at nothing could not fail, so it is an error, with the nearest known name."""
    result = folder.run(f"@over({selection})\ndef test_nothing(document): assert document\n")
    result.assert_outcomes(errors=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "*ERROR at setup of test_nothing*",
            "test_nothing selects nothing (*",
        ]
    )
    result.stdout.fnmatch_lines([message])


def test_without_a_document(folder: Folder) -> None:
    """A function that takes no document cannot be run over documents, and is refused when it is collected."""
    result = folder.run("@over(kind='Pod')\ndef test_nothing(documents): pass\n")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*test_nothing takes no 'document'*Did you mean 'documents'*"])


def test_skipping(folder: Folder) -> None:
    """A property skipped for some documents holds for the others; one skipped for all of them is skipped."""
    result = folder.run(
        """
@over()
def test_some(document):
    if document["kind"] != "Pod":
        pytest.skip("no pod")
@over()
def test_all(document):
    pytest.skip("not today")
""",
        "-rs",
    )
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["*skipped for each of * documents: not today*"])


def test_fixtures_and_parameters(folder: Folder) -> None:
    """Fixtures, parameters, classes and xfail work as with any other test."""
    folder.run("""
class TestPods:
    @pytest.mark.parametrize("part", ["spec", "metadata"])
    @over(kind="Pod")
    def test_part(self, document, part, tmp_path):
        assert tmp_path.is_dir()
        assert part in document

@pytest.mark.xfail(strict=True)
@over(kind="Pod")
def test_known(document):
    raise AssertionError
""").assert_outcomes(passed=2, xfailed=1)


def test_a_property_sees_the_release_of_each_combination(folder: Folder) -> None:
    """A property that reads the release is run for every release that there is, and explained by its axis."""
    axis = "  named: {block: page, of: release, choices: {usual: {}, other: {name: other}}}\n"
    folder.replace("matrix.yaml", "axes:\n", f"axes:\n{axis}")
    tests = """
@over(kind="Pod")
def test_other(document, release):
    assert release.name != "other"

@over(kind="Pod", choices={"named": "usual"})
def test_usual(document, release, choices):
    assert (release.name, choices["named"]) != ("other", "usual")
"""
    result = folder.run(tests, "--helm-nested-strength", "all")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*fails for * in 12 of 24 combinations (kind='Pod')", "*when: named=other"])


DIALECTS = """
def join(text, arguments):
    return text.replace("Po~", "P" + "od")

GLOBALS = {"make": lambda: "P" + "od"}
"""


OWN = "dialect: dialects.py:join"


JINJA2 = "dialect: jinja2, globals: dialects.py:GLOBALS"


@pytest.mark.parametrize(
    ("kind", "dialect"),
    [
        ("Po~", OWN),
        ("{{ make() }}", JINJA2),
        ('"\\x50od"', "dialect: string-template"),
        ('"P\\\n  od"', "dialect: string-template"),
        ("|-\n  ${TAG}", "dialect: string-template"),
        ("P$LABEL", "dialect: string-template"),
    ],
    ids=["function", "global", "escape", "two lines", "argument below", "part is an argument"],
)
def test_a_kind_is_what_the_filled_document_says(folder: Folder, kind: str, dialect: str) -> None:
    """A document is selected by its kind whatever it was made from: no document of that kind goes unseen."""
    (folder.path / "dialects.py").write_text(DIALECTS, encoding="utf-8")
    folder.replace(
        "helm-nested.yaml", '    keys: ["*.yaml"]', f'    keys: ["page.yaml"]\n    {dialect}'.replace(", ", "\n    ")
    )
    page = f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: x}}"
    (folder.path / "chart" / "templates" / "_page.tpl").write_text(
        f'{{{{- define "previews.page" }}}}\n{{{{ {json.dumps(page)} }}}}\n{{{{- end }}}}', encoding="utf-8"
    )
    if "TAG" in kind:
        folder.replace("argument-sets/everyday.yaml", 'TAG: "4711"', "TAG: Pod")
        folder.replace("argument-sets/page-only.yaml", 'TAG: "1e3"', "TAG: Pod")
    folder.replace("argument-sets/everyday.yaml", 'LABEL: "team: web"', "LABEL: od")
    folder.replace("argument-sets/page-only.yaml", 'LABEL: "team: \\"null\\""', "LABEL: od")
    result = folder.run("""
@over(kind="Pod")
def test_it(document):
    assert document["kind"] != "Pod", "seen"
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["fails for 2 of 2 documents*", "1. seen*"])


def test_a_key_with_dots_is_a_value_like_any_other(folder: Folder) -> None:
    """A path goes through keys that have dots; where it could mean two values, a tuple says which."""
    (folder.path / "chart" / "values.schema.json").unlink()
    folder.replace("chart/values.yaml", "size:", "labels: {example.com/os: linux, a: {b: 1}, a.b: 2}\nsize:")
    folder.replace(
        "matrix.yaml",
        "axes:",
        "axes:\n  system: {block: page, choices: {usual: {}, other: {labels: {example.com/os: plan9}}}}",
    )
    result = folder.run("""
@over(kind="Pod")
def test_it(document, values, choices):
    assert values["labels.example.com/os"] == {"usual": "linux", "other": "plan9"}[choices["system"]]
    assert values["labels", "a", "b"] == 1
    assert values["labels", "a.b"] == 2
    assert values['labels["a.b"]'] == 2
    values["labels.a.b"]
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["could not check: *'labels.a.b' may be labels.a.b or labels[[]\"a.b\"[]]*"])
    result.stdout.no_fnmatch_line("2. *")
