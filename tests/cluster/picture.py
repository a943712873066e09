"""A picture of runs below one another: pods, how many of them work, what waits, and where an activity was cut short."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from itertools import pairwise

from .trace import Trace

WIDTH, HEIGHT, LEFT, TOP, GAP, FOOT = 720, 150, 46, 34, 74, 52
POINTS = 480
COLOURS = {"pods": "#c9d3e0", "busy": "#3b6ea8", "waiting": "#b35900", "cut": "#c00020"}
LEGEND = (
    ("pods", "pods"),
    ("busy", "pods that run an activity"),
    ("waiting", "activities that wait"),
    ("cut", "an activity is cut short"),
)


def picture(traces: Sequence[Trace], caption: str) -> str:
    """The text of an SVG file; all runs have the same scales."""
    seconds = max(trace.zero or trace.seconds for trace in traces) * 1.04
    most = max(max(trace.activities, *map(trace.living, _moments(seconds))) for trace in traces)
    height = TOP + len(traces) * (HEIGHT + GAP) - GAP + FOOT
    panels = "".join(_panel(trace, TOP + number * (HEIGHT + GAP), seconds, most) for number, trace in enumerate(traces))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + LEFT + 16} {height}" '
        'font-family="sans-serif" font-size="12" fill="#222">\n'
        f"<title>{escape(caption)}</title>\n"
        f'<rect width="100%" height="100%" fill="#fff"/>\n{panels}{_legend(height - 14)}</svg>\n'
    )


def _moments(seconds: float) -> list[float]:
    return [seconds * number / POINTS for number in range(POINTS + 1)]


def _panel(trace: Trace, top: float, seconds: float, most: int) -> str:
    def across(moment: float) -> float:
        return round(LEFT + WIDTH * moment / seconds, 1)

    def down(number: float) -> float:
        return round(top + HEIGHT * (1 - number / most), 1)

    def steps(count: Callable[[float], int]) -> str:
        points = [(across(moment), down(count(moment))) for moment in _moments(min(seconds, trace.seconds))]
        corners = [points[0]]
        for point, following in pairwise(points):
            if point[1] != following[1]:
                corners += [(following[0], point[1]), following]
        corners.append(points[-1])
        return " ".join(f"{x},{y}" for x, y in corners)

    def area(kind: str, count: Callable[[float], int]) -> str:
        right = across(min(seconds, trace.seconds))
        return f'<polygon fill="{COLOURS[kind]}" points="{LEFT},{down(0)} {steps(count)} {right},{down(0)}"/>\n'

    lines = [f'<text x="{LEFT}" y="{top - 10}" font-weight="bold">{escape(trace.title)}</text>\n']
    lines += [area("pods", trace.living), area("busy", trace.busy)]
    lines.append(
        f'<polyline fill="none" stroke="{COLOURS["waiting"]}" stroke-width="2" points="{steps(trace.waiting)}"/>\n'
    )
    lines += [_cross(across(end), down(0) - 7) for end in _ends_of_cut(trace)]
    lines += [_fault(across(moment), top, down(0), what) for what, moment in trace.faults.items()]
    for number in range(0, most + 1, 2 if most <= 16 else 4):
        lines.append(f'<text x="{LEFT - 8}" y="{down(number) + 4}" text-anchor="end">{number}</text>\n')
    for moment in range(0, int(seconds) + 1, 20):
        lines.append(f'<text x="{across(moment)}" y="{down(0) + 16}" text-anchor="middle">{moment} s</text>\n')
    lines.append(f'<path d="M{LEFT},{top} V{down(0)} H{LEFT + WIDTH}" fill="none" stroke="#222"/>\n')
    return "".join(lines)


def _ends_of_cut(trace: Trace) -> list[float]:
    return [work.span.end for work in trace.work if work.is_cut and work.span.end is not None]


def _fault(x: float, top: float, bottom: float, what: str) -> str:
    line = f'<path d="M{x},{top} V{bottom}" stroke="{COLOURS["cut"]}" stroke-dasharray="4 3"/>\n'
    return f'{line}<text x="{x + 6}" y="{top + 10}" fill="{COLOURS["cut"]}">{escape(what)}</text>\n'


def _cross(x: float, y: float) -> str:
    return f'<path d="M{x - 4},{y - 4} l8,8 m0,-8 l-8,8" stroke="{COLOURS["cut"]}" stroke-width="2.5"/>\n'


def _legend(y: float) -> str:
    lines, x = [], float(LEFT)
    for kind, text in LEGEND:
        if kind == "waiting":
            lines.append(f'<path d="M{x},{y - 4} h14" stroke="{COLOURS[kind]}" stroke-width="2"/>\n')
        elif kind == "cut":
            lines.append(_cross(x + 7, y - 4))
        else:
            lines.append(f'<rect x="{x}" y="{y - 10}" width="14" height="11" fill="{COLOURS[kind]}"/>\n')
        lines.append(f'<text x="{x + 20}" y="{y}">{escape(text)}</text>\n')
        x += 40 + 6.4 * len(text)
    return "".join(lines)
