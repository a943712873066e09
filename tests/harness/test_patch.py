"""`helm-nested patch` brings the configured keys and no others, says what it does, and writes nothing unasked."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from . import kubectl_stand_in
from .conftest import Run

PATH = "/api/v1/namespaces/web/configmaps/theirs"
PAGE = "page.yaml"
HOOK = {"helm.sh/hook": "pre-install,pre-upgrade"}

Answers = dict[str, tuple[int, Any]]


def living(data: dict[str, str], ours: tuple[str, ...] = (), annotations: dict[str, str] | None = None) -> Any:
    """A ConfigMap as a server sends it."""
    owned = {"manager": "helm-nested-patch", "fieldsV1": {"f:data": {f"f:{key}": {} for key in ours}}}
    metadata = {"name": "theirs", "namespace": "web", "uid": "u-1", "managedFields": [owned] if ours else []}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {**metadata, "annotations": annotations or {}},
        "data": data,
    }


class Server:
    """What the stand-in for kubectl answers, and what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.program = folder / "kubectl"
        self.program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{kubectl_stand_in.__file__}" "$@"\n')
        self.program.chmod(0o755)
        self._answers, self._asked = folder / "answers.json", folder / "asked"
        self.answers: Answers = {"GET /version": (200, {"gitVersion": "v1.34.1"})}
        self.environment = {"KUBECTL_ANSWERS": str(self._answers), "KUBECTL_ASKED": str(self._asked)}

    def holds(self, now: Any, then: Any) -> None:
        """It holds one ConfigMap, and would hold the other after any change."""
        self.answers |= {f"GET {PATH}": (200, now), f"PATCH {PATH}?dryRun": (200, then), f"PATCH {PATH}": (200, then)}

    def refuses(self, status: int, message: str, **details: Any) -> None:
        """It answers to every change with this refusal."""
        said = {"kind": "Status", "code": status, "message": message, "details": details}
        self.answers[f"PATCH {PATH}?dryRun"] = (status, said)

    def write(self) -> None:
        """Give the stand-in its answers."""
        self._answers.write_text(json.dumps(self.answers), encoding="utf-8")

    def asked(self, method: str) -> list[tuple[dict[str, list[str]], Any]]:
        """The query and the body of each request of this method."""
        lines = self._asked.read_text(encoding="utf-8").splitlines() if self._asked.exists() else []
        return [(query, body) for verb, _, query, body in map(json.loads, lines) if verb == method]


@pytest.fixture
def server(small: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The stand-in, and a configuration that brings one of the chart's two keys."""
    with (small / "helm-nested.yaml").open("a", encoding="utf-8") as file:
        file.write("patch: {keys: ['pag*']}\n")
    made = Server(small)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def patch(server: Server, run: Run) -> Callable[..., Any]:
    """Runs the command on the ConfigMap `theirs`."""

    def patch(*options: str) -> Any:
        server.write()
        return run("patch", "theirs", "--namespace", "web", f"--kubectl={server.program}", *options)

    return patch


def test_only_the_configured_keys_are_brought(server: Server, patch: Callable[..., Any]) -> None:
    """The request holds the key that is configured, not the chart's other one, and is bound to this object."""
    server.holds(living({"mine": "1\n"}), living({"mine": "1\n", PAGE: "new\n"}))
    done = patch()
    assert done.status == 0, done.err
    (_, trial), (query, body) = server.asked("PATCH")
    assert trial == body
    assert list(body["data"]) == [PAGE]
    assert body["metadata"] == {"name": "theirs", "namespace": "web", "uid": "u-1"}
    assert (query["fieldManager"], query["force"]) == (["helm-nested-patch"], ["false"])
    assert "+new" in done.out
    assert f"1 keys of the ConfigMap theirs in the namespace web have changed: {PAGE}." in done.out


def test_the_templates_are_rendered_for_the_living_namespace_and_cluster(
    server: Server, patch: Callable[..., Any], small: Path
) -> None:
    """The chart sees the version that the server tells, and the namespace that was named."""
    page = small / "chart/templates/_page.tpl"
    page.write_text(
        '{{- define "previews.page" -}}\nat: {{ .Release.Namespace }} {{ .Capabilities.KubeVersion.Version }}\n'
        "{{- end }}\n"
    )
    server.holds(living({}), living({PAGE: "new"}))
    assert patch().status == 0
    _, body = server.asked("PATCH")[-1]
    assert body["data"][PAGE] == "at: web v1.34.1"


def test_a_dry_run_writes_nothing(server: Server, patch: Callable[..., Any]) -> None:
    """The difference is shown, and the server is only asked."""
    server.holds(living({PAGE: "old\nsame\n"}), living({PAGE: "new\nsame\n"}))
    done = patch("--dry-run")
    assert done.status == 0
    assert [query.get("dryRun") for query, _ in server.asked("PATCH")] == [["All"]]
    assert all(line in done.out for line in ("-old", "+new", " same", "1 keys of the ConfigMap theirs"))


def test_nothing_to_change_is_said(server: Server, patch: Callable[..., Any]) -> None:
    """A second run tells that no text differs."""
    server.holds(living({PAGE: "new"}, (PAGE,)), living({PAGE: "new"}, (PAGE,)))
    done = patch()
    assert (done.status, done.out) == (0, "No text of the ConfigMap theirs in the namespace web differs.\n")


def test_reverting_brings_no_text(server: Server, patch: Callable[..., Any]) -> None:
    """The server takes out what its manager no longer brings; values have no say in it."""
    server.holds(living({"mine": "1", PAGE: "new"}, (PAGE,)), living({"mine": "1"}))
    done = patch("--revert")
    assert done.status == 0
    assert "data" not in server.asked("PATCH")[-1][1]
    assert "-new" in done.out
    assert "Leave out --values" in patch("--revert", "--values", "values/large.yaml").err


def test_keys_of_somebody_else_are_named_with_their_owner(server: Server, patch: Callable[..., Any]) -> None:
    """A conflict tells each key, whose it is, and what to do; nothing is written."""
    server.holds(living({PAGE: "theirs"}), living({}))
    cause = {"reason": "FieldManagerConflict", "message": 'conflict with "helm" using v1', "field": f".data.{PAGE}"}
    server.refuses(409, "Apply failed", causes=[cause])
    done = patch()
    assert done.status == 2
    assert f'{PAGE} belongs to "helm" using v1' in done.err
    assert "Nothing was written" in done.err
    assert len(server.asked("PATCH")) == 1


def test_a_hook_is_warned_of(server: Server, patch: Callable[..., Any]) -> None:
    """Helm makes a hook anew at each upgrade; who takes the keys out need not be told."""
    server.holds(living({}, annotations=HOOK), living({PAGE: "new"}, annotations=HOOK))
    assert "is a Helm hook (pre-install,pre-upgrade): the next helm upgrade" in patch().err
    assert patch("--revert").err == ""
    server.holds(living({}, annotations={"helm.sh/hook": "test"}), living({PAGE: "new"}))
    assert patch().err == ""


@pytest.mark.parametrize(
    ("status", "message", "told"),
    [
        (403, "configmaps is forbidden", "the verbs get and patch of this one ConfigMap"),
        (409, "Precondition failed: UID in precondition: u-1", "was made anew while it was looked at"),
        (422, "data: Too long", "the API server says: data: Too long"),
    ],
)
def test_refusals_say_what_to_do(
    server: Server, patch: Callable[..., Any], status: int, message: str, told: str
) -> None:
    """What the server says is passed on, with what a patch needs."""
    server.holds(living({}), living({}))
    server.refuses(status, message)
    done = patch()
    assert done.status == 2
    assert told in done.err


def test_a_config_map_that_is_not_there_is_not_made(server: Server, patch: Callable[..., Any]) -> None:
    """The name and the namespace are told, and nothing is sent."""
    server.answers[f"GET {PATH}"] = (404, {"kind": "Status", "message": 'configmaps "theirs" not found'})
    done = patch()
    assert done.status == 2
    assert "the namespace web has no ConfigMap theirs" in done.err
    assert server.asked("PATCH") == []


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((502, "dial tcp: connection refused"), "the API server cannot be asked: dial tcp: connection refused"),
        ((200, "<html>"), "what answers is no API server"),
    ],
)
def test_a_server_that_is_not_reached_is_told(
    server: Server, patch: Callable[..., Any], answer: tuple[int, str], told: str
) -> None:
    """The words of kubectl are passed on, with the command that shows more."""
    server.answers["GET /version"] = answer
    done = patch()
    assert done.status == 2
    assert told in done.err
    assert "Try: kubectl version" in done.err


def test_kubectl_that_is_missing_or_fails_is_told(server: Server, run: Run, small: Path) -> None:
    """Which program was looked for, and what it says."""
    arguments = ("patch", "theirs", "--namespace=web")
    assert "there is no 'no-kubectl' on PATH" in run(*arguments, "--kubectl=no-kubectl").err
    server.program.write_text("#!/bin/sh\necho 'error: context \"x\" does not exist' >&2; exit 1\n")
    done = run(*arguments, f"--kubectl={server.program}")
    assert done.status == 2
    assert 'proxy does not start; it says: context "x" does not exist.' in done.err


def test_a_configuration_must_name_keys_that_the_chart_has(
    server: Server, patch: Callable[..., Any], small: Path
) -> None:
    """Without `patch.keys`, and with a glob that none is like, nothing is asked of the ConfigMap."""
    file = small / "helm-nested.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("pag*", "*temporal*"), encoding="utf-8")
    assert "is like *temporal*; its keys are: clean-up.yaml, page.yaml" in patch().err
    file.write_text(text.partition("patch:")[0], encoding="utf-8")
    assert "does not say which keys a ConfigMap is to be patched with" in patch().err
    assert server.asked("PATCH") == []


def test_the_proxy_ends_with_the_command(server: Server, small: Path) -> None:
    """Also after kill -9, nothing that can ask the cluster is left."""
    server.answers["GET /version"] = (200, "")
    server.write()
    slow = server.program.read_text().replace("exec", "echo $$ > proxy; exec")
    server.program.write_text(slow)
    code = (
        "import time\nfrom helm_nested.api_server import api_server\n"
        f"with api_server({str(server.program)!r}):\n    print('up', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout
        said = starter.stdout.readline()
        starter.kill()
    assert said == "up\n"
    number = int((small / "proxy").read_text())
    end = time.monotonic() + 10
    while Path(f"/proc/{number}").exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert not Path(f"/proc/{number}").exists()
