"""Many combinations rendered: few by threads of this process, many by as many processes as there are cores."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice

from helm_nested.corpus.outcome import Digest, ManifestText, Outcome, Place, TemplateText
from helm_nested.corpus.row_renderer import RowRenderer
from helm_nested.matrix.axes import Combination
from helm_nested.processes import spread

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
        self.at_once = min(os.cpu_count() or 1, len(parts))
        # Helm's library starts threads, which a forked process would lack.
        answers = spread(
            _render, parts, method="spawn", at_once=self.at_once, start=_start, arguments=(self._renderer,)
        )
        for part, (outcomes, texts) in zip(parts, answers, strict=True):
            for key, text in texts.items():
                self.texts.setdefault(key, text)
            self.rendered += len(part)
            yield from zip(part, outcomes, strict=True)

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


_RENDERER: list[RowRenderer] = []


def _start(renderer: RowRenderer) -> None:
    _RENDERER.append(renderer)


def _render(rows: Sequence[Combination]) -> tuple[list[Outcome], _Texts]:
    renderer = _RENDERER[-1]
    return [renderer.render(row) for row in rows], renderer.collect()
