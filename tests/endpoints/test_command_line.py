"""The command line: a person makes, changes, waits for, compares and deletes endpoints, and is told what is wrong."""

from __future__ import annotations

import io
import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
import yaml

from temporal_endpoints.api.application import create_application
from temporal_endpoints.api.authentication import Authenticator
from temporal_endpoints.api.service import Service
from temporal_endpoints.cli import main
from temporal_endpoints.commands.api_client import ApiClient, AskingError, SilentError
from temporal_endpoints.errors import NotRecordedError
from temporal_endpoints.planning.documents import RESTARTED_AT
from temporal_endpoints.records.bundles import Bundles
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.model import ObjectKey
from temporal_endpoints.specification import Surroundings

from .api_server import ApiServer, serving
from .recorded import NAMESPACE
from .running import Running, wait_until
from .simulated_cluster import Object

CREATE = (
    *("create-endpoint", "--name", "transcribe", "--endpoint-type", "temporal", "--temporal-task-queue", "transcribe"),
    *("--image", "registry.example.com/worker:1.0", "--label", "team=speech", "--label", "product=captions"),
    *("--min-workers", "1", "--max-workers", "2"),
)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str


Run = Callable[..., Ended]


def workers_run(api: ApiServer) -> None:
    """Do what the Deployment's controller does: all replicas of any Deployment run at once."""
    hear = api.cluster.changed

    def run(word: str, live: Object) -> None:
        hear(word, live)
        generation = live["metadata"]["generation"]
        if live["kind"] != "Deployment" or word == "DELETED" or _observed(live) == generation:
            return
        counts = dict.fromkeys(("replicas", "availableReplicas", "updatedReplicas"), live["spec"]["replicas"])
        status = {"observedGeneration": generation, **counts}
        api.cluster.write(ObjectKey.of(live), "kube-controller-manager", ("status",), status)

    api.cluster.changed = run


def _observed(live: Object) -> int:
    return int((live.get("status") or {}).get("observedGeneration") or 0)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A control plane whose workers run as soon as they are asked for."""
    database = Database(f"sqlite:///{tmp_path / 'records.db'}")
    database.migrate()
    api = ApiServer()
    workers_run(api)
    with serving(api) as address:
        yield Running(database, api, address)
    database.close()


@pytest.fixture
def run(running: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs `temporal-endpoints` with arguments, against a control plane of its own."""
    with running.reconciler() as reconciler:
        service = Service(
            running.database, NAMESPACE, Surroundings(git_tag="v1"), lambda: running.texts, reconciler.changed
        )
        application = create_application(service, Authenticator())
        server = uvicorn.Server(uvicorn.Config(application, host="127.0.0.1", port=0, log_config=None))
        thread = threading.Thread(target=server.run)
        thread.start()
        wait_until(lambda: server.started, "the server")
        port = server.servers[0].sockets[0].getsockname()[1]
        monkeypatch.setenv("TEMPORAL_ENDPOINTS_SERVER", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("TEMPORAL_ENDPOINTS_API_KEY", "speech")

        def command(*arguments: object) -> Ended:
            capsys.readouterr()
            status = main([str(each) for each in arguments])
            return Ended(status, *capsys.readouterr())

        yield command
        server.should_exit = True
        thread.join()


def test_endpoint_is_made_changed_rolled_back_and_deleted(run: Run) -> None:
    """Each verb does what it says and, with --wait, ends when the cluster is so."""
    made = run(*CREATE, "--wait")
    assert (made.status, "transcribe: READY" in made.err) == (0, True)
    head, row = made.out.splitlines()
    assert head.split()[:4] == ["NAME", "ID", "STATUS", "GENERATION"]
    assert row.split()[2:7] == ["READY", "1", "2", "of", "1-2"]
    changed = json.loads(run("update", "transcribe", "--max-workers", 3, "--wait", "--output", "json").out)
    assert (changed["generation"], changed["deployment_state"]["max_workers"]) == (2, 3)
    assert run("rollback", "transcribe", "--wait").status == 0
    assert yaml.safe_load(run("get", "transcribe", "--output", "yaml").out)["deployment_state"]["max_workers"] == 2
    assert [line.split()[0] for line in run("history", "transcribe").out.splitlines()] == ["GENERATION", "3", "2", "1"]
    assert run("restart", "transcribe", "--wait").status == 0
    assert "create" in run("events", "transcribe").out
    assert len(run("list").out.splitlines()) == 2
    assert run("delete", "transcribe", "--wait").out == "transcribe is deleted\n"
    assert run("list").out.splitlines()[1:] == []


def test_dry_run_prints_documents_and_records_nothing(run: Run, running: Running) -> None:
    """As they would be applied; a new image becomes no bundle, for a new endpoint and for one that is there."""
    bundles = Bundles(running.database)
    documents = yaml.safe_load(run(*CREATE, "--dry-run").out)
    assert [each["kind"] for each in documents] == ["ConfigMap", "Deployment"]
    assert (json.loads(run("list", "--output", "json").out), bundles.find("speech")) == ([], [])
    assert run(*CREATE).status == 0
    tried = run("update", "transcribe", "--image", "registry.example.com/worker:2.0", "--dry-run")
    assert "image: registry.example.com/worker:2.0" in tried.out
    assert len(bundles.find("speech")) == 1
    assert json.loads(run("get", "transcribe", "--output", "json").out)["generation"] == 1
    assert RESTARTED_AT in run("restart", "transcribe", "--dry-run").out
    assert run("update", "transcribe", "--max-workers", "3").status == 0
    assert yaml.safe_load(run("update", "transcribe", "--dry-run").out)[1]["spec"]["replicas"] == 3
    assert yaml.safe_load(run("rollback", "transcribe", "--dry-run").out)[1]["spec"]["replicas"] == 2
    assert json.loads(run("get", "transcribe", "--output", "json").out)["generation"] == 2


def test_command_is_what_a_shell_reads(run: Run) -> None:
    """Words with a hyphen or a space in them arrive as they are meant."""
    documents = yaml.safe_load(run(*CREATE, "--command", "python -m worker --name 'a b'", "--dry-run").out)
    (container,) = documents[1]["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["python", "-m", "worker", "--name", "a b"]


def test_files_are_applied_compared_and_pruned(run: Run, running: Running, tmp_path: Path) -> None:
    """What did not change is left alone; only what files made is pruned."""
    file = tmp_path / "endpoints.yaml"
    common = {
        "image": "registry.example.com/worker:1.0",
        "env": {"MODEL": "large"},
        "labels": {"team": "speech", "product": "captions"},
        "min_workers": 1,
        "max_workers": 2,
    }

    def write(**queues: str) -> None:
        documents = [{"name": name, "temporal_task_queue": queue, **common} for name, queue in queues.items()]
        file.write_text(yaml.safe_dump_all(documents), encoding="utf-8")

    def done() -> dict[str, str]:
        answer = json.loads(run("apply", "-f", file, "--prune", "--wait", "--output", "json").out)
        return {each["name"]: each["done"] for each in answer}

    assert run(*CREATE).status == 0
    write(one="a", two="b")
    compared = run("diff", "-f", file)
    assert (compared.status, "+kind: Deployment" in compared.out) == (1, True)
    assert not [each for each in Bundles(running.database).find("speech") if each.name in ("one", "two")]
    assert done() == {"one": "created", "two": "created"}
    assert (run("diff", "-f", file).status, done()) == (0, {"one": "unchanged", "two": "unchanged"})
    write(one="c")
    compared = run("diff", "-f", file)
    assert (compared.status, "+        - name: TEMPORAL_TASK_QUEUE\n" in compared.out) == (1, False)
    assert "value: c" in compared.out
    assert "two is deleted, as no file has it" not in compared.out
    compared = run("diff", "-f", file, "--prune")
    assert "+++ two is deleted, as no file has it" in compared.out
    assert "-kind: Deployment" in compared.out
    assert done() == {"one": "changed", "two": "deleted"}
    assert run("diff", "-f", file, "--prune").out == ""
    assert "transcribe" in run("list").out


def test_diff_for_programs(run: Run, tmp_path: Path) -> None:
    """It has every endpoint, what would be done to it, and what it has before and after."""
    assert run("apply", "-f", written(tmp_path, documents_of("one", "two", "three"))).status == 0
    file = written(
        tmp_path, f"{documents_of('one', 'four')}---\n{documents_of('two', image='registry.example.com/worker:2')}"
    )
    compared = run("diff", "-f", file, "--prune", "--output", "json")
    answer = json.loads(compared.out)
    changes = {each["name"]: each["change"] for each in answer}
    assert changes == {"one": "unchanged", "four": "created", "two": "changed", "three": "deleted"}
    assert compared.status == 1
    before, after = ({each["name"]: each[side] for each in answer} for side in ("before", "after"))
    assert before["one"] == after["one"]
    assert (before["four"], after["three"]) == ([], [])
    assert _images(after["four"]) == _images(before["three"]) == ["registry.example.com/worker:1.0"]
    assert (_images(before["two"]), _images(after["two"])) == (
        _images(before["one"]),
        ["registry.example.com/worker:2"],
    )
    file = written(tmp_path, documents_of("one"))
    compared = run("diff", "-f", file, "--output", "yaml")
    assert (compared.status, [each["change"] for each in yaml.safe_load(compared.out)]) == (0, ["unchanged"])


def _images(documents: list[dict[str, Any]]) -> list[str]:
    deployments = [each for each in documents if each.get("kind") == "Deployment"]
    return [container["image"] for each in deployments for container in each["spec"]["template"]["spec"]["containers"]]


def test_only_the_same_apply_set_is_pruned(run: Run, tmp_path: Path) -> None:
    """Two teams may have one key, and each its own files."""
    file = tmp_path / "endpoints.yaml"

    def apply(names: str, *arguments: object, verb: str = "apply") -> Ended:
        file.write_text(documents_of(*names.split()), encoding="utf-8")
        return run(verb, "-f", file, "--prune", *arguments)

    def living() -> set[str]:
        found = json.loads(run("list", "--output", "json").out)
        return {each["name"] for each in found if each["status"] != "DELETE_IN_PROGRESS"}

    assert apply("one two").status == 0
    assert apply("three four", "--apply-set", "video").status == 0
    assert apply("five", "--apply-set", "true").status == 0
    assert living() == {"one", "two", "three", "four", "five"}
    assert "deleted" in apply("three", "--apply-set", "video", verb="diff").out
    assert apply("three", "--apply-set", "video").status == 0
    assert living() == {"one", "two", "three", "five"}
    assert apply("one").status == 0
    assert living() == {"one", "three", "five"}


def test_what_a_file_leaves_out_stays(run: Run, tmp_path: Path) -> None:
    """Metadata and labels as well; metadata that it has are all that there are then."""
    assert run("apply", "-f", written(tmp_path, documents_of("one", metadata={"ticket": "A-1"}))).status == 0
    assert run("update", "one", "--label", "tier=gold", "--max-workers", "7").status == 0
    more = documents_of("one", max_workers=None, memory="2Gi")
    assert run("apply", "-f", written(tmp_path, more), "--apply-set", "speech").status == 0
    endpoint = json.loads(run("get", "one", "--output", "json").out)
    assert endpoint["metadata"] == {"ticket": "A-1", "temporal-endpoints/applied": "speech"}
    assert (endpoint["labels"]["tier"], endpoint["deployment_state"]["max_workers"]) == ("gold", 7)
    assert run("apply", "-f", written(tmp_path, documents_of("one", metadata={}))).status == 0
    assert json.loads(run("get", "one", "--output", "json").out)["metadata"] == {"temporal-endpoints/applied": True}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"metadata": {"ticket": "A-2"}}, "+  ticket: A-2"),
        ({"ramp_seconds": 60}, "+ramp_seconds: 60"),
        ({"default_callback_url": "http://callback"}, "+default_callback_url: http://callback"),
        ({"labels": {"team": "speech", "product": "captions", "tier": "gold"}}, "+  tier: gold"),
    ],
)
def test_what_no_document_shows_differs_as_well(
    run: Run, tmp_path: Path, changes: dict[str, object], line: str
) -> None:
    """What apply would record as a change is in the diff, and nothing else of what is asked for."""
    assert run("apply", "-f", written(tmp_path, documents_of("one"))).status == 0
    file = written(tmp_path, documents_of("one", **changes))
    compared = run("diff", "-f", file)
    assert (compared.status, line in compared.out.splitlines(), "max_workers" in compared.out) == (1, True, False)
    assert json.loads(run("apply", "-f", file, "--output", "json").out)[0]["done"] == "changed"
    assert (run("diff", "-f", file).status, run("diff", "-f", file).out) == (0, "")


def test_bundle_that_runs_already_is_no_new_one(run: Run, running: Running, tmp_path: Path) -> None:
    """Although another one is the newest, as after a rollback: with versions it would be another build."""
    file = written(tmp_path, documents_of("one"))
    assert run("apply", "-f", file).status == 0
    image = ("--image", "registry.example.com/worker:2.0")
    assert run("update", "one", *image).status == 0
    assert run("rollback", "one").status == 0
    assert json.loads(run("apply", "-f", file, "--output", "json").out)[0]["done"] == "unchanged"
    assert "nothing changed" in run("update", "one", "--image", "registry.example.com/worker:1.0").err
    assert len(Bundles(running.database).find("speech")) == 2


def test_rollback_to_what_is_asked_for_already_says_so(run: Run) -> None:
    """Nothing is recorded by it."""
    assert run(*CREATE).status == 0
    assert run("update", "transcribe", "--max-workers", "3").status == 0
    for generation in (2, 1, 1):
        told = run("rollback", "transcribe", "--generation", generation).err
    assert "nothing changed: generation 3 asks for all of that already" in told
    assert "nothing changed" in run("rollback", "transcribe", "--generation", 3).err
    assert "recorded as generation 4" in run("rollback", "transcribe").err


def test_endpoint_that_is_deleted_meanwhile_is_not_waited_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not become READY, however long its objects take to go; and it cannot be changed any more."""
    assert run(*CREATE, "--wait").status == 0
    (endpoint,) = json.loads(run("list", "--output", "json").out)
    ask = ApiClient.ask

    def deleting(self: ApiClient, method: str, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        answer = ask(self, method, path, body, **query)
        return {**answer, "status": "DELETE_IN_PROGRESS"} if method == "GET" and "/end_" in path else answer

    monkeypatch.setattr(ApiClient, "ask", deleting)
    ended = run("update", "transcribe", "--max-workers", 3, "--wait", "--timeout", 5)
    assert (ended.status, "transcribe is being deleted, so it does not become READY" in ended.err) == (2, True)
    for verb in ("update", "restart", "rollback"):
        told = run(verb, endpoint["id"]).err
        assert "transcribe is being deleted, so it cannot be changed. Its name is free" in told


def test_interrupted_apply_says_what_was_applied(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As where something fails: the same command again does the rest."""
    file = written(tmp_path, documents_of("one", "two"))
    ask = ApiClient.ask

    def interrupted(self: ApiClient, method: str, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        if method == "POST" and not query and (body or {}).get("name") == "two":
            raise KeyboardInterrupt
        return ask(self, method, path, body, **query)

    monkeypatch.setattr(ApiClient, "ask", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run("apply", "-f", file, "--prune")
    assert "Done before that: one. Not done: two. Apply the same files again." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (" ", "--apply-set: it is empty. Write a name"),
        (" speech", "--apply-set: ' speech' begins or ends with white space. Write --apply-set speech"),
        ("to text\n", "Write --apply-set 'to text'"),
    ],
)
def test_name_of_an_apply_set_is_a_text(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, told: str
) -> None:
    """An empty one, as of a variable that is not set, would be a set of its own, and white space would make another."""
    with pytest.raises(SystemExit, match="2"):
        run("apply", "-f", tmp_path / "endpoints.yaml", "--prune", "--apply-set", name)
    assert told in capsys.readouterr().err


MISTAKES: dict[str, tuple[tuple[object, ...], str]] = {
    "absent": (("get", "none"), "there is no endpoint 'none'"),
    "image": (("create-endpoint", "--name", "a", "--temporal-task-queue", "q"), "Give --image"),
    "tag": ((*CREATE, "--image", "registry.example.com:5000/worker"), "has no tag"),
    "two tags": ((*CREATE, "--image", "registry.example.com:5000/worker:1:2"), "has two tags"),
    "command": ((*CREATE, "--command", "python 'worker"), "Close the quote"),
    "label": ((*CREATE, "--label", "team"), "Write --label name=value"),
    "type": ((*CREATE, "--endpoint-type", "async"), "endpoint_type: endpoint_type 'async' is not served"),
    "queue": ((*CREATE, "--temporal-task-queue", ""), "temporal_task_queue: '' is not possible"),
    "workers": ((*CREATE, "--min-workers", "9"), "exceeds max workers"),
    "first generation": (("rollback", "transcribe"), "of its first generation, so there is no older one"),
    "nearly the name": (("get", "transcrib"), "no endpoint 'transcrib'. Did you mean 'transcribe'?"),
    "versioning": ((*CREATE, "--versioning", "current"), "versioning needs a control plane that sees Temporal"),
    "ramp": ((*CREATE, "--ramp", "50,10"), "ramp: it is not a list of percentages from 1 to 99 that rise"),
    "file": (("apply", "-f", "absent.yaml"), "absent.yaml cannot be read"),
    "server": (("list", "--server", "http://127.0.0.1:1"), "Start `temporal-endpoints serve`"),
    "address": (("list", "--server", "no address"), "nobody can be asked at no address. Correct --server"),
    "url": (("list", "--server", "http://[::1"), "Correct --server, as http://127.0.0.1:8080"),
    "password": (("list", "--server", "http://me:secret@127.0.0.1:1"), "no answer from http://127.0.0.1:1 "),
    "password with a slash": (("list", "--server", "http://me:a/secret@h"), "nobody can be asked at http://h. Correct"),
    "password without a scheme": (("list", "--server", "me:secret@h:1"), "nobody can be asked at h:1. Correct"),
    "variable without a name": ((*CREATE, "--env", "A=b", "--env", "secret"), "number 2 of the 2 --env has no '='"),
    "image and bundle": ((*CREATE, "--model-bundle-id", "bun_1"), "--model-bundle-id names an image already"),
    "variable twice": ((*CREATE, "--env", "A=secret", "--env", "A=secret-2"), "--env sets 'A' twice"),
    "secret command": ((*CREATE, "--command", "run --token secret 'x"), "--command is not what a shell reads"),
    "image of a user": ((*CREATE, "--image", "https://me:secret@registry/x"), "the image has no tag"),
    "colon": (("list", "--api-key", "secret:1"), "the API key has a colon, where Basic ends a user name"),
    "bytes": (("list", "--api-key", "\udcff"), "Correct --api-key"),
    "id": (("get", "end_of_days"), "there is no endpoint 'end_of_days'"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_one_message(run: Run, mistake: str) -> None:
    """The server's own words, and exit status 2."""
    arguments, said = MISTAKES[mistake]
    assert run(*CREATE).status == 0
    ended = run(*arguments)
    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err
    assert not any(word in ended.err for word in ("Traceback", "secret"))


def test_api_key_is_without_the_end_of_its_line(run: Run) -> None:
    """A file that a Secret was made from has one, and the variable of a pod then has it too."""
    assert run(*CREATE).status == 0
    assert run("get", "transcribe", "--api-key", "speech\n").status == 0


def test_server_of_this_machine_is_asked_past_any_proxy(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which the environment of a company may name."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert run("list").status == 0


def test_names_of_others_are_not_suggested(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever guesses learns nothing."""
    assert run(*CREATE).status == 0
    monkeypatch.setenv("TEMPORAL_ENDPOINTS_API_KEY", "vision")
    told = run("get", "transcrib").err
    assert "there is no endpoint 'transcrib'. `temporal-endpoints list`" in told


def test_nearest_command_is_suggested(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """And all are listed where none is like it."""
    for given, told in (("udpate", "no command 'udpate'. Did you mean 'update'?"), ("xyz", "Known: apply, ")):
        with pytest.raises(SystemExit, match="2"):
            run(given)
        assert told in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--max-wrokers=3", "--max-wrokers"])
def test_nearest_flag_is_suggested(run: Run, capsys: pytest.CaptureFixture[str], flag: str) -> None:
    """Of the command that was given, with its usage."""
    with pytest.raises(SystemExit, match="2"):
        run("update", "transcribe", flag, "3")
    said = capsys.readouterr().err
    assert "usage: temporal-endpoints update " in said
    assert "there is no flag '--max-wrokers'. Did you mean '--max-workers'?" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--api-key", "secret", "list"], "no flag '--api-key' before the command. Write it after the command"),
        ([*CREATE, "--env", "A=b", "B=secret"], "belongs to no flag. Write a flag before each value"),
        ([*CREATE, "--e=secret"], "--e could match --endpoint-type, --env"),
        (["list", "--", "secret"], "word 2 after 'temporal-endpoints list' belongs to no flag"),
    ],
)
def test_word_that_may_be_a_secret_is_not_repeated(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    """Where it stands is told instead."""
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    told = capsys.readouterr().err
    assert (said in told, "secret" in told) == (True, False)


@pytest.mark.parametrize("seconds", ["soon", "0", "-1", "nan"])
def test_time_that_is_none_is_told_in_words(run: Run, capsys: pytest.CaptureFixture[str], seconds: str) -> None:
    """Not in the names of a function."""
    with pytest.raises(SystemExit, match="2"):
        run(*CREATE, f"--timeout={seconds}")
    assert f"--timeout: '{seconds}' is not a number of seconds above 0" in capsys.readouterr().err


def test_name_may_begin_like_an_id(run: Run) -> None:
    """It is found by it, and deleted."""
    assert run(*(each.replace("transcribe", "end_to_end") for each in CREATE)).status == 0
    assert "end_to_end" in run("get", "end_to_end").out
    assert run("delete", "end_to_end").out == "end_to_end is deleted\n"


def test_update_that_changes_nothing_says_so(run: Run) -> None:
    """Nothing is recorded then."""
    assert run(*CREATE).status == 0
    assert "nothing changed: generation 1 asks for all of that" in run("update", "transcribe", "--max-workers", "2").err
    assert "recorded as generation 2" in run("update", "transcribe", "--max-workers", "3").err


def test_ramp_is_numbers_with_commas_or_none(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever comes after it; anything else is refused before the server is asked."""
    with pytest.raises(SystemExit, match="2"):
        run(*CREATE, "--ramp", "10;50")
    assert "'10;50' is not numbers as 10,50, and not none" in capsys.readouterr().err
    assert run(*CREATE, "--ramp", "none", "--ramp-seconds", "60").status == 0
    assert json.loads(run("get", "transcribe", "--output", "json").out)["ramp_seconds"] == 60


def test_key_that_nobody_knows_is_told_with_what_to_do(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only that it is unknown."""
    monkeypatch.setenv("TEMPORAL_ENDPOINTS_API_KEY", "no/owner")
    assert "--api-key or $TEMPORAL_ENDPOINTS_API_KEY" in run("list").err


def documents_of(*names: str, **changes: object) -> str:
    """A file of endpoints, of which the last one is changed."""
    common = {
        "image": "registry.example.com/worker:1.0",
        "temporal_task_queue": "q",
        "labels": {"team": "speech", "product": "captions"},
        "min_workers": 1,
        "max_workers": 2,
    }
    documents = [{"name": name, **common} for name in names]
    return yaml.safe_dump_all([*documents[:-1], {**documents[-1], **changes}])


def written(folder: Path, text: str) -> Path:
    """The only file of endpoints in a folder."""
    file = folder / "endpoints.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_nothing_of_a_file_is_applied_if_a_part_of_it_is_not_possible(run: Run, tmp_path: Path) -> None:
    """The refusal has the file and the name of the endpoint, and no other one was made or changed."""
    file = tmp_path / "endpoints.yaml"
    file.write_text(documents_of("one", "two", min_workers=9), encoding="utf-8")
    for verb in ("apply", "diff"):
        ended = run(verb, "-f", file)
        assert (ended.status, f"{file}: two: " in ended.err, "exceeds max workers" in ended.err) == (2, True, True)
    assert json.loads(run("list", "--output", "json").out) == []


def test_refused_request_leaves_no_bundle(run: Run, running: Running) -> None:
    """A new image is recorded only with what else is asked for."""
    bundles = Bundles(running.database)
    assert "exceeds max workers" in run(*CREATE, "--min-workers", "9").err
    assert bundles.find("speech") == []
    assert run(*CREATE).status == 0
    other = ("--image", "registry.example.com/worker:2.0")
    assert "already exists" in run(*CREATE, *other).err
    assert "exceeds max workers" in run("update", "transcribe", *other, "--min-workers", "9").err
    assert len(bundles.find("speech")) == 1
    assert run("update", "transcribe", *other).status == 0
    assert json.loads(run("get", "transcribe", "--output", "json").out)["image"] == other[1]


def test_update_keeps_what_it_does_not_name_of_the_workers(run: Run) -> None:
    """Their command, their variables and their labels: a new image alone would start without them."""

    def workers() -> tuple[object, ...]:
        (container,) = yaml.safe_load(run("update", "transcribe", "--dry-run").out)[1]["spec"]["template"]["spec"][
            "containers"
        ]
        variables = {each["name"]: each["value"] for each in container["env"]}
        del variables["TEMPORAL_TASK_QUEUE"]
        return container["image"], container["command"], variables

    assert run(*CREATE, "--env", "MODEL=large", "--env", "MODE=fast", "--command", "python -m worker").status == 0
    image = "registry.example.com/worker:2.0"
    assert run("update", "transcribe", "--image", image).status == 0
    assert workers() == (image, ["python", "-m", "worker"], {"MODEL": "large", "MODE": "fast"})
    assert run("update", "transcribe", "--env", "MODEL=small").status == 0
    assert workers() == (image, ["python", "-m", "worker"], {"MODEL": "small", "MODE": "fast"})
    assert run("update", "transcribe", "--command", "").status == 0
    assert workers()[1] == []
    assert run("update", "transcribe", "--label", "tier=gold").status == 0
    labels = json.loads(run("get", "transcribe", "--output", "json").out)["labels"]
    assert labels == {"team": "speech", "product": "captions", "tier": "gold"}


def test_file_and_flags_have_the_same_defaults(run: Run, tmp_path: Path) -> None:
    """Whatever is left out, or null in a file."""
    file = tmp_path / "endpoints.yaml"
    common = {"image": "r:1", "temporal_task_queue": "q", "labels": {"team": "t", "product": "p"}}
    documents = [{"name": "left-out", **common}, {"name": "nulls", "max_workers": None, "memory": None, **common}]
    file.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    assert run("apply", "-f", file).status == 0
    labels = ("--label", "team=t", "--label", "product=p")
    assert (
        run("create-endpoint", "--name", "flags", "--image", "r:1", "--temporal-task-queue", "q", *labels).status == 0
    )
    states = [
        [json.loads(run("get", name, "--output", "json").out)[key] for key in ("deployment_state", "resource_state")]
        for name in ("flags", "left-out", "nulls")
    ]
    assert states[0][0]["max_workers"] == 1
    assert states[0] == states[1] == states[2]


def test_files_may_come_from_another_program(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """As kubectl takes them, by -f -."""

    def apply(verb: str, *arguments: object) -> Ended:
        text = io.BytesIO(documents_of("one").replace("\n", "\r\n").encode("utf-8-sig"))
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(text, encoding="ascii"))
        return run(verb, "-f", "-", *arguments)

    assert apply("diff").status == 1
    assert json.loads(apply("apply", "--output", "json").out)[0]["done"] == "created"
    assert apply("diff").status == 0


def test_failure_in_the_middle_says_what_was_applied(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can foresee it; the same command again does the rest."""
    file = tmp_path / "endpoints.yaml"
    file.write_text(documents_of("one", "two", "three"), encoding="utf-8")
    ask = ApiClient.ask

    def failing(self: ApiClient, method: str, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        if method == "POST" and not query and (body or {}).get("name") == "two" and "endpoint_type" in body:
            raise AskingError("the database does not answer.")
        return ask(self, method, path, body, **query)

    with monkeypatch.context() as patched:
        patched.setattr(ApiClient, "ask", failing)
        ended = run("apply", "-f", file)
    assert ended.status == 2
    assert f"{file}: two: the database does not answer." in ended.err
    assert "Done before that: one. Not done: two, three." in ended.err
    answer = json.loads(run("apply", "-f", file, "--output", "json").out)
    assert [each["done"] for each in answer] == ["unchanged", "created", "created"]


def test_failure_while_pruning_says_what_was_done(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left is pruned by the same command; what somebody else has deleted meanwhile is no failure."""
    file = tmp_path / "endpoints.yaml"
    file.write_text(documents_of("one", "two", "three"), encoding="utf-8")
    assert run("apply", "-f", file).status == 0
    file.write_text(documents_of("one"), encoding="utf-8")
    ask = ApiClient.ask
    answers = [AskingError("the database does not answer."), NotRecordedError("it is not there")]

    def failing(self: ApiClient, method: str, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        if method == "DELETE" and answers:
            raise answers.pop(0)
        return ask(self, method, path, body, **query)

    monkeypatch.setattr(ApiClient, "ask", failing)
    ended = run("apply", "-f", file, "--prune")
    assert (ended.status, "Done before that: one. Not done: t" in ended.err) == (2, True)
    answer = json.loads(run("apply", "-f", file, "--prune", "--output", "json").out)
    assert sorted(each["done"] for each in answer) == ["deleted", "deleted", "unchanged"]


def test_endpoint_that_fails_ends_the_wait_with_its_reason(run: Run, running: Running) -> None:
    """Not only that it failed."""
    running.texts = {**running.texts, "user-config.yaml": running.texts["user-config.yaml"] + "---\nnot: an object\n"}
    assert "has no 'metadata'" in run(*CREATE, "--wait").err
    del running.api.groups["apps/v1"]
    running.texts = {key: text.partition("---\n")[0] for key, text in running.texts.items()}
    ended = run(*CREATE, "--wait")
    assert ended.status == 2
    assert "KindAbsent: Deployment/" in ended.err


def test_control_plane_that_is_silent_for_a_while_is_waited_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """As while it is updated itself; a refusal ends the waiting at once, and so does the end of the time."""
    ask, silent = ApiClient.ask, 3

    def failing(self: ApiClient, method: str, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        nonlocal silent
        if method == "GET" and "/end_" in path and silent:
            silent -= 1
            raise SilentError("no answer from there.")
        return ask(self, method, path, body, **query)

    monkeypatch.setattr(ApiClient, "ask", failing)
    ended = run(*CREATE, "--wait")
    assert (ended.status, ended.err.count("no answer from there."), "transcribe: READY" in ended.err) == (0, 1, True)
    silent = 3
    assert run("delete", "transcribe", "--wait").status == 0
    assert run(*CREATE).status == 0
    silent = 1000
    ended = run("restart", "transcribe", "--wait", "--timeout", "0.6")
    assert (ended.status, "temporal-endpoints: no answer from there." in ended.err) == (2, True)


@pytest.mark.parametrize("text", ["a\x85b", "a\x7fb", "a\u202eb", "\U0001f600", "\u00e9"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_results_for_programs_are_what_was_asked_for(
    run: Run, running: Running, text: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the terminal cannot show it, or must not."""
    assert run(*CREATE).status == 0
    (endpoint,) = json.loads(run("list", "--output", "json").out)
    client = ApiClient({"server": os.environ["TEMPORAL_ENDPOINTS_SERVER"], "api-key": "speech"})
    client.ask("PUT", f"/v1/model-endpoints/{endpoint['id']}", {"metadata": {"text": text}})
    client.close()
    for output, load in (("json", json.loads), ("yaml", yaml.safe_load)):
        out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="backslashreplace")
        with monkeypatch.context() as patched:
            patched.setattr("sys.stdout", out)
            assert main(["get", "transcribe", "--output", output]) == 0
        out.seek(0)
        printed = out.read()
        assert load(printed)["metadata"]["text"] == text
        assert not any(character in printed for character in "\x85\x7f\u202e")


def test_what_the_server_says_does_not_steer_the_terminal(run: Run) -> None:
    """Escape sequences are written out."""
    ended = run(*CREATE, "--temporal-task-queue", "\x1b[2J")
    assert ended.status == 2
    assert "\x1b" not in ended.err
