"""`--out` and `--against`: what is written where, what is never overwritten, what can be compared with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helm_nested.output_folder import PAGE, RECORD

from .conftest import Run

LAYOUT = """\
defaults/filled/everyday/clean-up.yaml
defaults/filled/everyday/page.yaml
defaults/filled/page-only/page.yaml
defaults/service-templates/clean-up.yaml
defaults/service-templates/page.yaml
defaults/stage-one/NOTES.txt
defaults/stage-one/templates/service-account.yaml
defaults/stage-one/templates/templates-config-map.yaml
index.html
large/filled/everyday/clean-up.yaml
large/filled/everyday/page.yaml
large/filled/page-only/page.yaml
large/service-templates/clean-up.yaml
large/service-templates/page.yaml
large/stage-one/NOTES.txt
large/stage-one/templates/service-account.yaml
large/stage-one/templates/templates-config-map.yaml
render.json
"""
PAGE_ONLY = """\
apiVersion: v1
kind: Pod
metadata:
  name: "page-2024-01-01"
  labels:
    team: "null"
  annotations:
    cost: "$ 0"
spec:
  containers:
    - name: page
      image: "registry.example.com/preview:1e3"
      env: [{"name": "QUOTES", "value": "it's \\"so\\" \\\\ $HOME"}]
      resources:
        requests:
          cpu: 100m
          memory: 1Gi
"""


def files(folder: Path) -> dict[str, bytes]:
    """Everything below a folder."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_every_stage_of_every_scenario_is_a_file(small: Path, run: Run) -> None:
    """Each scenario has its folder, with both stages, and a set that skips a key has no file for it."""
    outcome = run("render", "--out", "deep/down/out")
    assert (outcome.status, outcome.err) == (0, "")
    assert "large                          2 objects   2 service templates     3 filled" in outcome.out
    assert outcome.out.endswith("Look at: deep/down/out/index.html\n")
    assert "\n".join(files(small / "deep/down/out")) + "\n" == LAYOUT
    assert (small / "deep/down/out/large/filled/page-only/page.yaml").read_text(encoding="utf-8") == PAGE_ONLY
    assert (small / "deep/down/out").stat().st_mode & 0o777 == 0o755


def test_two_runs_are_the_same_to_the_byte(small: Path, run: Run) -> None:
    """The output depends on nothing but the input: neither on time nor on where it is written."""
    assert run("render", "--out", "one").status == 0
    assert run("render", "--out", "two").status == 0
    assert files(small / "one") == files(small / "two")


def test_run_replaces_what_the_last_run_wrote(small: Path, run: Run) -> None:
    """A scenario that is no more leaves no folder behind, and a link to the folder stays one."""
    (small / "elsewhere").mkdir()
    (small / "out").symlink_to("elsewhere")
    assert run("render", "--out", "out").status == 0
    (small / "values/large.yaml").unlink()
    assert run("render", "--out", "out").status == 0
    assert (small / "out").is_symlink()
    assert {file.name for file in (small / "elsewhere").iterdir()} == {"defaults", PAGE, RECORD}
    assert [file.name for file in small.glob(".*")] == []


@pytest.mark.parametrize(
    "foreign",
    ["notes.txt", "out/notes.txt", "out/defaults.old/x", "out/defaults/notes.txt", "out/large/filled/everyday/mine"],
)
def test_what_was_not_written_here_is_never_lost(small: Path, run: Run, foreign: str) -> None:
    """A folder with anything else in it is refused, whether an earlier run is in it too or not."""
    if foreign.startswith("out/"):
        assert run("render", "--out", "out").status == 0
    (small / foreign).parent.mkdir(exist_ok=True)
    (small / foreign).write_text("precious", encoding="utf-8")
    before = files(small)
    out = "out" if foreign.startswith("out/") else "."
    outcome = run("render", "--out", out)
    assert outcome.status == 2
    assert f"{out} holds what this command did not write, and it would be lost" in outcome.err
    assert outcome.err.endswith("Name another folder with --out, or empty this one.\n")
    assert files(small) == before


def test_a_link_among_the_results_is_never_lost(small: Path, run: Run) -> None:
    """Nor is a link, to a folder or to nowhere, in a scenario's folder."""
    assert run("render", "--out", "out").status == 0
    (small / "out/defaults/here").symlink_to(small / "values")
    outcome = run("render", "--out", "out")
    assert (outcome.status, outcome.err.count("it would be lost: defaults/here.")) == (2, 1)
    assert (small / "out/defaults/here").is_symlink()


def test_folder_with_a_record_of_something_else_is_refused(small: Path, run: Run) -> None:
    """A render.json of another tool does not make the folder ours."""
    (small / "out").mkdir()
    (small / "out" / RECORD).write_text('{"format": 1}', encoding="utf-8")
    assert run("render", "--out", "out").status == 2
    assert (small / "out" / RECORD).read_text(encoding="utf-8") == '{"format": 1}'


def test_file_as_out_is_refused(small: Path, run: Run) -> None:
    """`--out` names a folder; a file of that name stays as it is."""
    (small / "out").write_text("precious", encoding="utf-8")
    outcome = run("render", "--out", "out")
    assert outcome.status == 2
    assert outcome.err.endswith("out is a file. Name a folder: --out build/render\n")
    assert (small / "out").read_text(encoding="utf-8") == "precious"


def test_equal_keys_of_two_objects_do_not_overwrite_each_other(small: Path, run: Run) -> None:
    """Two objects that carry the same key, even two of one name in two namespaces, have a file each."""
    source = small / "chart/templates/templates-config-map.yaml"
    text = source.read_text(encoding="utf-8")
    other = text.replace("Release.Name }}-templates", "Release.Name }}-more-templates").replace("clean-up-", "wipe-")
    elsewhere = text.replace("Release.Namespace", "Release.Name").replace("clean-up-", "sweep-")
    source.write_text(f"{text}\n---\n{other}\n---\n{elsewhere}", encoding="utf-8")
    assert run("render", "--out", "out").status == 0
    found = {
        name: content.decode().split('name: "')[1].split("$")[0]
        for name, content in files(small / "out/defaults/service-templates").items()
        if name.endswith("clean-up.yaml")
    }
    assert found == {
        "ConfigMap_previews-templates/clean-up.yaml": "clean-up-",
        "ConfigMap_previews-templates_/clean-up.yaml": "sweep-",
        "ConfigMap_previews-more-templates/clean-up.yaml": "wipe-",
    }


def test_page_shows_what_changed_since_against(small: Path, run: Run) -> None:
    """With `--against` the page differs from the page without it, even when `--out` is the same folder."""
    assert run("render", "--out", "out").status == 0
    plain = (small / "out" / PAGE).read_text(encoding="utf-8")
    values = small / "values/large.yaml"
    values.write_text(values.read_text(encoding="utf-8").replace("1Gi", "3Gi"), encoding="utf-8")
    assert run("render", "--out", "out", "--against", "out").status == 0
    page = (small / "out" / PAGE).read_text(encoding="utf-8")
    assert "1Gi" in plain
    assert "3Gi" not in plain
    assert "1Gi" in page
    assert "3Gi" in page


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (None, "nothing to compare with: earlier/render.json cannot be read (No such file or directory)"),
        ("{", "earlier/render.json is not what this command writes"),
        ("[]", "earlier/render.json has another format than this version writes (1)"),
        (json.dumps({"format": 2}), "earlier/render.json has another format than this version writes (1)"),
        (json.dumps({"format": 1}), "earlier/render.json has another format than this version writes (1)"),
    ],
)
def test_folder_that_is_no_earlier_output_is_refused(small: Path, run: Run, record: str | None, said: str) -> None:
    """`--against` something else is refused before anything is written, with how to get what is wanted."""
    (small / "earlier").mkdir()
    if record is not None:
        (small / "earlier" / RECORD).write_text(record, encoding="utf-8")
    outcome = run("render", "--out", "out", "--against", "earlier")
    assert outcome.status == 2
    assert said in outcome.err
    assert "Render th" in outcome.err
    assert not (small / "out").exists()
