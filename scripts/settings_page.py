"""The settings of temporal-endpoints as tables for people, from those that the program itself reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from temporal_endpoints.commands import api_client
from temporal_endpoints.serving import SETTINGS
from temporal_endpoints.settings import Setting

_HEAD = """\
# The settings of temporal-endpoints

Generated from the program's own settings by `make docs`.
A flag is stronger than its environment variable, and a variable than the file of settings, where the key is the flag
without its two hyphens: `~/.config/temporal-endpoints/config.yaml`, or what `--config` or `$TEMPORAL_ENDPOINTS_CONFIG`
names. One file may hold the settings of both tables. A flag of what is true or false has no value, and
`--no-token-review` sets `--token-review` to false. [control-plane.md](control-plane.md) says more of most of them.
"""
_TABLES = {"`temporal-endpoints serve`": SETTINGS, "Commands that ask it": api_client.SETTINGS}


def settings_page() -> str:
    """Every setting with its variable, its default and what it takes."""
    return "\n".join([_HEAD, *(line for title, settings in _TABLES.items() for line in _table(title, settings))])


def _table(title: str, settings: Sequence[Setting]) -> Iterator[str]:
    yield from (f"## {title}", "", "| flag | variable | default | takes | what it is |", "|---|---|---|---|---|")
    for each in settings:
        described = each.help.replace("|", "\\|")
        yield f"| `--{each.name}` | `{each.variable}` | {_default(each)} | {_taken(each)} | {described} |"
    yield ""


def _default(setting: Setting) -> str:
    if setting.default is None:
        return ""
    return f"`{str(setting.default).lower() if isinstance(setting.default, bool) else setting.default}`"


def _taken(setting: Setting) -> str:
    if isinstance(setting.default, bool):
        return "`true`, `false`"
    if setting.bounds is not None:
        return f"{setting.bounds[0]} to {setting.bounds[1]}"
    return ", ".join(f"`{choice}`" for choice in setting.choices or ())
