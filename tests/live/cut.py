"""A line between two nodes that can be cut: what is on its way is lost, and nobody gets through until it is mended.

Or that falls silent: whoever calls is let in, nothing is carried any more, and nothing says so.
"""

import socket
import struct
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

PIECE = 64 * 1024
AT_ONCE = struct.pack("ii", 1, 0)
"""Of SO_LINGER: whoever holds the other end is told at once, as of a router that is switched off."""


class Cut:
    """Carries bytes to a port of this machine, until `after` of them have gone there."""

    def __init__(self, target: int, after: int, silent: bool = False) -> None:
        self._target, self._left, self._silent = target, after, silent
        self._mended = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.carried = 0
        self.is_cut = False

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        self._mended.set()
        self._sever()

    def mend(self) -> None:
        """For good: it is not cut again."""
        with self._lock:
            self._left, self.is_cut = 1 << 62, False
        self._mended.set()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            if self.is_cut and self._silent:
                self._open.add(near)
                continue
            if self.is_cut:
                _drop(near)
                continue
            with suppress(OSError):
                far = socket.create_connection(("127.0.0.1", self._target))
                self._open |= {near, far}
                for ends, counts in (((near, far), True), ((far, near), False)):
                    threading.Thread(target=self._carry, args=(*ends, counts), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, counts: bool) -> None:
        with suppress(OSError):
            while piece := source.recv(PIECE):
                if (counts and not self._may_go(len(piece))) or (self.is_cut and self._silent):
                    if not self._silent:
                        self._sever()
                        return
                    self._mended.wait()
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)

    def _may_go(self, size: int) -> bool:
        with self._lock:
            self.carried += size
            self._left -= size
            self.is_cut = self._left <= 0
            return not self.is_cut

    def _sever(self) -> None:
        with self._lock:
            ends, self._open = self._open, set()
        for end in ends:
            _drop(end)


def _drop(end: socket.socket) -> None:
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        end.shutdown(socket.SHUT_RDWR)
    end.close()
