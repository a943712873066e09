"""What a worker may ask for: quantities as Kubernetes writes them, and Launch's limits for each kind of machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from temporal_endpoints.errors import RefusedError
from temporal_endpoints.specification import Quantity, Specification

_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")
_SUFFIXES = {"": Decimal(1), "m": Decimal("0.001")}
_SUFFIXES |= {letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", start=1)}
_SUFFIXES |= {f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", start=1)}

# cpus, memory and storage of one machine with these GPUs, as Launch has them (common/resource_limits.py). It takes
# off what its forwarder needs; a Temporal worker has none beside it, so nothing is taken off here.
_LIMITS: Mapping[str | None, tuple[str, str, str]] = {
    None: ("7", "30Gi", "640Gi"),
    "nvidia-tesla-t4": ("63", "250Gi", "640Gi"),
    "nvidia-ampere-a10": ("63", "250Gi", "640Gi"),
    "nvidia-ampere-a100": ("95", "1000Gi", "640Gi"),
    "nvidia-ampere-a100e": ("95", "1000Gi", "640Gi"),
    "nvidia-hopper-h100": ("191", "2000Gi", "1300Gi"),
    "nvidia-hopper-h100-1g20gb": ("47", "500Gi", "640Gi"),
    "nvidia-hopper-h100-3g40gb": ("95", "1000Gi", "640Gi"),
}
MOST_WORKERS = 250
_SHOWN_CHARACTERS = 40


def amount(quantity: Quantity) -> Decimal:
    """A quantity as a number; the contract has said already that it is one."""
    if isinstance(quantity, int | float):
        return Decimal(str(quantity))
    match = _QUANTITY.fullmatch(quantity)
    if match is None:
        raise RefusedError(f"{quantity!r} is no quantity. Write a number, with a suffix such as m, Mi or Gi if needed.")
    return Decimal(match[1]) * _SUFFIXES[match[2] or ""]


def require_possible(asked: Specification) -> None:
    """Refuse what no machine has, and what contradicts itself.

    Raises:
        RefusedError: it names the fields.
    """
    if asked.gpus > 0 and asked.gpu_type is None:
        raise RefusedError(f"Requested gpus={asked.gpus} without gpu_type. Name the type of the GPUs.")
    if asked.gpus == 0 and asked.gpu_type is not None:
        raise RefusedError(f"Requested gpu_type={asked.gpu_type} with gpus=0. Set gpus, or leave gpu_type out.")
    for name, most in zip(("cpus", "memory", "storage"), _LIMITS[asked.gpu_type], strict=True):
        wanted = getattr(asked, name)
        if wanted is not None and amount(wanted) > amount(most):
            shown = str(wanted)[:_SHOWN_CHARACTERS]
            raise RefusedError(
                f"Requested {name}={shown} too high. The maximum for gpu_type={asked.gpu_type} is {most}."
            )
    if asked.max_workers > MOST_WORKERS:
        raise RefusedError(f"Requested max workers {asked.max_workers} too high. The maximum is {MOST_WORKERS}.")
    if asked.max_workers < 1:
        raise RefusedError("Requested max workers 0 too low. At least 1 is needed; min_workers may be 0.")
    if asked.min_workers > asked.max_workers:
        raise RefusedError(f"Requested min workers {asked.min_workers} exceeds max workers {asked.max_workers}.")
