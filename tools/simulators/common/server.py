"""The sockets: HTTP/1.1 with keep-alive on loopback, and answers that end badly on purpose."""

import socket
import struct
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from tools.simulators.common.journal import Reply

HOST = "127.0.0.1"
_CONTROL_ROOT = "/_control"
_LARGEST_ANNOUNCED = 64_000_000
_LINGER_NOT = struct.pack("ii", 1, 0)


class Service(Protocol):
    """The simulated API. `path` is what follows its root, `base_url` where it listens."""

    def handle(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, base_url: str
    ) -> Reply: ...


class ControlEndpoint(Protocol):
    """`path` is what follows /_control."""

    def handle(self, method: str, path: str, query: str, body: bytes) -> Reply: ...


class RunningServer:
    """A service that listens; `stop` ends it and every open connection."""

    def __init__(self, service: Service, control: ControlEndpoint, *, name: str, api_root: str, port: int = 0) -> None:
        self._server = _Server((HOST, port), _Handler)
        self._root = f"http://{HOST}:{self._server.server_address[1]}"
        self._api_root = api_root
        self._server.serve(service, control, api_root, self.url)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name=name)

    @property
    def url(self) -> str:
        return self._root + self._api_root

    @property
    def control_url(self) -> str:
        return self._root + _CONTROL_ROOT

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.close_connections()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    service: Service
    control: ControlEndpoint
    api_root: str
    base_url: str

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()

    def serve(self, service: Service, control: ControlEndpoint, api_root: str, base_url: str) -> None:
        self.service, self.control, self.api_root, self.base_url = service, control, api_root, base_url

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
    server_version, sys_version = "Simulator", ""
    # One segment per answer: headers and body in two would wait for the client's delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

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
        path, root = unquote(parts.path), self.server.api_root
        if path.startswith(f"{_CONTROL_ROOT}/"):
            self._send(self.server.control.handle(self.command, path.removeprefix(_CONTROL_ROOT), parts.query, body))
        elif path.startswith(f"{root}/"):
            headers = {name.title(): value for name, value in self.headers.items()}
            below = path.removeprefix(root)
            self._send(
                self.server.service.handle(self.command, below, parts.query, headers, body, self.server.base_url)
            )
        else:
            self._send(Reply(404))

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
        if reply.status != 204:
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
