"""The pytest plugin, seen by running pytest on a small chart."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import helm_nested.pytest_plugin  # noqa: F401 - loaded before pytest runs in this process, so it is loaded once
from helm_nested.corpus import store

pytest_plugins = "pytester"

SMALL = Path(__file__).parent / "charts" / "small"
# Pods: two sizes, two images, two argument sets: eight. Clean-ups: one, and one argument set.
MATRIX = """\
blocks: {page: What a page is made of.}
axes:
  memory: {block: page, choices: {little: {}, much: {size: {memory: 1Gi}}}}
  image: {block: page, choices: {public: {}, own: {image: registry.example.com/own}}}
  schedule: {block: page, choices: {nightly: {}, never: {schedule: null}, hourly: {schedule: "0 * * * *"}}}
"""
# Each time a corpus is built, a line in a file.
COUNTING = """
import os
from pathlib import Path
from helm_nested.corpus import store

build = store.build_corpus

def counted(*arguments, **options):
    with Path({log!r}).open("a") as log:
        log.write(f"{{os.getpid()}}\\n")
    return build(*arguments, **options)

store.build_corpus = counted

def pytest_unconfigure():
    store.build_corpus = build
"""
HEAD = "import pytest\nfrom helm_nested.pytest_plugin import over\n"
MEMORY = """
@over(kind="Pod")
def test_memory(document):
    assert document["spec"]["containers"][0]["resources"]["requests"]["memory"] == "128Mi"
"""


class Folder:
    """A project with a small chart, where pytest runs."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path
        shutil.copytree(SMALL, self.path, dirs_exist_ok=True)
        (self.path / "matrix.yaml").write_text(MATRIX, encoding="utf-8")
        with (self.path / "helm-nested.yaml").open("a", encoding="utf-8") as file:
            file.write("matrix: matrix.yaml\n")

    def run(self, tests: str, *arguments: str) -> pytest.RunResult:
        """Run pytest on a module of that content."""
        self.pytester.makepyfile(test_properties=HEAD + tests)
        options = ["-p", "helm_nested.pytest_plugin", "-p", "no:cacheprovider", *arguments]
        if "-n" in arguments:
            return self.pytester.runpytest_subprocess(*options)
        return self.pytester.runpytest_inprocess(*options)

    def count_builds(self) -> None:
        """From now on builds are counted, in whichever process."""
        store_log = str(self.path / "builds.txt")
        self.pytester.makeconftest(COUNTING.format(log=store_log))

    @property
    def builds(self) -> int:
        """How often a corpus was built."""
        log = self.path / "builds.txt"
        return len(log.read_text(encoding="utf-8").splitlines()) if log.exists() else 0

    def replace(self, file: str, old: str, new: str) -> None:
        """Change a file."""
        text = (self.path / file).read_text(encoding="utf-8")
        assert old in text
        (self.path / file).write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def folder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A project with a small chart."""
    # A worker of pytest-xdist is no master of another one.
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    return Folder(pytester)


def test_one_item_over_every_document(folder: Folder) -> None:
    """A property is one item, which sees every distinct document that is selected once, and passes if all do."""
    result = folder.run("""
@over(kind="Pod")
def test_pods(document, arguments):
    with open("seen.txt", "a") as seen:
        seen.write(f"{arguments['NAME']} {document['spec']['containers'][0]}\\n")
    assert document["metadata"]["name"] == f"page-{arguments['NAME']}"
""")
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.OK
    seen = (folder.path / "seen.txt").read_text(encoding="utf-8").splitlines()
    assert (len(seen), len(set(seen))) == (8, 8)


def test_failure_is_explained(folder: Folder) -> None:
    """A failing property says under which choices, how often, in which document and where, and pytest's own words."""
    result = folder.run(MEMORY)
    result.assert_outcomes(failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "fails for 4 of 8 documents, in * of * combinations (kind='Pod')",
            "1. assert '1Gi' == '128Mi'",
            "   when: memory=much",
            "   4 documents in * combinations",
            "   in:   page.yaml",
            "   with: everyday, page-only",
            "   first: Pod/page-*, page.yaml filled with '*', at spec.containers[[]0[]].resources.requests.memory:",
            "     | memory: 1Gi",
            "   test_properties.py:*: in test_memory",
            "   E   AssertionError: assert '1Gi' == '128Mi'",
        ]
    )


def test_two_choices_together(folder: Folder) -> None:
    """What takes two choices to fail is explained by exactly these two, and by nothing of what the selection says."""
    result = folder.run(
        """
@over(kind="Pod", choices={"schedule": ["never", "hourly"]})
def test_pods(document):
    container = document["spec"]["containers"][0]
    assert not (container["resources"]["requests"]["memory"] == "1Gi" and "own" in container["image"]), "too much"
""",
        "--helm-nested-strength=3",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "fails for 2 of 8 documents, in 2 of 8 combinations (kind='Pod', schedule=never or hourly)",
            "1. too much",
            "   when: memory=much and image=own",
            "   2 documents in 2 combinations",
        ]
    )


def test_different_failures_are_different_groups(folder: Folder) -> None:
    """Failures alike up to values are one group; another statement or another message makes another one."""
    result = folder.run("""
@over(kind="Pod")
def test_pods(document):
    container = document["spec"]["containers"][0]
    assert "own" not in container["image"], f"{container['image']} is not public"
    assert container["resources"]["requests"]["memory"] == "128Mi"
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "1. *is not public*",
            "   when: image=own",
            "   first: Pod/page-*, page.yaml filled with '*', at spec.containers[[]0[]].image:",
            "     | image: registry.example.com/own:*",
            "2. assert '1Gi' == '128Mi'",
            "   when: memory=much and image=public",
        ]
    )
    result.stdout.no_fnmatch_line("3. *")


def test_a_sample_does_not_mislead(folder: Folder) -> None:
    """On a sample other choices than the right ones fit as well; more renders tell, so every strength says the same."""
    test = """
@over(kind="Pod")
def test_pods(document, choices):
    if choices["schedule"] == "hourly":
        assert "own" not in document["spec"]["containers"][0]["image"]
"""
    result = folder.run(test)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["   when: image=own and schedule=hourly"])
    result = folder.run(test, "--helm-nested-strength=all")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["   when: image=own and schedule=hourly"])


def test_a_failure_in_every_document(folder: Folder) -> None:
    """What fails everywhere is said to fail always, once, whatever the values are."""
    result = folder.run("""
@over(stage="filled")
def test_all(document, arguments):
    raise RuntimeError(f"no {document}")
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["fails for 10 of 10 documents, *", "1. RuntimeError: no *", "   when: always"])
    result.stdout.no_fnmatch_line("2. *")


def test_choices_are_not_only_the_first_ones(folder: Folder) -> None:
    """Two combinations that lead to the same document are both tried if the property looks at the choices."""
    result = folder.run(
        """
@over(kind="Pod")
def test_pods(document, choices):
    assert choices["schedule"] != "hourly"
""",
        "--helm-nested-strength=3",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*in 4 of 12 combinations*", "   when: schedule=hourly"])


def test_nothing_alike_is_looked_at_twice(folder: Folder) -> None:
    """Combinations that differ only in what the property does not look at are one run, not several."""
    folder.run(
        """
@over(kind="Pod")
def test_pods(document, choices, bundle):
    with open("runs.txt", "a") as runs:
        runs.write("run\\n")
    memory = document["spec"]["containers"][0]["resources"]["requests"]["memory"]
    assert memory == {"little": "128Mi", "much": "1Gi"}[choices["memory"]]
    assert bundle.filled("page.yaml") == [document]
""",
        "--helm-nested-strength=3",
    ).assert_outcomes(passed=1)
    assert len((folder.path / "runs.txt").read_text(encoding="utf-8").splitlines()) == 8


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
    """A misspelt path is an error with the nearest one, not nothing."""
    result = folder.run("""
@over(kind="Pod")
def test_pods(document, values):
    assert values["size.memry"] is None
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["1. *there is no value 'size.memry'. Did you mean 'size.memory'?"])


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
    ],
)
def test_selecting_nothing_is_an_error(folder: Folder, selection: str, message: str) -> None:
    """A test that looks at nothing could not fail, so it is an error, with the nearest known name."""
    result = folder.run(f"@over({selection})\ndef test_nothing(document): pass\n")
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
    tests = MEMORY + "".join(f"@over()\ndef test_{number}(document): pass\n" for number in range(6))
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
    result = folder.run('@over(kind="ServiceAccount")\ndef test_accounts(document): pass\n')
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
    result = folder.run('@over(kind="ServiceAccount")\ndef test_accounts(document): pass\n')
    result.assert_outcomes(errors=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["could not check this: helm-nested itself failed (RuntimeError: out of handles)*"])


def test_a_template_that_cannot_be_filled(folder: Folder) -> None:
    """A document that cannot be had was not checked: the property fails, and says when."""
    folder.replace("chart/templates/_page.tpl", "$TAG", '{{ if eq .Values.size.memory "1Gi" }}$TOG{{ end }}')
    result = folder.run('@over(key="page.yaml")\ndef test_pages(document): pass\n')
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["1. cannot be filled, so it could not be checked: *Did you mean 'TAG'?*", "   when: memory=much"]
    )


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


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("def test_it(document):\n    return document['kind'] == 'x'", "*test_it returns document?'kind'? == 'x'*"),
        ("def test_it(document):\n    if document:\n        return 1", "*test_it returns 1, which nobody looks at*"),
        ("def test_it(document):\n    yield document['kind'] == 'x'", "*test_it yields*"),
        ("def test_it(document):\n    yield from ()", "*test_it yields*"),
        ("async def test_it(document):\n    assert False", "*test_it is async*"),
        ("async def test_it(document):\n    yield", "*test_it is async*"),
        (
            "class TestIt:\n    @over()\n    def test_it(self, document):\n        return False",
            "*TestIt.test_it returns*",
        ),
    ],
)
def test_a_property_that_could_not_fail_is_refused(folder: Folder, body: str, said: str) -> None:
    """What a test returns or yields nobody looks at, and nobody awaits one: it is an error of collecting."""
    result = folder.run(f"{'' if body.startswith('class') else '@over()'}\n{body}\n")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines([said])


@pytest.mark.parametrize("given", ["lambda document: document is None", "partial(check, 1)", "Called()"])
def test_what_a_property_gives_back_is_refused_when_it_runs(folder: Folder, given: str) -> None:
    """What only running shows to return something ends the test: it was no promise."""
    result = folder.run(f"""
import inspect
from functools import partial, wraps

def check(number, document):
    helper = lambda: number
    return helper()

class Called:
    __qualname__ = "Called"
    async def __call__(self, document):
        assert False

given = {given}

@wraps(check)
def body(document):
    return given(document=document)

body.__signature__ = inspect.Signature([inspect.Parameter("document", inspect.Parameter.POSITIONAL_OR_KEYWORD)])
test_it = over()(body)
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["could not check: the property returned a *, which nobody looks at*"])


def test_a_property_may_return_early(folder: Folder) -> None:
    """A return without a value, and one of a function inside the property, are what they always are."""
    folder.run("""
@over()
def test_it(document):
    def name():
        return document["kind"]
    if name() != "Pod":
        return
    if not document:
        return None
""").assert_outcomes(passed=1)


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
    result.stdout.fnmatch_lines(["1. *'labels.a.b' may be labels.a.b or labels[[]\"a.b\"[]]*"])
    result.stdout.no_fnmatch_line("2. *")
