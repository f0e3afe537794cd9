"""A server on loopback that does to the wire what a mocking library cannot: resets, cuts, drips, floods."""

import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

type Deed = Callable[[socket.socket], bool]
"""What is done to a connection after a request was read; True keeps it open for the next one."""


def answer(
    body: bytes, status: str = "200 OK", headers: Sequence[str] = (), *, length: int | None = None, close: bool = False
) -> Deed:
    """An answer; `length` may lie about the body."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]

    def deed(connection: socket.socket) -> bool:
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return not close and length is None

    return deed


def raw(data: bytes) -> Deed:
    def deed(connection: socket.socket) -> bool:
        connection.sendall(data)
        return False

    return deed


def hang_up(_: socket.socket) -> bool:
    """Closes after the request without an answer."""
    return False


def reset(connection: socket.socket) -> bool:
    """Resets after the request without an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


class Loopback:
    """Does its deeds in order, one per request. `requests` holds what came, `connections` counts them."""

    def __init__(self, *deeds: Deed, tls: ssl.SSLContext | None = None) -> None:
        self._deeds = list(deeds)
        self._tls = tls
        self.requests: list[bytes] = []
        self.connections = 0
        self.stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.02)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}/api/v1"

    def silent(self, _: socket.socket) -> bool:
        """Never answers, until the test is over."""
        self.stopped.wait(5)
        return False

    def drip(self, connection: socket.socket) -> bool:
        """One byte of the body at a time, each well within a read's time-out."""
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not self.stopped.wait(0.02):
            try:
                connection.sendall(b"[")
            except OSError:
                break
        return False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopped.set()
        self._thread.join(5)
        self._listener.close()

    def _serve(self) -> None:
        while not self.stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(0.02)
                self.connections += 1
                try:
                    self._converse(self._tls.wrap_socket(connection, server_side=True) if self._tls else connection)
                except OSError:
                    continue

    def _converse(self, connection: socket.socket) -> None:
        while self._deeds and not self.stopped.is_set():
            request = self._read(connection)
            if not request:
                return
            self.requests.append(request)
            if not self._deeds.pop(0)(connection):
                return

    def _read(self, connection: socket.socket) -> bytes:
        data = b""
        while not self.stopped.is_set():
            try:
                part = connection.recv(65536)
            except TimeoutError:
                if not data and self._listener_has_guest():
                    return b""
                continue
            if not part:
                return b""
            data += part
            head, separator, body = data.partition(b"\r\n\r\n")
            if separator and len(body) >= _length(head):
                return data
        return b""

    def _listener_has_guest(self) -> bool:
        """One thread serves all: an idle connection gives way to a new one."""
        return bool(select.select([self._listener], [], [], 0)[0])


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0
