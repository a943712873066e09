"""What the review page promises about the file it is, without a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from copy import deepcopy
from typing import TYPE_CHECKING

import pytest

from helm_nested.review.page import page

from .page_markup import HOSTILE, Markup
from .review_sample import sample_review

if TYPE_CHECKING:
    from helm_nested.review.model import Review


def _review_saying(text: str) -> Review:
    """The sample with this text wherever a text can stand."""
    review = sample_review()
    review["chart"] = {"name": text, "version": text}
    review["engine"] = text
    review["release"] = {"name": text, "namespace": text, "kubeVersion": text}
    scenario = review["scenarios"][0]
    scenario["name"] = scenario["title"] = scenario["values"] = text
    scenario["files"] = [text]
    scenario["manifests"] = [{"source": text, "kind": text, "name": text, "text": "object"}]
    scenario["serviceTemplates"] = [{"owner": text, "key": text, "template": "cpu-fixed"}]
    review["texts"] = dict.fromkeys(review["texts"], text)
    review["templates"]["cpu-fixed"] = [text, {"placeholder": text}]
    review["argumentSets"][1] = {"name": text, "description": text, "skip": [], "encoded": {text: text}}
    review["placeholders"][text] = {"description": text, "position": "value", "supplier": text, "unit": text}
    return review


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    """Whatever the review's texts say, the page has the same tags and event handlers, and keeps the text itself."""
    found = Markup(page(_review_saying(text), sample_review()))
    expected = Markup(page(_review_saying("harmless"), sample_review()))
    assert [tag for tag, _ in found.tags] == [tag for tag, _ in expected.tags]
    assert not [name for _, attributes in found.tags for name in attributes if name.startswith("on")]
    assert text.replace("\u2028", "U+2028").replace("\u2029", "U+2029") in found.texts["h1"][0]
    assert found.data["now"]["scenarios"][0]["name"] == text
    assert found.data["now"]["argument_sets"][1]["encoded"] == {text: text}


def test_embedded_data_has_no_character_that_ends_a_script() -> None:
    """The embedded JSON holds no <, >, & or line separator, so no parser can leave it early."""
    review = sample_review()
    review["texts"]["notes"] = "".join(HOSTILE)
    embedded = re.search(r'id="review-data">(.*?)</script>', page(review, None), re.DOTALL)
    assert embedded is not None
    assert not set("<>&\u2028\u2029") & set(embedded[1])
    assert "".join(HOSTILE) in json.loads(embedded[1])["texts"]


def test_hidden_characters_are_visible() -> None:
    """A character that hides or reorders text is shown by its number, and is kept as it is in the data."""
    review = sample_review()
    review["scenarios"][0]["title"] = "safe \u202egnp.exe"
    markup = Markup(page(review, None))
    assert "safe U+202Egnp.exe" in markup.texts["main"][0]
    assert markup.data["now"]["scenarios"][0]["title"] == "safe \u202egnp.exe"


def test_lone_surrogate_can_be_written() -> None:
    """A review with half a character, which JSON can hold, still makes a page that can be saved as UTF-8."""
    review = sample_review()
    review["scenarios"][0]["title"] = "half \ud83d"
    assert page(review, None).encode("utf-8")


def test_everything_of_the_review_is_there() -> None:
    """Each scenario with its title, each key, each argument set and each placeholder is readable without the script."""
    review = sample_review()
    shown = Markup(page(review, None)).texts["main"][0]
    for scenario in review["scenarios"]:
        assert scenario["name"] in shown
        assert scenario["title"] in shown
        for template in scenario["serviceTemplates"]:
            assert template["key"] in shown
    for argument_set in review["argumentSets"]:
        assert argument_set["name"] in shown
        assert argument_set["description"] in shown
    for name, placeholder in review["placeholders"].items():
        assert name in shown
        assert placeholder["description"] in shown


def test_script_can_fill_every_document() -> None:
    """From the embedded data each template and argument set gives literals and arguments, concatenated."""
    review = sample_review()
    data = Markup(page(review, None)).data
    (document,) = [each for each in data["now"]["scenarios"][1]["documents"] if each["key"] == "greeter-cpu.yaml"]
    encoded = data["now"]["argument_sets"][1]["encoded"]
    segments = data["templates"][document["content"]]
    filled = "".join(each if isinstance(each, str) else encoded[each["placeholder"]] for each in segments)
    assert filled == 'name: "1234"\nreplicas: 3\n'


def test_counts() -> None:
    """The header counts distinct templates once, and no document for a key that an argument set leaves out."""
    header = " ".join(Markup(page(sample_review(), None)).texts["header"][0].split())
    assert "2 scenarios" in header
    assert "3 distinct service templates" in header
    assert "2 argument sets" in header
    # Two scenarios: the CPU key with both sets, the GPU key with one.
    assert "6 filled documents" in header


def test_nothing_is_fetched() -> None:
    """No tag and no style refers to anything outside the page, not even for a review that is full of addresses."""
    review = sample_review()
    review["scenarios"][0]["title"] = "https://example.com/a.js url(https://example.com/b.css)"
    markup = Markup(page(review, review))
    for tag, attributes in markup.tags:
        assert tag not in {"img", "iframe", "object", "embed", "link", "form", "base"}
        assert "src" not in attributes
        assert "srcset" not in attributes
        assert (attributes.get("href") or "#").startswith("#")
        assert "url(" not in (attributes.get("style") or "")
    (style,) = markup.texts["style"]
    assert "url(" not in style
    assert "@import" not in style
    assert not re.search(r"\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|import)\s*\(", markup.texts["script"][1])


def test_policy_allows_only_the_page_itself() -> None:
    """The Content-Security-Policy starts from nothing and names the digests of the page's own style and script."""
    markup = Markup(page(sample_review(), None))
    (policy,) = [
        attributes["content"] or ""
        for tag, attributes in markup.tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    digests = [
        base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
        for text in (markup.texts["style"][0], markup.texts["script"][1])
    ]
    assert policy.startswith("default-src 'none';")
    assert f"style-src 'sha256-{digests[0]}'" in policy
    assert f"script-src 'sha256-{digests[1]}'" in policy
    assert "unsafe" not in policy


def test_script_never_writes_markup() -> None:
    """The page's script makes elements and text nodes, and hands no text to the HTML parser."""
    script = Markup(page(sample_review(), None)).texts["script"][1]
    for name in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "eval(", "Function("):
        assert name not in script


def test_changes_only_against_another_review() -> None:
    """Without an earlier review there is no word of changes; with one they are named after it."""
    assert 'id="changes"' not in page(sample_review(), None)
    assert "Changes against" in Markup(page(sample_review(), sample_review())).texts["h2"][1]
    named = Markup(page(sample_review(), sample_review(), against_name="build/<before>"))
    assert "Changes against build/<before>" in named.texts["main"][0]


def test_same_review_has_no_differences() -> None:
    """A review against its own equal says so, whatever ids its texts and templates have."""
    renamed = sample_review()
    renamed["texts"] = {f"other-{name}": text for name, text in renamed["texts"].items()}
    renamed["templates"] = {f"other-{name}": segments for name, segments in renamed["templates"].items()}
    for scenario in renamed["scenarios"]:
        scenario["notes"] = f"other-{scenario['notes']}"
        for manifest in scenario["manifests"]:
            manifest["text"] = f"other-{manifest['text']}"
        for template in scenario["serviceTemplates"]:
            template["template"] = f"other-{template['template']}"
    markup = Markup(page(sample_review(), renamed))
    assert markup.changes == []
    assert "No differences" in markup.texts["main"][0]


def test_another_engine_alone_is_no_difference() -> None:
    """How the chart was rendered is told, but only what came out counts as a difference."""
    before = sample_review()
    before["engine"] = "helm 3.22.0"
    markup = Markup(page(sample_review(), before))
    assert markup.changes == []
    assert "helm 3.22.0" in markup.texts["main"][0]


def test_one_change_of_several_scenarios_is_told_once() -> None:
    """The same change in two scenarios is one difference that names both; a change in one names that one."""
    before, now = sample_review(), sample_review()
    now["templates"]["gpu"] = ["name: ", {"placeholder": "NAME"}, "\ngpus: 2\n"]
    now["templates"]["cpu-scaled"] = ["name: ", {"placeholder": "NAME"}, "\nreplicas: 4\n"]
    assert Markup(page(now, before)).changes == [
        ("template", "greeter-cpu.yaml", "changed", ["scaled"]),
        ("template", "greeter-gpu.yaml", "changed", ["default", "scaled"]),
    ]


def test_every_kind_of_change_is_found() -> None:
    """Keys, objects, notes, values, titles, scenarios, argument sets and the contract: each shows up as what it is."""
    before, now = sample_review(), sample_review()
    default = now["scenarios"][0]
    default["serviceTemplates"] = [*default["serviceTemplates"], {**default["serviceTemplates"][0], "key": "new.yaml"}]
    default["manifests"] = []
    default["values"] = "replicas: 2\n"
    default["title"] = "Hardly anything set."
    now["texts"]["other notes"] = "Say goodbye.\n"
    default["notes"] = "other notes"
    now["scenarios"][1] = {**now["scenarios"][1], "name": "renamed"}
    now["argumentSets"][0]["encoded"]["NAME"] = "eve"
    now["placeholders"]["NAME"]["unit"] = "people"
    assert Markup(page(now, before)).changes == [
        ("template", "new.yaml", "added", ["default"]),
        ("object", "ConfigMap/greetings", "removed", ["default"]),
        ("notes", "NOTES.txt", "changed", ["default"]),
        ("values", "Values", "changed", ["default"]),
        ("scenario", "Title and files", "changed", ["default"]),
        ("scenario", "renamed", "added", ["renamed"]),
        ("scenario", "scaled", "removed", ["scaled"]),
        ("arguments", "short", "changed", []),
        ("contract", "NAME", "changed", []),
    ]


def test_filled_documents_that_differ_are_counted() -> None:
    """An argument that changed changes every document filled with it, though no template did."""
    before, now = sample_review(), sample_review()
    now["argumentSets"][0]["encoded"]["NAME"] = "eve"
    # The set is for the CPU key alone, in two scenarios.
    assert "Of 6 filled documents 2 differ." in " ".join(Markup(page(now, before)).texts["main"][0].split())


def test_two_objects_with_the_same_key_stay_apart() -> None:
    """A key that two objects of one scenario carry is shown with its object, so neither hides the other."""
    review = sample_review()
    templates = review["scenarios"][0]["serviceTemplates"]
    templates.append({"owner": "Secret/greetings", "key": "greeter-gpu.yaml", "template": "cpu-fixed"})
    shown = Markup(page(review, None)).texts["main"][0]
    assert "ConfigMap/greetings/greeter-gpu.yaml" in shown
    assert "Secret/greetings/greeter-gpu.yaml" in shown


def test_two_objects_with_the_same_name_stay_apart() -> None:
    """Two objects of one kind and name from one file are both kept."""
    review = sample_review()
    review["scenarios"][0]["manifests"] *= 2
    documents = Markup(page(review, None)).data["now"]["scenarios"][0]["documents"]
    assert [each["title"] for each in documents if each["stage"] == "object"] == [
        "ConfigMap/greetings",
        "ConfigMap/greetings (2)",
    ]


def test_an_empty_review_is_a_page() -> None:
    """A chart without scenarios, templates or argument sets is shown as just that."""
    empty: Review = {
        **sample_review(),
        "scenarios": [],
        "texts": {},
        "templates": {},
        "argumentSets": [],
        "placeholders": {},
    }
    markup = Markup(page(empty, sample_review()))
    assert "0 scenarios" in " ".join(markup.texts["header"][0].split())
    assert "No differences" not in markup.texts["main"][0]


def test_page_is_deterministic() -> None:
    """The same reviews give the same bytes."""
    before = sample_review()
    before["scenarios"][0]["values"] = "replicas: 9\n"
    assert page(sample_review(), before) == page(deepcopy(sample_review()), deepcopy(before))


def test_page_reads_without_its_script() -> None:
    """The page says what it is and that it needs JavaScript, and its links stay inside it."""
    markup = Markup(page(sample_review(), None))
    assert "JavaScript" in markup.texts["noscript"][0]
    assert "greeter 1.2.3" in " ".join(markup.texts["h1"][0].split())
    scenarios = [attributes["href"] for tag, attributes in markup.tags if tag == "a" and "data-scenario" in attributes]
    assert scenarios == ["#scenario=default", "#scenario=scaled"]
