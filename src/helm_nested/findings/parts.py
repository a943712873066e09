"""Work on many items by as many processes as there are cores, with everything that the caller has at hand."""

from __future__ import annotations

import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from helm_nested.errors import CannotCheckError

Item = TypeVar("Item")
Result = TypeVar("Result")

# A process costs some 30 ms to start; an item here a few.
_FEW = 100
_PART = 64


def in_parts(work: Callable[[Sequence[Item]], Result], items: Sequence[Item]) -> Iterator[Result]:
    """What `work` returns for each part of the items, in order; `work` must not call Helm's library.

    The processes are forked, so they have the corpus without a copy. Where there is no fork, one process does it all.

    Raises:
        CannotCheckError: a process died, so its part was not looked at.
    """
    if len(items) < _FEW or "fork" not in multiprocessing.get_all_start_methods():
        if items:
            yield work(items)
        return
    _WORK.append(work)
    try:
        with warnings.catch_warnings():
            # Only Helm's own threads are running, and the forked processes do not call it.
            warnings.simplefilter("ignore", DeprecationWarning)
            with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("fork")) as pool:
                parts = [items[start : start + _PART] for start in range(0, len(items), _PART)]
                yield from pool.map(_run, parts)
    except BrokenProcessPool as error:
        raise CannotCheckError(
            "a process that fills templates died, so not everything was checked. Is there enough memory? Run it again, "
            "or in parts with --shard."
        ) from error
    finally:
        _WORK.pop()


# What a forked process is to do: inherited, as a function inside another cannot be sent.
_WORK: list[Callable[[Sequence[Any]], Any]] = []


def _run(part: Sequence[Any]) -> Any:  # noqa: ANN401 - whatever the work returns
    return _WORK[-1](part)
