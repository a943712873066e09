"""The corpus that the plugin's tests share: one for all processes, and built again only when it must be."""

from __future__ import annotations

import shutil

import pytest

import helm_nested.pytest_plugin  # noqa: F401 - loaded before pytest runs in this process, so it is loaded once
from helm_nested.corpus import store

from .plugin_project import MEMORY, Folder, folder

__all__ = ["folder"]

pytest_plugins = "pytester"


@pytest.mark.parametrize(
    ("arguments", "ini", "combinations", "bundles"),
    [
        ((), "", 7, 14),
        # In ten, where any two choices meet, both argument sets; in the other two one.
        (("--helm-nested-strength=3",), "helm_nested_strength = 2", 12, 22),
        ((), "helm_nested_strength = all", 12, 22),
    ],
)
def test_strength(folder: Folder, arguments: tuple[str, ...], ini: str, combinations: int, bundles: int) -> None:
    """The strength is the option's, else the ini file's, else 2; the corpus and all in it can be had as fixtures."""
    folder.pytester.makeini(f"[pytest]\n{ini}\n")
    folder.run(
        f"""
def test_corpus(helm_nested_corpus, helm_nested_documents, helm_nested_bundles):
    assert len(helm_nested_corpus.combinations) == {combinations}
    assert {{each.kind for each in helm_nested_documents}} == {{"ConfigMap", "CronJob", "Pod", "ServiceAccount"}}
    (one,) = [each for each in helm_nested_documents if each.kind == "ServiceAccount"]
    assert (one.name, one.stage) == ("ServiceAccount/previews", "installed")
    assert len(list(one.combinations)) == {combinations}
    bundles = list(helm_nested_bundles)
    assert len(bundles) == {bundles}
    assert {{len(each.all("Pod")) for each in bundles}} == {{1}}
    assert next(bundles[0].combinations) == {{"memory": "little", "image": "public", "schedule": "nightly"}}
""",
        *arguments,
    ).assert_outcomes(passed=1)


def test_unknown_strength(folder: Folder) -> None:
    """A strength that is none is refused before anything runs."""
    folder.pytester.makeini("[pytest]\nhelm_nested_strength = al\n")
    result = folder.run(MEMORY)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*helm_nested_strength is 'al'. Did you mean 'all'? Write one of all, 3, 2.*"])


def test_another_chart_in_place_of_the_configured_one(folder: Folder) -> None:
    """--helm-nested-chart runs the properties on that chart, and the next run is on the configured one again."""
    shutil.copytree(folder.path / "chart", folder.path / "copy" / "chart")
    page = folder.path / "copy" / "chart" / "templates" / "_page.tpl"
    page.write_text(page.read_text(encoding="utf-8").replace("name: page\n", "name: sheet\n"), encoding="utf-8")
    name = """
@over(kind="Pod")
def test_name(document):
    assert document["spec"]["containers"][0]["name"] == "page"

def test_variable(request):
    import os
    chart = request.config.getoption("helm_nested_chart")
    assert os.environ.get("HELM_NESTED_CHART") == (chart and str(request.config.rootpath / chart))
"""
    folder.run(name, "--helm-nested-chart", "copy/chart").assert_outcomes(passed=1, failed=1)
    folder.run(name).assert_outcomes(passed=2)


def test_another_chart_is_known_before_the_first_conftest_is_imported(folder: Folder) -> None:
    """What a conftest.py imports often reads the variable at once; the configured chart would be tested in silence."""
    folder.pytester.makeconftest("import os\nCHART = os.environ.get('HELM_NESTED_CHART')\n")
    where = """
def test_variable(request):
    known = [each.CHART for each in request.config.pluginmanager.get_plugins() if hasattr(each, "CHART")]
    assert known == [str(request.config.rootpath / "copy")]
"""
    folder.run(where, "--helm-nested-chart", "copy").assert_outcomes(passed=1)
    folder.run(where, "--helm-nested-chart", "copy", "-n", "2").assert_outcomes(passed=1)


def test_other_configuration(folder: Folder) -> None:
    """The configuration can be another file; one that is not there is said to be missing, not passed over."""
    (folder.path / "helm-nested.yaml").rename(folder.path / "other.yaml")
    result = folder.run(MEMORY)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["could not check: no configuration at *helm-nested.yaml*"])
    folder.run(MEMORY, "--helm-nested-config=other.yaml").assert_outcomes(failed=1)


def test_collecting_builds_nothing(folder: Folder) -> None:
    """Collecting tests renders nothing, and neither do tests that need no corpus."""
    folder.count_builds()
    folder.run(MEMORY, "--collect-only").stdout.fnmatch_lines(["*1 test collected*"])
    folder.run("def test_other(): pass\n").assert_outcomes(passed=1)
    assert folder.builds == 0
    folder.run(MEMORY).assert_outcomes(failed=1)
    folder.run(MEMORY).assert_outcomes(failed=1)
    assert folder.builds == 1


def test_processes_share_one_corpus(folder: Folder) -> None:
    """Run in several processes a property says the same, and the corpus is built by one of them for all."""
    folder.count_builds()
    tests = MEMORY + "".join(f"@over()\ndef test_{number}(document): assert document\n" for number in range(6))
    result = folder.run(tests, "-n", "2")
    result.assert_outcomes(passed=6, failed=1)
    result.stdout.fnmatch_lines(["fails for 4 of 8 documents, *", "   when: memory=much"])
    assert folder.builds == 1


def test_a_changed_chart_is_rendered_again(folder: Folder) -> None:
    """After a change of the chart or of the matrix nothing of the corpus before it is looked at."""
    folder.run(MEMORY).assert_outcomes(failed=1)
    folder.replace("matrix.yaml", "1Gi", "128Mi")
    folder.run(MEMORY).assert_outcomes(passed=1)
    folder.replace("chart/values.yaml", "128Mi", "64Mi")
    folder.run(MEMORY).assert_outcomes(failed=1)


@pytest.mark.parametrize("damage", [b"", b"half", None])
def test_a_broken_corpus_is_built_again(folder: Folder, damage: bytes | None) -> None:
    """A corpus file that is cut short or changed is not trusted but built again."""
    folder.count_builds()
    folder.run(MEMORY).assert_outcomes(failed=1)
    (file,) = [file for file in (folder.path / "build/cache/corpus").iterdir() if file.name != "lock"]
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] if damage is None else damage)
    folder.run(MEMORY).assert_outcomes(failed=1)
    assert folder.builds == 2
    assert file.read_bytes()[16:] != b""
    folder.run(MEMORY).assert_outcomes(failed=1)
    assert folder.builds == 2


def test_old_corpora_go(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the corpora of former versions of a chart some that were used last are kept."""
    monkeypatch.setattr(store, "_KEPT", 4)
    for number in range(6):
        (folder.path / "chart" / "README.md").write_text(str(number), encoding="utf-8")
        folder.run(MEMORY).assert_outcomes(failed=1)
    kept = [file.name for file in (folder.path / "build/cache/corpus").iterdir() if file.name != "lock"]
    assert len(kept) == 4


def test_a_combination_that_cannot_be_rendered(folder: Folder) -> None:
    """What could not be rendered was not checked, and the error names the combination; nothing passes."""
    folder.replace("matrix.yaml", "memory: 1Gi", "memory: 1")
    result = folder.run('@over(kind="ServiceAccount")\ndef test_accounts(document): assert document\n')
    result.assert_outcomes(errors=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["could not check: the combination memory=much* could not be rendered: *"])


def test_an_engine_that_crashes(folder: Folder) -> None:
    """A crash of the engine is told as such, and nothing passes."""
    folder.pytester.makeconftest("""
import pytest
from helm_nested.engine.in_process import InProcessEngine

def crash(*_): raise RuntimeError("out of handles")

@pytest.fixture(scope="session", autouse=True)
def crashing():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(InProcessEngine, "render_texts", crash)
        yield
""")
    result = folder.run('@over(kind="ServiceAccount")\ndef test_accounts(document): assert document\n')
    result.assert_outcomes(errors=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["could not check this: helm-nested itself failed (RuntimeError: out of handles)*"])


def test_a_template_that_cannot_be_filled(folder: Folder) -> None:
    """A document that cannot be had was not checked: the property fails, and says when."""
    folder.replace("chart/templates/_page.tpl", "$TAG", '{{ if eq .Values.size.memory "1Gi" }}$TOG{{ end }}')
    result = folder.run('@over(key="page.yaml")\ndef test_pages(document): assert document\n')
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["1. cannot be filled, so it could not be checked: *Did you mean 'TAG'?*", "   when: memory=much"]
    )
