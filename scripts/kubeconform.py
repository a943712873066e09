"""kubeconform as a second opinion on documents, with the schemas that the embedded validator has, offline."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from helm_nested.errors import EngineError, SchemaError
from helm_nested.kubernetes.schema import DEFINITIONS, schema_folder, schema_name
from helm_nested.temporary_folder import temporary_folder
from nested_templates.encoder import flow
from nested_templates.yaml_documents import Document

_SECONDS = 120
_ELSEWHERE = re.compile(rf'("\$ref": ")[^"#]*{re.escape(DEFINITIONS)}#')


def verdicts(binary: Path, documents: Sequence[Document], minor: str) -> list[str | None]:
    """For each document None if kubeconform finds it valid, else what it says.

    Raises:
        EngineError: the binary is not here, or failed.
        SchemaError: there is no schema for a document, so it could not be checked.
    """
    # JSON is YAML, and a document a line is what kubeconform's answers can be matched with.
    text = "\n---\n".join(flow(document) for document in documents)
    with temporary_folder() as folder:
        location = lay_out(folder, documents, minor)
        resources = _ask(binary, text, location)
    if len(resources) != len(documents):
        raise EngineError(f"{binary} answered for {len(resources)} of {len(documents)} documents.")
    return [_verdict(resource) for resource in resources]


def lay_out(folder: Path, documents: Iterable[Document], minor: str) -> str:
    """Write the schemas these documents need, whole; the result is the `-schema-location` that finds them.

    In the wheel they refer to one file by an address to be fetched.
    """
    definitions = json.loads((schema_folder(minor) / DEFINITIONS).read_text(encoding="utf-8"))["$defs"]
    for name in {schema_name(str(each.get("kind", "")), str(each.get("apiVersion", ""))) for each in documents}:
        file = schema_folder(minor) / name
        if file.is_file():
            schema = json.loads(file.read_text(encoding="utf-8"))
            schema.pop("$id", None)
            text = json.dumps(schema | {"$defs": definitions})
            (folder / name).write_text(_ELSEWHERE.sub(r"\1#", text), encoding="utf-8")
    return str(folder / "{{ .ResourceKind }}{{ .KindSuffix }}.json")


def _ask(binary: Path, text: str, location: str) -> list[dict[str, str]]:
    try:
        done = subprocess.run(
            [binary, "-strict", "-output", "json", "-verbose", "-n", "1", "-schema-location", location, "-"],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        resources: list[dict[str, str]] = json.loads(done.stdout)["resources"]
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(f"{binary} could not be run: {error}. Build it: make tools") from error
    except (ValueError, KeyError) as error:
        raise EngineError(f"{binary} gave no answer that can be read: {done.stderr.strip()[:200]}") from error
    return resources


def _verdict(resource: dict[str, str]) -> str | None:
    if resource["status"] == "statusValid":
        return None
    if resource["status"] == "statusInvalid":
        return resource["msg"]
    raise SchemaError(f"kubeconform could not check {resource['kind']} {resource['name']}: {resource['msg']}")
