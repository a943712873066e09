"""Many combinations rendered: few by threads of this process, many by as many processes as there are cores."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice

from helm_nested.corpus.outcome import Digest, ManifestText, Outcome, Place, TemplateText
from helm_nested.corpus.row_renderer import RowRenderer
from helm_nested.matrix.axes import Combination
from helm_nested.watchdog import end_with

# Two renders in threads are 1.4 times as fast as one after the other (Helm runs outside Python's lock); more gain less.
# Two processes are 1.24 to 1.6 times as fast as two threads, but take half a second to start.
THREADS = 2
_MANY = 600
_BATCH = 64
# So many combinations are sent to a process at once.
_PART = 32

_Texts = dict[tuple[Place, Digest], ManifestText | TemplateText]


class Renders:
    """Outcomes of combinations, and the distinct texts that they lead to, collected in `texts`."""

    def __init__(self, renderer: RowRenderer) -> None:
        self._renderer = renderer
        self.texts: _Texts = {}
        self.at_once = THREADS
        self.rendered = 0

    def outcomes(self, rows: Sequence[Combination]) -> Iterator[tuple[Combination, Outcome]]:
        """Each combination with its outcome, in order.

        Raises:
            CannotCheckError: one of them could not be rendered or read.
        """
        done = 0
        if len(rows) >= _MANY and (os.cpu_count() or 1) > 1:
            try:
                for row, outcome in self._by_processes(rows):
                    done += 1
                    yield row, outcome
            except BrokenProcessPool:
                # A process died of one of these. This one tries them itself; if it dies as well, it is known of which.
                pass
        yield from self._by_threads(rows[done:])

    def _by_processes(self, rows: Sequence[Combination]) -> Iterator[tuple[Combination, Outcome]]:
        parts = [rows[start : start + _PART] for start in range(0, len(rows), _PART)]
        # Helm's library starts threads, which a forked process would lack.
        fresh = multiprocessing.get_context("spawn")
        self.at_once = min(os.cpu_count() or 1, len(parts))
        pool = ProcessPoolExecutor(
            self.at_once, mp_context=fresh, initializer=_start, initargs=(self._renderer, os.getpid())
        )
        try:
            with _unheard_by_children():
                answers = pool.map(_render, parts)
            for part, (outcomes, texts) in zip(parts, answers, strict=True):
                for key, text in texts.items():
                    self.texts.setdefault(key, text)
                self.rendered += len(part)
                yield from zip(part, outcomes, strict=True)
        except BaseException:
            # Nobody waits for what they are at.
            for process in multiprocessing.active_children():
                process.kill()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _by_threads(self, rows: Sequence[Combination]) -> Iterator[tuple[Combination, Outcome]]:
        """In order, never more than two batches ahead: memory stays flat."""
        remaining = iter(rows)
        with ThreadPoolExecutor(THREADS) as pool:
            waiting = [(row, pool.submit(self._renderer.render, row)) for row in islice(remaining, 2 * _BATCH)]
            while waiting:
                ready, waiting = waiting[:_BATCH], waiting[_BATCH:]
                for row, rendered in ready:
                    outcome = rendered.result()
                    self.texts.update(self._renderer.collect())
                    self.rendered += 1
                    yield row, outcome
                    following = islice(remaining, 1)
                    waiting += [(other, pool.submit(self._renderer.render, other)) for other in following]


@contextmanager
def _unheard_by_children() -> Iterator[None]:
    """Ctrl-C reaches the processes that are started meanwhile as well; it is answered by this one, once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)


_RENDERER: list[RowRenderer] = []


def _start(renderer: RowRenderer, parent: int) -> None:
    end_with(parent)
    _RENDERER.append(renderer)


def _render(rows: Sequence[Combination]) -> tuple[list[Outcome], _Texts]:
    renderer = _RENDERER[-1]
    return [renderer.render(row) for row in rows], renderer.collect()
