"""Runs as a script in place of kubectl: its proxy gives the answers that a file holds, and notes what was asked.

The file, KUBECTL_ANSWERS, maps "METHOD path" (with "?dryRun" behind the path of a dry run) to a status and a body.
What is asked is appended to the file KUBECTL_ASKED, one JSON list a line.
"""

from __future__ import annotations

import json
import os
import socketserver
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        """Answer a question."""
        self._answer(None)

    def do_PATCH(self) -> None:
        """Answer to a change."""
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def address_string(self) -> str:
        """A client of a Unix socket has no address."""
        return "-"

    def _answer(self, body: object) -> None:
        target = urlsplit(self.path)
        query = parse_qs(target.query)
        with Path(os.environ["KUBECTL_ASKED"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps([self.command, target.path, query, body]) + "\n")
        answers = json.loads(Path(os.environ["KUBECTL_ANSWERS"]).read_text(encoding="utf-8"))
        status, said = answers[f"{self.command} {target.path}{'?dryRun' if 'dryRun' in query else ''}"]
        content = (said if isinstance(said, str) else json.dumps(said)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def main() -> None:
    """Be kubectl: `proxy` alone is known."""
    if "proxy" not in sys.argv:
        sys.exit("error: only proxy is known")
    [place] = [each.partition("=")[2] for each in sys.argv if each.startswith("--unix-socket=")]
    with socketserver.ThreadingUnixStreamServer(place, Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
