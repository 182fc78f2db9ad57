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
        self._ended = False
        self._lock = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", 0))
        self._serving = threading.Thread(target=self._serve, daemon=True)
        self.port = int(self._server.getsockname()[1])
        self.carried = 0
        self.is_cut = False

    def __enter__(self) -> Self:
        self._serving.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)  # to be closed alone does not wake who waits for a call
        self._serving.join()
        self._server.close()
        self._mended.set()
        self._sever(for_good=True)

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
            if self.is_cut and not self._silent:
                _drop(near)
                continue
            self._hold(near)
            if self.is_cut:
                continue
            with suppress(OSError):
                far = self._hold(socket.create_connection(("127.0.0.1", self._target)))
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

    def _hold(self, end: socket.socket) -> socket.socket:
        """Whatever becomes of it, it is closed in the end."""
        with self._lock:
            if not self._ended:
                self._open.add(end)
                return end
        _drop(end)
        return end

    def _sever(self, for_good: bool = False) -> None:
        with self._lock:
            self._ended = self._ended or for_good
            ends, self._open = self._open, set()
        for end in ends:
            _drop(end)


def _drop(end: socket.socket) -> None:
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        end.shutdown(socket.SHUT_RDWR)
    end.close()
