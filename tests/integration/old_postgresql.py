"""A server that says it is an old PostgreSQL: it lets everybody in and knows nothing.

Speaks as much of the protocol (version 3) as opening a connection takes.
"""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104


@contextmanager
def old_postgresql(version: str) -> Iterator[int]:
    """Serve on a free port of this machine, and yield it."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler(version)) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield int(server.server_address[1])
        server.shutdown()


def handler(version: str) -> type[socketserver.StreamRequestHandler]:
    class Greeting(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while (code := self.read_startup()) in (SSL_REQUEST, GSS_REQUEST):
                self.wfile.write(b"N")
            if code is None:
                return
            self.send(b"R", struct.pack("!i", 0))
            settings = {
                "server_version": version,
                "server_encoding": "UTF8",
                "client_encoding": "UTF8",
                "standard_conforming_strings": "on",
            }
            for name, value in settings.items():
                self.send(b"S", f"{name}\0{value}\0".encode())
            self.send(b"K", struct.pack("!ii", 1, 1))
            self.send(b"Z", b"I")
            self.rfile.read()

        def read_startup(self) -> int | None:
            head = self.rfile.read(8)
            if len(head) < 8:
                return None
            length, code = struct.unpack("!ii", head)
            self.rfile.read(length - 8)
            return int(code)

        def send(self, kind: bytes, content: bytes) -> None:
            self.wfile.write(kind + struct.pack("!i", len(content) + 4) + content)

    return Greeting
