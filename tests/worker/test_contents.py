"""A command line names what a worker runs: a whole module, or one thing in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from temporal_endpoints_worker.contents import contents_of
from temporal_endpoints_worker.errors import SettingsError

MODULE = "some_activities"


@pytest.fixture(autouse=True)
def _module_can_be_imported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.parametrize(
    ("names", "activities", "workflows"),
    [
        ([MODULE], ["transcribe", "translate"], ["Captions"]),
        ([f"{MODULE}:transcribe"], ["transcribe"], []),
        ([f"{MODULE}:ONE_OF_THEM"], ["translate"], []),
        ([f"{MODULE}:MODEL"], ["infer"], []),
        # What these ask, or would answer, is no activity.
        ([f"{MODULE}:CONNECTED"], ["infer"], []),
        (["with_a_proxy"], ["translate"], []),
        ([f"{MODULE}:MODEL.infer"], ["infer"], []),
        ([f"{MODULE}:Captions"], [], ["Captions"]),
        ([f"{MODULE}:Captions", f"{MODULE}:translate"], ["translate"], ["Captions"]),
        ([MODULE, f"{MODULE}:translate"], ["transcribe", "translate"], ["Captions"]),
    ],
)
def test_names_lead_to_activities_and_workflows(names: list[str], activities: list[str], workflows: list[str]) -> None:
    """Each of them once, and nothing that is neither."""
    contents = contents_of(names)
    assert [function.__name__ for function in contents.activities] == activities
    assert [workflow.__name__ for workflow in contents.workflows] == workflows


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("absent", "there is no module absent."),
        ("absent.inside", "there is no module absent."),
        (f"{MODULE}.inside", f"there is no module {MODULE}.inside"),
        (f"{MODULE}:transcibe", "Did you mean transcribe?"),
        (f"{MODULE}:not_an_activity", "not_an_activity in the module some_activities holds no activity"),
        (f"{MODULE}:NOTHING", "holds no activity and no workflow"),
        ("json", "the module json holds no activity and no workflow. Decorate"),
        ("needs_more", "the module needs_more needs torch, which is not installed"),
        ("raises", "ValueError: no weights ("),
        ("exits", "the module exits ends the program while it is imported"),
        ("works", "the module works starts a worker while it is imported, and another would begin"),
        (f"{MODULE}:WITH_ANOTHER", "number 2 of WITH_ANOTHER in the module some_activities is no activity"),
        (f"{MODULE}:Model", "Model in the module some_activities is a class, and its activities need an object of it"),
        ("unfinished", "unfinished.py, line 1"),
    ],
)
def test_what_leads_nowhere_is_told(name: str, told: str, tmp_path: Path) -> None:
    """The message says which of module, name and content is not there, and what to do."""
    texts = {"needs_more": "import torch\n", "raises": "raise ValueError('no weights')\n", "unfinished": "def f(:\n"}
    texts["exits"] = "import sys\nsys.exit()\n"
    texts["works"] = "from temporal_endpoints_worker import run_worker\nrun_worker()\n"
    for module, text in texts.items():
        (tmp_path / f"{module}.py").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        contents_of([name])
    assert told in str(error.value)
    assert str(error.value).endswith(".")
