"""An S3 bucket for a test, and a proxy before it that lets requests through, counts them, and goes wrong where it is told to."""

from __future__ import annotations

import http.client
import itertools
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, unquote

from fondaco.storage import Bucket, Keys
from fondaco.storage.patience import Patience
from tests.servers import Server

#: A store that is asked again at once, and not for long.
HASTY = Patience(first=0.002, most=0.01, limit=2.0, silence=0.25)
#: What an answer says, and whether the request is carried out before it is given.
ANSWERS: dict[str, tuple[int, str, bool]] = {
    "slow_down": (503, "SlowDown", False),
    "too_many": (429, "TooManyRequests", False),
    "failed": (500, "InternalError", False),
    "failed_after": (500, "InternalError", True),
    "conflict": (409, "ConditionalRequestConflict", False),
    "taken": (412, "PreconditionFailed", False),
    "expired": (403, "ExpiredToken", False),
    "denied": (403, "AccessDenied", False),
    "unknown_key": (403, "InvalidAccessKeyId", False),
    "wrong_secret": (403, "SignatureDoesNotMatch", False),
    "skewed": (403, "RequestTimeTooSkewed", False),
    "elsewhere": (301, "PermanentRedirect", False),
    "malformed": (400, "AuthorizationHeaderMalformed", False),
    "unknown": (501, "NotImplemented", False),
}
#: Faults that pass: the same request, sent again, is answered.
PASSING = ("slow_down", "too_many", "failed", "failed_after", "cut_before", "cut_after", "shortened", "silent")

_numbers = itertools.count(1)


def new_bucket(server: Server) -> Bucket:
    """An empty bucket with a prefix that no URL takes as it is."""
    name = f"shop-{next(_numbers)}"
    connection = http.client.HTTPConnection(server.host, server.port)
    connection.request("PUT", f"/{name}")
    assert connection.getresponse().read() is not None
    connection.close()
    return Bucket(
        name,
        "the lake",
        region="us-east-1",
        endpoint=f"http://{server.host}:{server.port}",
        keys=Keys("AKIAEXAMPLE", "the-secret-of-the-test", "the-token-of-the-test"),
    )


def put(server: Server, place: Bucket, key: str, data: bytes) -> None:
    """An object of any name, as other programs may write it."""
    connection = http.client.HTTPConnection(server.host, server.port)
    connection.request("PUT", f"/{place.name}/{quote(key)}", data)
    assert connection.getresponse().status == 200
    connection.close()


@dataclass(frozen=True)
class Request:
    """One request as the store gets it.

    Attributes:
        number: from 1, in the order in which they come.
        target: decoded, with its question.
        creates: whether it must not replace anything.
        encryption: how what it writes is to be encrypted, and with which key.
    """

    number: int
    method: str
    target: str
    creates: bool
    encryption: tuple[str | None, str | None]


class Proxy:
    """Attributes:
    place: the bucket, reached through the proxy.
    requests: those that came so far.
    fault: names what goes wrong with a request, None to let it through.
    """

    def __init__(self, server: Server, place: Bucket) -> None:
        self.upstream = (server.host, server.port)
        self.requests: list[Request] = []
        self.fault: Callable[[Request], str | None] = lambda _: None
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": self}))
        self._http.daemon_threads = True
        self.place = replace(place, endpoint=f"http://127.0.0.1:{self._http.server_address[1]}")

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def once(self, number: int, kind: str) -> None:
        """From now on the request of that number, counted from 1, goes wrong in this way, and no other."""
        self.requests.clear()
        self.fault = lambda request: kind if request.number == number else None

    def always(self, kind: str, *methods: str) -> None:
        """From now on every request goes wrong in this way."""
        self.fault = lambda request: kind if not methods or request.method in methods else None

    def seen(self, method: str, target: str, headers: Message) -> Request:
        said = tuple(headers.get(f"x-amz-server-side-encryption{name}") for name in ("", "-aws-kms-key-id"))
        with self._lock:
            number = len(self.requests) + 1
            self.requests.append(Request(number, method, target, headers.get("If-None-Match") == "*", (said[0], said[1])))
            return self.requests[-1]


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = self.proxy.seen(self.command, unquote(self.path), self.headers)
        kind = self.proxy.fault(request)
        if kind == "cut_before":
            return self._cut()
        if kind in ANSWERS:
            status, code, is_done = ANSWERS[kind]
            if is_done:
                self._forwarded(body)
            region = "<Region>eu-central-1</Region>" if kind in ("elsewhere", "malformed") else ""
            return self._answer(status, [], f"<Error><Code>{code}</Code><Message>as told</Message>{region}</Error>".encode())
        if kind == "unconditional":
            del self.headers["If-None-Match"]
        status, headers, said = self._forwarded(body)
        if kind == "cut_after":
            return self._cut()
        if kind == "silent":
            time.sleep(3 * HASTY.silence)
            return self._cut()
        if kind == "shortened" and said:
            self._answer(status, headers, said[: len(said) // 2], promised=len(said))
            return self._cut()
        if kind == "shortened":
            return self._cut()
        return self._answer(status, headers, said)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _handle  # noqa: N815 (names of http.server)

    def _forwarded(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(*self.proxy.upstream)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            said = answer.read()
            return answer.status, answer.getheaders(), said
        finally:
            connection.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], said: bytes, promised: int | None = None) -> None:
        self.send_response_only(status)
        length = next((value for name, value in headers if name.lower() == "content-length"), str(len(said)))
        for name, value in headers:
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "keep-alive"):
                self.send_header(name, value)
        is_head = self.command == "HEAD"
        self.send_header("Content-Length", length if is_head else str(promised or len(said)))
        self.end_headers()
        if not is_head:
            self.wfile.write(said)

    def _cut(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (as http.server names it)
        pass
