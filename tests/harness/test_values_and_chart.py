"""`--values` and CHART: which chart is rendered with which values, and what may name a scenario."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from .conftest import Run


def scenarios(folder: Path) -> dict[str, tuple[str, list[str], str]]:
    """Each scenario's title, files and values, as an output folder has recorded them."""
    record = json.loads((folder / "render.json").read_text(encoding="utf-8"))
    return {each["name"]: (each["title"], each["files"], each["values"]) for each in record["scenarios"]}


def test_every_configured_file_is_a_scenario(small: Path, run: Run) -> None:
    """A scenario is named after its file, without `-values`, and titled by the comment that opens it."""
    (small / "values/large.yaml").rename(small / "values/large-values.yaml")
    (small / "values/defaults.yaml").write_text("{}\n", encoding="utf-8")
    assert run("render", "--out", "out").status == 0
    assert {name: title for name, (title, _, _) in scenarios(small / "out").items()} == {
        "defaults": "",
        "large": "Pages that need more.",
    }


def test_repeated_values_make_one_scenario(small: Path, run: Run) -> None:
    """Several `-f` files are layers of one scenario, the last one wins and names it, no other is made."""
    (small / "tiny.yaml").write_text("# Tiny.\nsize: {memory: 1Mi}\n", encoding="utf-8")
    assert run("render", "-f", "values/large.yaml", "--values", "tiny.yaml", "--out", "out").status == 0
    ((name, (title, files, _)),) = scenarios(small / "out").items()
    assert (name, title, files) == ("tiny", "Tiny.", ["values/large.yaml", "tiny.yaml"])
    filled = (small / "out/tiny/filled/everyday/page.yaml").read_text(encoding="utf-8")
    assert "memory: 1Mi" in filled
    assert (small / "out/tiny/filled/everyday/clean-up.yaml").read_text(encoding="utf-8") == "\n"


@pytest.mark.parametrize("archived", [False, True])
def test_chart_argument_overrides_the_configuration(small: Path, run: Run, archived: bool) -> None:
    """CHART is rendered instead of the configured chart, as a directory or as an archive."""
    chart = shutil.copytree(small / "chart", small / "previews")
    shutil.rmtree(small / "chart")
    account = chart / "templates/service-account.yaml"
    account.write_text(account.read_text(encoding="utf-8").replace("kubernetes:", "cluster:"), encoding="utf-8")
    if archived:
        chart = Path(shutil.make_archive(str(small / "previews-1.2.3"), "gztar", small, "previews"))
        chart = chart.rename(small / "previews-1.2.3.tgz")
    assert run("render", chart, "--out", "out").status == 0
    text = (small / "out/defaults/stage-one/templates/service-account.yaml").read_text(encoding="utf-8")
    assert 'cluster: "v1.33.0"' in text


def test_archive_that_is_none_is_refused(small: Path, run: Run) -> None:
    """A file that only looks like a chart archive is refused by name."""
    (small / "x.tgz").write_bytes(b"nothing")
    outcome = run("render", "x.tgz", "--out", "out")
    assert outcome.status == 2
    assert "Helm cannot load the chart at x.tgz" in outcome.err
    assert outcome.err.endswith("Try: helm lint x.tgz\n")


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        ("absent.yaml", None, "the values file absent.yaml cannot be read: No such file or directory. Correct its"),
        ("values", None, "the values file values cannot be read: it is a folder, not a file. Correct its name."),
        ("latin.yaml", b"image: caf\xe9\n", "latin.yaml is not UTF-8: invalid continuation byte at byte 10. Save it"),
        ("...yaml", b"{}", "...yaml would name its scenario '..', which cannot be a folder. Rename the file."),
        (".yaml", b"{}", " .yaml would name its scenario '', which cannot be a folder. Rename the file."),
        ("-values.yaml", b"{}", "would name its scenario ''"),
        ("a\\b.yaml", b"{}", "would name its scenario 'a\\\\b'"),
        ("render.json.yaml", b"{}", "no scenario can be named 'render.json', because a file of the output has"),
        ("index.html.yaml", b"{}", "Rename index.html.yaml."),
    ],
)  # fmt: skip
def test_values_file_that_makes_no_scenario_is_refused(
    small: Path, run: Run, path: str, content: bytes | None, said: str
) -> None:
    """A values file that cannot be read, or whose name cannot be a folder of its own, is refused by name."""
    if content is not None:
        (small / path).write_bytes(content)
    outcome = run("render", "--values=" + path, "--out", "out")
    assert outcome.status == 2
    assert said in outcome.err
    assert not (small / "out").exists()


def test_argument_set_whose_name_is_no_folder_is_refused(small: Path, run: Run) -> None:
    """An argument set names a folder too."""
    (small / "argument-sets/everyday.yaml").rename(small / "argument-sets/...yaml")
    outcome = run("render", "--out", "out")
    assert outcome.status == 2
    assert (
        "argument-sets/...yaml: an argument set cannot be named '..', because that is not a usable folder name. Rename"
        in outcome.err
    )


@pytest.mark.parametrize(("key", "kind"), [("scenarios", "scenarios"), ("argumentSets", "argument sets")])
def test_two_files_of_one_name_are_refused(small: Path, run: Run, key: str, kind: str) -> None:
    """Two scenarios, or two argument sets, of one name would overwrite each other."""
    folder = {"scenarios": "values", "argumentSets": "argument-sets"}[key]
    name = {"scenarios": "large", "argumentSets": "everyday"}[key]
    shutil.copytree(small / folder, small / "more")
    configuration = small / "helm-nested.yaml"
    text = configuration.read_text(encoding="utf-8").replace(
        f"[{folder}/*.yaml]", f"[{folder}/*.yaml, more/{name}.yaml]"
    )
    configuration.write_text(text, encoding="utf-8")
    outcome = run("render", "--out", "out")
    assert outcome.status == 2
    assert f"two {kind} are named '{name}': {folder}/{name}.yaml and more/{name}.yaml. Rename one." in outcome.err


def test_missing_configuration_is_refused_with_an_example(small: Path, run: Run) -> None:
    """Without a configuration the message shows one."""
    outcome = run("render", "--config", "other.yaml")
    assert outcome.status == 2
    assert "no configuration at other.yaml. Write one, for example:" in outcome.err
    assert "serviceTemplates:" in outcome.err


def test_encoder_is_the_one_that_was_asked_for(small: Path, run: Run) -> None:
    """`--encoder` chooses how arguments become text; what it cannot encode is no YAML, and is said to be none."""
    outcome = run("render", "--out", "out", "--encoder", "python-repr")
    assert outcome.status == 2
    assert "ConfigMap/previews-templates[page.yaml] filled with 'page-only': line 13" in outcome.err
    (small / "argument-sets/page-only.yaml").unlink()
    assert run("render", "--out", "out", "--encoder", "python-repr").status == 0
    text = (small / "out/large/filled/everyday/page.yaml").read_text(encoding="utf-8")
    assert "env: [{'name': 'GREETING', 'value': 'hello'}]" in text
