"""Work on many items by as many processes as there are cores, with everything that the caller has at hand."""

from __future__ import annotations

import gc
import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from helm_nested.errors import CannotCheckError
from helm_nested.processes import spread

Item = TypeVar("Item")
Result = TypeVar("Result")

# A process costs some 30 ms to start; an item here a few.
_FEW = 100
# So many items a part at most, and so many parts for each process at least, so that all end at the same time.
_PART = 64
_PARTS = 4


def in_parts(
    work: Callable[[Sequence[Item]], Result], items: Sequence[Item], *, processes: bool = True
) -> Iterator[Result]:
    """What `work` returns for each part of the items, in order; `work` must not call Helm's library.

    The processes are forked, so they have the corpus without a copy. Where there is no fork, or `processes` are not
    wanted, this one does it all, each part when it is asked for.

    Raises:
        CannotCheckError: a process died, so its part was not looked at.
    """
    at_once = os.cpu_count() or 1
    size = min(_PART, -(-len(items) // (_PARTS * at_once)) or 1)
    parts = range(0, len(items), size)
    is_forking = processes and "fork" in multiprocessing.get_all_start_methods()
    if len(items) < _FEW or at_once == 1 or not is_forking:
        yield from (work(items[start : start + size]) for start in parts)
        return
    _WORK.append(lambda start: work(items[start : start + size]))
    try:
        with warnings.catch_warnings():
            # Only Helm's own threads are running, and the forked processes do not call it.
            warnings.simplefilter("ignore", DeprecationWarning)
            # A forked process shares its parent's memory until it writes there, as its garbage collector would.
            gc.freeze()
            yield from spread(_run, parts, method="fork", at_once=at_once)
    except BrokenProcessPool as error:
        raise CannotCheckError(
            "a process that fills templates died, so not everything was checked. Is there enough memory? Run it again, "
            "or in parts with --shard."
        ) from error
    finally:
        gc.unfreeze()
        _WORK.pop()


# What a forked process is to do: it inherits that and the items, which are the caller's own, not copies.
_WORK: list[Callable[[int], Any]] = []


def _run(start: int) -> Any:  # noqa: ANN401 - whatever the work returns
    return _WORK[-1](start)
