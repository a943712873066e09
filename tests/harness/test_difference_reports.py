"""A comparison as Markdown, as a page and at a terminal: whatever a chart holds, it stays text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from helm_nested.difference.change import Change, ChangedPath, Comparison, summary
from helm_nested.difference.json_file import to_json
from helm_nested.difference.markdown import LIMIT, to_markdown
from helm_nested.difference.page import page
from helm_nested.difference.terminal import change_text

from .revisions import Repository

HOSTILE = (
    "a|b `x` ```` <img src=x onerror=alert(1)> </details> [l](https://example.com) @team #1 www.example.com **b** _i_"
)
CHANGE = Change(
    what="changed",
    restarts=False,
    kinds=("Deployment",),
    where=("deployment.yaml",),
    names=(),
    paths=(ChangedPath("spec.replicas", "1", "2"),),
    when=("size=huge",),
    confirmed=None,
    combinations=8,
    unexplained=0,
    message="",
    excerpt="@@ -1,1 +1,1 @@\n-replicas: 1\n+replicas: 2",
    example="size=huge",
)


def comparison(*changes: Change) -> Comparison:
    """A comparison with these changes."""
    return Comparison("previews", "main", "the working tree", "all", 33_192, 33_192, 0, 14_189, changes, 1.0, "engine")


def hostile() -> Change:
    """A change all of whose texts try to be more than text."""
    return replace(
        CHANGE,
        where=(HOSTILE,),
        kinds=(HOSTILE,),
        paths=(ChangedPath(HOSTILE, HOSTILE, HOSTILE), ChangedPath(HOSTILE, "", HOSTILE)),
        when=(HOSTILE,),
        excerpt=f"+{HOSTILE}\n```\n</details>\n<script>\n+~~~~",
        example=HOSTILE,
    )


def test_nothing_changed_is_said_with_figures() -> None:
    """The proof of a refactoring is one line, with how much was compared."""
    assert summary(comparison()) == "nothing changed in 33,192 combinations (14,189 distinct texts)"
    assert to_markdown(comparison()).startswith("### Nothing changed in 33,192 combinations (14,189 distinct texts)\n")


def test_figures_of_changes_are_said() -> None:
    """Changes, restarts, texts and what both refuse are counted apart."""
    changes = (CHANGE, replace(CHANGE, restarts=True), replace(CHANGE, what="text", paths=()))
    said = summary(replace(comparison(*changes), compared=33_000, refused_by_both=192))
    assert said == (
        "2 changes in 33,000 combinations (14,189 distinct texts), 1 of them restarts pods; "
        "1 change of the text alone, the documents are the same; both refuse 192 combinations more"
    )


def rows(text: str) -> list[list[str]]:
    """The cells of the table's rows."""
    return [line.strip("| ").split(" | ") for line in text.splitlines() if re.match(r"\| \d", line)]


def test_a_change_is_a_row_and_a_folded_excerpt() -> None:
    """What, where, when and how often stand in the table; the excerpt unfolds below."""
    text = to_markdown(comparison(replace(CHANGE, restarts=True)))
    assert rows(text) == [
        [
            "1", "**restarts the pods:** <code>spec.replicas&#58; 1 -&#62; 2</code>",
            "<code>Deployment in deployment.yaml</code>", "<code>size=huge</code>", "8",
        ]
    ]  # fmt: skip
    assert text.count("<details>") == text.count("</details>") == 1
    assert f"\n\n```diff\n{CHANGE.excerpt}\n```\n" in text


def test_hostile_texts_stay_text_in_markdown() -> None:
    """Outside of fences there is no tag, link, mention or cell but ours; inside nothing ends the fence."""
    text = to_markdown(comparison(hostile()))
    (row,) = rows(text)
    assert len(row) == 5
    fence = re.search(r"^(`{3,})diff\n(.*?)\n\1$", text, re.MULTILINE | re.DOTALL)
    assert fence is not None
    assert fence[2] == hostile().excerpt
    assert max(len(run) for run in re.findall(r"`+", fence[2])) < len(fence[1])
    outside = text.replace(fence[0], "")
    assert set(re.findall(r"<[^>]*>", outside)) == {
        "<code>",
        "</code>",
        "<details>",
        "</details>",
        "<summary>",
        "</summary>",
    }
    said = "".join(re.findall(r"<code>(.*?)</code>", outside))
    assert said
    assert not re.search(r"[|`<>@*_\[\]]|#(?!\d+;)|://|www\.", said)


def test_markdown_stays_below_the_limit_and_says_what_is_left_out() -> None:
    """GitHub refuses longer comments; what matters least is cut, whole, and its number is said."""
    many = [replace(hostile(), paths=(ChangedPath(f"path{number}", "1", "2"),)) for number in range(400)]
    text = to_markdown(comparison(*many))
    shown = len(rows(text))
    assert 0 < shown < 400
    assert LIMIT * 0.9 < len(text) <= LIMIT
    assert text.count("<details>") == shown
    assert f"**{400 - shown} more changes are left out here**" in text


def test_a_change_of_any_size_fits() -> None:
    """One change with texts beyond measure is cut inside, and still shown."""
    text = to_markdown(
        comparison(replace(CHANGE, where=("x" * 99_999,), excerpt="+`\n" * 99_999, when=("w" * 99_999,) * 50))
    )
    assert len(rows(text)) == 1
    assert len(text) <= LIMIT


class _Reader(HTMLParser):
    """Tags, their attributes and text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> _Reader:
    """A page as a browser reads it."""
    reader = _Reader()
    reader.feed(text)
    return reader


def test_the_page_says_what_markdown_says() -> None:
    """Summary, place, choices, combinations and every line of the excerpt are on the page."""
    reader = read(page(comparison(replace(CHANGE, restarts=True))))
    for said in (
        "1 change in 33,192 combinations", "Restarts the pods.", "Deployment in deployment.yaml", "size=huge",
        "-replicas: 1", "+replicas: 2",
    ):  # fmt: skip
        assert said in reader.text
    assert "Every document is the same in every combination" in read(page(comparison())).text


def test_hostile_texts_stay_text_on_the_page() -> None:
    """Nothing of a chart becomes a tag or an attribute, and characters that hide are shown by their numbers."""
    reader = read(page(comparison(replace(hostile(), example="\u202eevil\x1b[2J"))))
    assert not [tag for tag, _ in reader.tags if tag in {"img", "script", "iframe"}]
    assert not [name for _, attributes in reader.tags for name in attributes if name.startswith("on")]
    assert HOSTILE in reader.text
    assert "U+202Eevil" in reader.text
    assert "\x1b" not in reader.text


def test_the_page_needs_nothing_but_itself() -> None:
    """Its policy allows its own style and nothing else, and it links to nothing outside."""
    text = page(comparison(CHANGE))
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = next(each["content"] for _, each in read(text).tags if each.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert f"default-src 'none'; style-src 'sha256-{digest}';" in policy
    assert not re.search(r'(?:src|href)="(?!#)', text)


def test_no_text_of_a_chart_reaches_the_terminal_as_it_is() -> None:
    """What would move the cursor or hide is shown by its number."""
    said = change_text(1, replace(CHANGE, example="\x1b[2J", when=("a\u200bb",)))
    assert "U+001B[2J" in said
    assert "aU+200Bb" in said


def test_json_holds_everything() -> None:
    """The figures, the summary and all of each change are in the JSON, whatever characters they have."""
    said = json.loads(to_json(comparison(replace(CHANGE, excerpt="\ud800"))))
    assert (said["format"], said["combinations"], said["summary"]) == (1, 33_192, summary(comparison(CHANGE)))
    assert said["changes"][0]["excerpt"] == "\ud800"
    assert said["changes"][0]["when"] == ["size=huge"]


def test_files_are_written_where_they_are_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Markdown and page of a real comparison are written, into new folders too, and the summary is the last line."""
    repository = Repository(tmp_path / "repository")
    repository.change("templates/templates.yaml", "replicas: 1", "replicas: 3")
    folder = tmp_path / "new" / "folder"
    assert repository.diff("--markdown", folder / "diff.md", "--html", folder / "diff.html") == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("1 change in 24 combinations (9 distinct texts)")
    assert "spec.replicas" in (folder / "diff.md").read_text(encoding="utf-8")
    assert "spec.replicas" in (folder / "diff.html").read_text(encoding="utf-8")
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert repository.diff("--html", tmp_path / "file" / "diff.html") == 2
    assert "cannot be written" in capsys.readouterr().err
