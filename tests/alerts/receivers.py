"""Where messages arrive in the tests: an address that takes JSON, and a post office that speaks as much SMTP as is needed."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Webhook:
    """What was posted; `answer` is the status that it gives."""

    address: str = ""
    posted: list[dict[str, Any]] = field(default_factory=list)
    answer: int = 200


@contextmanager
def webhook() -> Iterator[Webhook]:
    found = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(found.answer)
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None: ...  # noqa: A002

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found.address = f"http://127.0.0.1:{server.server_address[1]}/services/T000/secret"
        try:
            yield found
        finally:
            server.shutdown()


@dataclass
class PostOffice:
    """Letters that arrived, each with the people whom it was handed over for."""

    port: int = 0
    letters: list[tuple[tuple[str, ...], EmailMessage]] = field(default_factory=list)


@contextmanager
def post_office() -> Iterator[PostOffice]:
    """Offers no encryption."""
    found = PostOffice()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 here")
            people: list[str] = []
            for line in self.rfile:
                word = line.decode().strip()
                if word.upper().startswith("RCPT TO:"):
                    people.append(word[8:].strip("<>"))
                if word.upper() == "DATA":
                    self._say("354 go on")
                    found.letters.append((tuple(people), self._letter()))
                if word.upper() == "QUIT":
                    self._say("221 bye")
                    return
                self._say("250 ok")

        def _letter(self) -> EmailMessage:
            lines = []
            for line in self.rfile:
                if line.rstrip() == b".":
                    break
                lines.append(line)
            return message_from_bytes(b"".join(lines), policy=policy.default)

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found.port = server.server_address[1]
        try:
            yield found
        finally:
            server.shutdown()
