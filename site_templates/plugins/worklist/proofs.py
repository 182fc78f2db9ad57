"""What `netprov verify` puts on the list: it goes the way of every study, and nobody is shown it (pools.scope).

GET  proofs   those that are there
POST erase    {"workitem": <UID>}: it is gone, and all that was kept of it but its lines in the audit log
"""

from typing import Any

from worklist.book import Book
from worklist.pools import PROVING
from worklist.request import Caller, Refused

FACTS = ("uid", "study_uid", "patient_id", "state", "holder", "site")


def listed(book: Book, caller: Caller) -> dict[str, Any]:
    """Raises Refused."""
    _refuse_others(caller)
    rows = book.store.read(f"SELECT {', '.join(FACTS)} FROM workitem WHERE patient_name = ?", [PROVING])  # noqa: S608
    return {"proofs": [dict(zip(FACTS, row, strict=True)) for row in rows]}


def erase(book: Book, caller: Caller, facts: dict[str, Any]) -> dict[str, str]:
    """Nothing else is ever erased. Raises Refused."""
    _refuse_others(caller)
    uid = str(facts.get("workitem", ""))
    with book.act(caller, "erase", uid) as change:
        rows = change.run("SELECT pk FROM workitem WHERE uid = ? AND patient_name = ?", (uid, PROVING))
        if not rows:
            raise Refused(404, f"there is no entry {uid[:64]} of a verification")
        change.run("DELETE FROM transfer WHERE workitem = ?", (uid,))
        change.run("DELETE FROM kept WHERE workitem = ?", (uid,))
        change.run("DELETE FROM subscription WHERE uid = ?", (uid,))
        for table in ("event", "dataset", "workitem"):
            change.run(f"DELETE FROM {table} WHERE pk = ?", rows[0])  # noqa: S608
    return {"workitem": uid, "state": "erased"}


def _refuse_others(caller: Caller) -> None:
    if not caller.operates:
        raise Refused(403, "verification is for the network's operator")
