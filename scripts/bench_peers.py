"""Measure the tools people have today on this chart: how fast they are, and which planted defects each finds."""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from scripts.peers.hypothesis_helm import HypothesisHelm
from scripts.peers.inputs import Inputs, write_inputs
from scripts.peers.nested import HelmNested
from scripts.peers.peer import WORKERS, NotMeasuredError, Peer
from scripts.peers.planted import ROOT, Planted, chart_with, load_planted
from scripts.peers.table import Result, to_markdown, write
from scripts.peers.template_loop import TemplateLoop
from scripts.peers.unittest_plugin import HelmUnittest

PAGE = ROOT / "docs" / "peers.md"
_ROUNDS = 3
Open = Callable[[Path], Peer]


def main() -> int:
    """0: measured; 2: a planted change does not fit the chart, or the page cannot be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write the tables into {PAGE.relative_to(ROOT)}")
    parser.add_argument("--budget", type=int, default=60, help="seconds of hypothesis-helm for a chart (%(default)s)")
    parser.add_argument("--python313", default="python3.13", help="the Python for hypothesis-helm (%(default)s)")
    parser.add_argument("--only", default="", help="measure peers whose name holds this, beside helm-nested")
    options = parser.parse_args()
    planted = load_planted()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs = write_inputs(folder / "inputs")
        opened: dict[str, Open] = {
            "helm template + kubeconform": lambda own: TemplateLoop(own, inputs, entries=False),
            "helm template + kubeconform, entries filled naively": lambda own: TemplateLoop(own, inputs, entries=True),
            "helm-unittest, hand-written suites": partial(_unittest, inputs, snapshots=False),
            "helm-unittest, snapshots of all scenarios": partial(_unittest, inputs, snapshots=True),
            "hypothesis-helm": lambda own: HypothesisHelm(own, inputs, options.python313, options.budget),
            "helm-nested check": lambda own: HelmNested(own, inputs),
        }
        chosen = {title: each for title, each in opened.items() if options.only in title or "nested" in title}
        try:
            sessions = [_open(title, each, folder / str(number)) for number, (title, each) in enumerate(chosen.items())]
            _time(sessions)
            with ThreadPoolExecutor(WORKERS) as pool:
                list(pool.map(partial(_judge, planted=planted), sessions))
            table = to_markdown([each.result for each in sessions], planted, _machine())
            print(table)
            if options.write:
                write(PAGE, table)
        except (OSError, ValueError) as error:
            print(f"bench_peers: {error}", file=sys.stderr)
            return 2
    return 0


@dataclass
class _Session:
    """One peer at work: its folder, and what it came to so far; `peer` is None when it cannot be measured."""

    folder: Path
    result: Result
    peer: Peer | None


def _open(title: str, open_peer: Open, own: Path) -> _Session:
    own.mkdir()
    try:
        peer = open_peer(own)
        with chart_with(None, own / "chart") as chart:
            whole = peer.verdict(chart)
            if not whole.failed:
                peer.seconds(chart)
    except NotMeasuredError as error:
        return _Session(own, Result(title, missing=str(error)), None)
    if whole.failed:
        return _Session(own, Result(title, missing=f"it fails on the chart as it is: {whole.why}"), None)
    return _Session(own, Result(peer.name, peer.version, peer.sees), peer)


def _time(sessions: Sequence[_Session]) -> None:
    """The median of a few rounds, each of which has every peer once, so that a slow minute is slow for all of them."""
    measured: dict[str, list[float]] = {each.result.name: [] for each in sessions if each.peer}
    for _ in range(_ROUNDS):
        for each in sessions:
            if each.peer:
                with chart_with(None, each.folder / "chart") as chart:
                    measured[each.result.name].append(each.peer.seconds(chart))
    for each in sessions:
        if each.peer:
            each.result.seconds = statistics.median(measured[each.result.name])


def _judge(session: _Session, planted: Planted) -> None:
    """What the peer says of every planted change."""
    if session.peer is None:
        return
    for change in (*planted.defects, *planted.meaning, *planted.harmless):
        with chart_with(change, session.folder / "chart") as chart:
            verdict = session.result.verdicts[change.name] = session.peer.verdict(chart)
        said = (
            f"fails: {verdict.why}"
            if verdict.failed
            else f"undecided: {verdict.why}"
            if verdict.undecided
            else "passes"
        )
        print(f"{session.result.name}: {change.name}: {said}", file=sys.stderr, flush=True)


def _unittest(inputs: Inputs, own: Path, *, snapshots: bool) -> Peer:
    with chart_with(None, own / "chart") as chart:
        return HelmUnittest(own, inputs, chart, snapshots=snapshots)


def _machine() -> str:
    return f"{platform.system()} {platform.machine()} with {os.cpu_count()} cores, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
