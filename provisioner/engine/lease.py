"""One run at a time on a network that several machines share: an object in the bucket that only one of them can write.

It names its holder, who writes it anew as long as it lives. A dead holder of this machine is taken over at once. Of
another machine nothing can be seen from here but that it has fallen silent, by the bucket's own clock: then
`netprov unlock` frees the network, and never before.
"""

import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict

from provisioner.engine.bucket import Bucket, Held
from provisioner.engine.holder import Holder
from provisioner.errors import Locked, NetprovError

RENEW_SECONDS = 30.0
SILENT_SECONDS = 300.0
"""After which a holder of another machine may be declared dead."""
GIVE_UP_SECONDS = 200.0
"""After which a holder that cannot renew its lease stops by itself: well before another one may begin."""


class Lease:
    """The lock of one network, in its bucket."""

    def __init__(self, bucket: Bucket, network: str) -> None:
        self._bucket = bucket
        self._network = network
        self._name = f"netprov/{network}/holder.json"

    @contextmanager
    def held(self, me: Holder) -> Iterator[str]:
        """Hold it; gives a notice about a dead predecessor. Raises Locked, at the end too if it was lost meanwhile."""
        edition, notice = self._take(me)
        renewing = _Renewing(self._bucket, self._name, _text(me), edition)
        with renewing:
            try:
                yield notice
            finally:
                if renewing.lost:
                    raise Locked(
                        f"network {self._network} is held by this run no more: nothing was heard of it in the bucket"
                        " for minutes",
                        "run this again: what was done is kept, and the rest is made",
                    )

    def _take(self, me: Holder) -> tuple[str, str]:
        """Its edition, and the notice."""
        while True:
            there = self._bucket.get(self._name)
            if there is None:
                if edition := self._bucket.put(self._name, _text(me)):
                    return edition, ""
                continue
            holder = _holder(there)
            self._refuse_living(holder, there, _may_take)
            if edition := self._bucket.put(self._name, _text(me), over=there.edition):
                return edition, f"taking over from {holder.words()}, which did not end by itself"

    def free(self, before: "Callable[[Holder], None]") -> Holder | None:
        """Take a dead holder's lock away: whose it was, None if nobody holds it. Raises Locked while one may live.

        `before` clears what else it has left: killed half-way, all of it can be done again.
        """
        there = self._bucket.get(self._name)
        if there is None:
            return None
        holder = _holder(there)
        self._refuse_living(holder, there, _may_free)
        before(holder)
        if not self._bucket.delete(self._name, over=there.edition):
            raise Locked(f"somebody else has just taken network {self._network}", "netprov status")
        return holder

    def _refuse_living(self, holder: Holder, there: Held, dead: "Judge") -> None:
        if dead(holder, there.age_seconds):
            return
        heard = f"last heard of {_ago(there.age_seconds)} ago"
        if holder.seen_from_here:
            raise Locked(f"network {self._network} is being changed by {holder.words()}", "wait until it has ended")
        silent = there.age_seconds >= SILENT_SECONDS
        raise Locked(
            f"network {self._network} is being changed by {holder.words()}, {heard}",
            f"if {holder.host} is dead or that run has ended: netprov unlock {self._network}"
            if silent
            else f"wait until it has ended; if it has died, netprov unlock {self._network} frees the network when"
            f" nothing was heard for {SILENT_SECONDS / 60:.0f} minutes",
        )


def _may_take(holder: Holder, age: float) -> bool:
    """A dead process of this machine; or this machine's, before it was started anew."""
    if holder.seen_from_here:
        return not holder.alive()
    return holder.host == socket.gethostname() and age >= SILENT_SECONDS


def _may_free(holder: Holder, age: float) -> bool:
    return not holder.alive() if holder.seen_from_here else age >= SILENT_SECONDS


class _Renewing:
    """Writes the lease anew while its block runs, in a thread of its own; stops the run if another one has it."""

    def __init__(self, bucket: Bucket, name: str, content: bytes, edition: str) -> None:
        self._bucket, self._name, self._content, self._edition = bucket, name, content, edition
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True, name="lease")
        self.lost = False

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if not self.lost:
            with suppress(NetprovError):  # it falls silent, and this process is seen to have ended
                self._bucket.delete(self._name, over=self._edition)

    def _renew(self) -> None:
        heard = _clock()
        turn = 0
        while not self._over.wait(RENEW_SECONDS):
            turn += 1
            renewed: str | None = self._edition
            with suppress(NetprovError):
                renewed = self._bucket.put(self._name, self._content + b" " * (turn % 2), over=self._edition)
                heard = _clock()
            if renewed is None or _clock() - heard > GIVE_UP_SECONDS:
                self.lost = True
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
                return
            self._edition = renewed


def _clock() -> float:
    """Goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _text(holder: Holder) -> bytes:
    return json.dumps(asdict(holder)).encode()


def _holder(there: Held) -> Holder:
    try:
        return Holder(**json.loads(there.content))
    except (ValueError, TypeError):
        raise Locked(
            "the network's lock in the bucket cannot be read", "look who wrote it, and delete it: docs/aws.md"
        ) from None


def _ago(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 2 * 60 else f"{seconds / 60:.0f} minutes"


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Judge = Callable[[Holder, float], bool]
