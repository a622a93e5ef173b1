"""A real HTTP server that stands for the providers, and the way that leads to it.

Every request of the providers' libraries goes over a real socket to this server, with
the path, the query and the host that the library meant; only the address is another.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

MEANT_HOST = "X-Meant-Host"


@dataclass(frozen=True)
class Asked:
    """One request as the library meant it."""

    host: str
    path: str
    query: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """What the server says; ``cut`` sends fewer bytes than the header promises."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/json"
    cut: int | None = None


Behaviour = Callable[[Asked], Answer]


class ProviderServer:
    """Answers as ``behaviour`` says, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.behaviour: Behaviour = lambda asked: Answer(b"{}", status=404)
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {
                    name: values[0] for name, values in parse_qs(parts.query).items()
                }
                asked = Asked(self.headers.get(MEANT_HOST, ""), parts.path, query)
                server.asked.append(asked)
                self._send(server.behaviour(asked))

            do_POST = do_GET

            def _send(self, answer: Answer) -> None:
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.kind)
                self.send_header("Content-Length", str(len(answer.body)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.cut is not None:
                    self.close_connection = True
                self.end_headers()
                self.wfile.write(answer.body[: answer.cut])

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    @property
    def origin(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def stop(self) -> None:
        """Refuse connections from now on."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def paths(self, part: str = "") -> list[str]:
        """Return the paths that were asked for and hold a text."""
        return [asked.path for asked in self.asked if part in asked.path]


def redirected(origin: str, url: str) -> tuple[str, str]:
    """Return the address at the server, and the host that was meant."""
    parts = urlsplit(url)
    if parts.netloc.startswith("127.0.0.1"):
        return url, parts.netloc
    query = f"?{parts.query}" if parts.query else ""
    return f"{origin}{parts.path or '/'}{query}", parts.netloc


@contextmanager
def leading_to(origin: str) -> Iterator[None]:
    """Let every request of requests and of curl_cffi go to the server."""
    with pytest.MonkeyPatch.context() as patch:
        _redirect_requests(patch, origin)
        _redirect_curl(patch, origin)
        yield


def _redirect_requests(patch: pytest.MonkeyPatch, origin: str) -> None:
    from requests.adapters import HTTPAdapter

    plain = HTTPAdapter.send

    def send(self: Any, request: Any, *args: Any, **options: Any) -> Any:
        request.url, host = redirected(origin, request.url)
        request.headers[MEANT_HOST] = host
        return plain(self, request, *args, **options)

    patch.setattr(HTTPAdapter, "send", send)


def _redirect_curl(patch: pytest.MonkeyPatch, origin: str) -> None:
    from curl_cffi import requests

    plain = requests.Session.request

    def request(self: Any, method: str, url: str, **options: Any) -> Any:
        address, host = redirected(origin, url)
        headers = {**(options.pop("headers", None) or {}), MEANT_HOST: host}
        return plain(self, method, address, headers=headers, **options)

    patch.setattr(requests.Session, "request", request)
