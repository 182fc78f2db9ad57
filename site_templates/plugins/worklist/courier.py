"""Has done what `transfers` notes: at the worklist's home, one study after the other, until it is there or cannot be.

Nothing moves through here. A node that holds the study is asked to send it, and then how that goes; what was asked
for before a crash is asked for again, which does no harm.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from worklist import transfers
from worklist.book import ITSELF, Book
from worklist.pools import Settings
from worklist.request import Caller, Refused
from worklist.transfers import ARRIVED, ASKED, FAILED, MOVING, Transfer

TURN_SECONDS = 1.0
IDLE_SECONDS = 60.0
Leg = tuple[str, str]
"""Who sends, and who receives."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a sending node says of one study on its way to one receiver."""

    state: str
    """waiting, sending, confirming, done, dead; refused; unreachable; empty where it knows nothing of it."""
    reason: str = ""
    sent: int = 0
    total: int = 0


class Mover(Protocol):
    """How nodes are asked; neither raises."""

    def order(self, leg: Leg, study: str, source: str) -> Progress:
        """Have the study that `source` acquired sent."""

    def progress(self, leg: Leg, study: str, source: str) -> Progress:
        """How that goes."""


def way(settings: Settings, transfer: Transfer) -> list[Leg]:
    """From who holds the copies; beyond the network by way of a node that a link leads from."""
    keeper = settings["home"] if settings["shape"] == "hub" else transfer.source
    carriers = settings["carriers"].get(transfer.target)
    if carriers is None or keeper in carriers:
        return [(keeper, transfer.target)]
    if transfer.source in carriers:
        return [(transfer.source, transfer.target)]
    return [(keeper, carriers[0]), (carriers[0], transfer.target)]


def next_step(transfer: Transfer, told: Progress, legs: int) -> tuple[str, int]:
    """The transfer's state, and its leg, after a node has said how it goes."""
    if told.state in ("refused", "dead"):
        return FAILED, transfer.leg
    if told.state == "unreachable":
        return transfer.state, transfer.leg
    if told.state == "done" and transfer.state == MOVING:
        return (ARRIVED, transfer.leg) if transfer.leg + 1 >= legs else (ASKED, transfer.leg + 1)
    return (MOVING if told.state else ASKED), transfer.leg


class Courier:
    """One thread beside the worklist, which sleeps unless something is on its way; and one for each node it asks: who
    is silent holds up nobody else's studies."""

    def __init__(self, book: Book, mover: Mover, complain: Callable[[str], None]) -> None:
        self._book, self._mover, self._complain = book, mover, complain
        self._thread = threading.Thread(target=self._run, name="netprov-courier", daemon=True)
        self._asking: dict[str, threading.Thread] = {}

    def start(self) -> None:
        self._thread.start()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _run(self) -> None:
        store = self._book.store
        while not store.ended:
            place, busy = store.last_event(), False
            try:
                busy = self.turn()
            except Exception as error:  # noqa: BLE001 - a full disk, say: it is tried again
                self._complain(f"what is to be sent waits: {error!r}")
                busy = True
            if busy:
                store.rest(TURN_SECONDS)
            else:
                store.wait(place, IDLE_SECONDS)

    def turn(self) -> bool:
        """See to everything that is under way once; whether anything still is."""
        senders: dict[str, list[Transfer]] = {}
        for transfer in transfers.under_way(self._book.store):
            senders.setdefault(self._leg(transfer)[0][0], []).append(transfer)
        for sender in [name for name, thread in self._asking.items() if not thread.is_alive()]:
            del self._asking[sender]
        for sender in senders.keys() - self._asking.keys():
            thread = threading.Thread(target=self._see_to_all, args=(senders[sender],), daemon=True)
            self._asking[sender] = thread
            thread.start()
        deadline = time.monotonic() + TURN_SECONDS
        for thread in self._asking.values():
            thread.join(max(0.0, deadline - time.monotonic()))
        return bool(senders)

    def _leg(self, transfer: Transfer) -> tuple[Leg, int]:
        """The part of its way that is next or under way, and of how many."""
        legs = way(self._book.settings(), transfer)
        return legs[min(transfer.leg, len(legs) - 1)], len(legs)

    def _see_to_all(self, of_one_sender: list[Transfer]) -> None:
        for transfer in of_one_sender:
            try:
                if not self._see_to(transfer):
                    return  # the rest would wait as long, each of them
            except Exception as error:  # noqa: BLE001 - one that is not understood must not hold up the others
                self._complain(f"{transfer.workitem} waits to be sent to {transfer.target}: {error!r}")

    def _see_to(self, transfer: Transfer) -> bool:
        """Whether its sender answers."""
        leg, legs = self._leg(transfer)
        ask = self._mover.order if transfer.state == ASKED else self._mover.progress
        told = ask(leg, transfer.study, transfer.source)
        state, number = next_step(transfer, told, legs)
        counts = (told.sent, told.total) if told.total else (transfer.sent, transfer.total)
        facts = {"state": state, "leg": number, "reason": told.reason, "sent": counts[0], "total": counts[1]}
        if state in (ARRIVED, FAILED):
            self._end(transfer, facts)
        elif any(getattr(transfer, name) != value for name, value in facts.items()):
            with self._book.store.change() as change:
                transfers.save(change, transfer, **facts)
        return told.state != "unreachable"

    def _end(self, transfer: Transfer, facts: dict[str, object]) -> None:
        """With its line in the audit log: whose images went where, for whom, and whether they arrived."""
        who = f"{transfer.person} ({transfer.site})" if transfer.person else transfer.site
        outcome = "arrived at" if facts["state"] == ARRIVED else "did not arrive at"
        reason = f": {facts['reason']}" if facts["state"] == FAILED else ""
        with self._book.act(ITSELF, "transfer", transfer.workitem) as change:
            change.result = f"{outcome} {transfer.target}, {transfer.why} by {who}{reason}"
            transfers.save(change, transfer, **facts)
            entry = change.entry(transfer.workitem)
            if entry:
                change.event(entry.row["pk"], transfers.TRANSFER_EVENT, {})


def send(book: Book, caller: Caller, uid: str, target: str) -> dict[str, object]:
    """Somebody has a study sent; raises Refused, with a line in the log either way."""
    settings = book.admit(caller)
    with book.act(caller, "send", uid) as change:
        entry = book.visible(caller, uid, change)
        refused = transfers.refusal(settings, caller, entry, target)
        if refused:
            raise refused
        transfers.ask(change, entry, target, caller, transfers.SENT)
        change.event(entry.row["pk"], transfers.TRANSFER_EVENT, {})
        change.result = f"asked for, to {target}"
    return {"workitem": uid, "to": target, "state": ASKED}


def retry(book: Book, caller: Caller) -> dict[str, int]:
    """What could not be sent is asked for again, as it was asked for."""
    if not caller.operates:
        raise Refused(403, "only the network's operator has everything tried again; send one study again instead")
    failed = book.store.read("SELECT workitem, target FROM transfer WHERE state = ?", (FAILED,))
    for uid, target in failed:
        with book.act(caller, "retry", uid) as change:
            change.result = f"to {target}"
            change.run("UPDATE transfer SET state = ?, leg = 0 WHERE workitem = ? AND target = ?", (ASKED, uid, target))
            change.event(0, transfers.TRANSFER_EVENT, {})
    return {"retried": len(failed)}
