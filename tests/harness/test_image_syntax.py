"""The check `image-syntax`: what container runtimes take for an image."""

from __future__ import annotations

import pytest

from helm_nested.checking.model import Claims, DocumentSubject
from helm_nested.checks.image_syntax import CHECK


def told(image: object, role: str = "containers") -> list[tuple[str, str]]:
    """Where the check finds something in a Deployment with that image, and what it says is wrong with it."""
    pod = {role: [{"name": "main", "image": image}]}
    document = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": pod}}}
    problems = CHECK.run(DocumentSubject(document, Claims(), None, ()))
    return [(each.path, each.message.partition("InvalidImageName: ")[2]) for each in problems]


@pytest.mark.parametrize(
    ("image", "fault"),
    [
        ("worker:", "nothing stands behind the colon, where a tag belongs."),
        ("worker:1.0+build", "'1.0+build' is no tag."),
        ("worker:.1", "'.1' is no tag."),
        (f"worker:{'a' * 129}", f"'{'a' * 129}' is no tag."),
        ("worker:1:2", "'worker:1' is no name of a repository."),
        ("example.com:5000//worker", "'example.com:5000//worker' is no name of a repository."),
        ("team/Worker:1", "'team/Worker' is no name of a repository."),
        ("my worker", "'my worker' is no name of a repository."),
        ("worker:1\n", "it begins or ends with white space."),
        ("docker://worker:1", "it has a scheme, as an address has."),
        ("worker@sha256:12", "'sha256:12' is no digest."),
        ("a" * 256, "the name of its repository is 256 characters long, 255 are allowed."),
    ],
)
@pytest.mark.parametrize("role", ["containers", "initContainers"])
def test_what_no_runtime_takes_is_told(image: str, fault: str, role: str) -> None:
    """The fault is named with the place of the image, in every list of containers."""
    assert told(image, role) == [(f"spec.template.spec.{role}[0].image", fault)]


@pytest.mark.parametrize(
    "image",
    [
        *(
            "worker",
            "team/worker:latest",
            "localhost:5000/worker",
            "[::1]:5000/worker:1",
            "Example.com/worker:V_1.0-rc",
        ),
        *(f"a.b/c-d/e__f@sha256:{'a' * 64}", f"worker:1@sha256:{'0' * 64}", "worker:${TAG}", "", None, 1),
    ],
)
def test_what_runtimes_take_and_what_others_tell_is_left_alone(image: object) -> None:
    """So is a placeholder that nothing filled, and what is no text or not there: these are told elsewhere."""
    assert told(image) == []
