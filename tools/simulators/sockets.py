"""The sockets of the simulators: HTTP/1.1 with keep-alive on loopback, and answers that end badly on purpose."""

import socket
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

HOST = "127.0.0.1"
_LARGEST_ANNOUNCED = 64_000_000
_LINGER_NOT = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out on the socket; `ending` drop, reset or truncate spoil it."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    ending: str | None = None


type Answer = Callable[[str, str, str, Mapping[str, str], bytes], Reply]


class LoopbackServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, answer: Answer, name: str) -> None:
        """`answer` gives the reply to (method, path, query, headers in title case, body); `name` stands in `Server`."""
        super().__init__((HOST, port), _Handler)
        self.answer = answer
        self.name = name
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()

    def opened(self, connection: socket.socket) -> None:
        with self._connections_lock:
            self._connections.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._connections_lock:
            self._connections.discard(connection)

    def close_connections(self) -> None:
        with self._connections_lock:
            open_connections = list(self._connections)
        for connection in open_connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are everyday life; anything else is worth a trace."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError | ValueError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    sys_version = ""
    # One segment per answer: headers and body in two would wait for the client's delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: LoopbackServer

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        with suppress(OSError, ValueError):
            super().finish()
        self.server.closed(self.connection)

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are remembered, not printed."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        announced = self.headers.get("Content-Length") or "0"
        if "Transfer-Encoding" in self.headers or not announced.isdigit() or int(announced) > _LARGEST_ANNOUNCED:
            # What follows cannot be told from a next request.
            self.close_connection = True
            self._send(Reply(411 if "Transfer-Encoding" in self.headers else 400))
            return
        body = self.rfile.read(int(announced))
        headers = {name.title(): value for name, value in self.headers.items()}
        self._send(self.server.answer(self.command, unquote(parts.path), parts.query, headers, body))

    def version_string(self) -> str:
        return self.server.name

    def _send(self, reply: Reply) -> None:
        if reply.ending == "drop":
            self.close_connection = True
            return
        if reply.ending == "reset":
            self._reset()
            return
        self.send_response(reply.status, responses.get(reply.status, "Unknown"))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if reply.ending == "truncate":
            self.close_connection = True
            self.wfile.write(reply.body[: len(reply.body) // 2])
        else:
            self.wfile.write(reply.body)
        self.wfile.flush()

    def _reset(self) -> None:
        """Close with a reset: without lingering, and before the server can send an orderly end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self.rfile.close()
        self.wfile.close()
        self.connection.close()
