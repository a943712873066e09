"""A chart with places for defects, each of which shows itself under choices that were drawn at random."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random

# How many choices each axis has; the choice 0 of an axis sets nothing.
AXES = {"a": 3, "b": 2, "c": 3, "d": 2, "e": 2, "f": 3}
# These choices do not go together, so conjunctions that hold one of them mean more than they say.
EXCLUDED = {"a": "a2", "b": "b1"}

# What surrounds a defect changes with the choices too: lines move, items of lists move, texts hold other words.
STAGE_ONE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: @OWN@settings
  annotations:
    {{- if .Values.e }}
    moves.example.com/lines: "yes"
    {{- end }}
    moves.example.com/text: "of {{ .Values.f }}"
    <<annotation>>
data:
  word: "{{ .Values.c }}"
  <<crash>>
---
apiVersion: v1
kind: Service
metadata:
  name: @OWN@front
spec:
  selector: {app: front}
  ports:
    {{- if .Values.d }}
    - {name: first, port: 81}
    {{- end }}
    - name: web
      port: <<number 80 '80'>>
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: <<name @OWN@front Front_End>>
spec:
  replicas: 1
  selector: {matchLabels: {app: front}}
  template:
    metadata:
      labels: {app: front}
    spec:
      containers:
        {{- if .Values.f }}
        - name: "beside-{{ .Values.f }}"
          image: "beside:1"
        {{- end }}
        - name: main
          image: "main:{{ .Values.c | default "c0" }}"
          volumeMounts:
            {{- if .Values.e }}
            - {name: kept, mountPath: /more}
            {{- end }}
            - {name: kept, mountPath: /kept}
            <<mount>>
          envFrom:
            - configMapRef: {name: <<reference @OWN@settings @OWN@setings>>}
      volumes:
        - {name: kept, emptyDir: {}}
"""
SPOTS = ("annotation", "crash", "mount", "name", "number", "reference")
_WHOLE = {
    "annotation": "planted.example.com/workers: 3",
    "crash": 'broken: "{{ .Values.absent.deeper }}"',
    "mount": "- {name: lost, mountPath: /lost}",
}


@dataclass(frozen=True)
class Plant:
    """One defect: in which stage and at which spot, and the choices under which it shows itself, one an axis."""

    stage: int
    spot: str
    choices: tuple[tuple[str, int], ...]

    @property
    def condition(self) -> str:
        """The choices as a Go template's condition."""
        asked = (f'(eq (toString .Values.{axis}) "{_word(axis, choice)}")' for axis, choice in self.choices)
        return f"and true {' '.join(asked)}"


def planted(seed: int) -> Plant:
    """The defect of that seed: any spot of either stage, under one to three choices that go together."""
    random = Random(seed)  # noqa: S311 - not for secrets
    while True:
        axes = sorted(random.sample(list(AXES), random.randint(1, 3)))
        choices = tuple((axis, random.randrange(AXES[axis])) for axis in axes)
        if not EXCLUDED.items() <= {axis: f"{axis}{choice}" for axis, choice in choices}.items():
            return Plant(random.choice((1, 2)), random.choice(SPOTS), choices)


def _word(axis: str, choice: int) -> str:
    return f"{axis}{choice}" if choice else ""


def _with(text: str, plant: Plant | None, own: str) -> str:
    """The objects' text with the plant, if there is one; their names begin with `own`."""
    lines = []
    for line in text.replace("@OWN@", own).splitlines():
        before, marked, rest = line.partition("<<")
        if not marked:
            lines.append(line)
            continue
        inside, _, after = rest.partition(">>")
        spot, *words = inside.split()
        here = plant if plant is not None and plant.spot == spot else None
        if words and here is not None:
            lines.append(f"{before}{{{{ if {here.condition} }}}}{words[1]}{{{{ else }}}}{words[0]}{{{{ end }}}}{after}")
        elif words:
            lines.append(f"{before}{words[0]}{after}")
        elif here is not None:
            lines += [f"{before}{{{{- if {here.condition} }}}}", f"{before}{_WHOLE[spot]}", f"{before}{{{{- end }}}}"]
    return "\n".join(lines) + "\n"


def write_chart(folder: Path, plant: Plant) -> Path:
    """Write the chart with the plant, and all that belongs to it; the path of its configuration."""

    def write(name: str, content: object) -> None:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")

    write("chart/Chart.yaml", {"apiVersion": "v2", "name": "plants", "version": "0.1.0"})
    write("chart/values.yaml", dict.fromkeys(AXES, ""))
    write("chart/templates/objects.yaml", _with(STAGE_ONE, plant if plant.stage == 1 else None, ""))
    nested = _with(STAGE_ONE, plant if plant.stage == 2 else None, "${NAME}-")
    body = "".join(f"    {line}\n" for line in nested.splitlines())
    write(
        "chart/templates/nested.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: texts}\ndata:\n  all.yaml: |-\n" + body,
    )
    write("contract.json", {"properties": {"NAME": {"type": "string", "x-position": "scalar"}}, "required": ["NAME"]})
    for name in ("one", "two"):
        write(f"sets/{name}.yaml", {"description": name, "arguments": {"NAME": f"end-{name}"}})
    write("values/default.yaml", {})
    axes = {
        axis: {"block": "all", "choices": {f"{axis}{number}": {axis: _word(axis, number)} for number in range(count)}}
        for axis, count in AXES.items()
    }
    exclusions = [{"when": EXCLUDED, "reason": "they do not go together"}]
    write("matrix.yaml", {"blocks": {"all": "all"}, "axes": axes, "exclusions": exclusions})
    write(
        "helm-nested.yaml",
        {
            "chart": "chart",
            "serviceTemplates": [{"kind": "ConfigMap", "name": "texts", "keys": ["*.yaml"]}],
            "contract": "contract.json",
            "argumentSets": ["sets/*.yaml"],
            "scenarios": ["values/*.yaml"],
            "matrix": "matrix.yaml",
            "checks": {"kubernetes": ["1.34"]},
        },
    )
    return folder / "helm-nested.yaml"
