"""Who looks at a study's images, where they are: at a site's own node, which tells of it, or at the home."""

from typing import Any

from worklist.book import Book
from worklist.pools import may_see
from worklist.request import Caller
from worklist.store import Entry


def seen(book: Book, caller: Caller, study: str) -> list[Entry]:
    """A study's entries, as far as the caller may see them."""
    found = book.store.read("SELECT uid FROM workitem WHERE study_uid = ?", (study,))
    entries = [entry for (uid,) in found if (entry := book.store.entry(uid))]
    return [entry for entry in entries if may_see(book.settings(), caller.site, entry)]


def viewed(book: Book, caller: Caller, study: str) -> int:
    """Noted in the audit log; of how many entries."""
    found = seen(book, caller, study)
    for entry in found:
        book.opened(caller, entry.uid, "view")
    return len(found)


def told(book: Book, caller: Caller, facts: dict[str, Any]) -> dict[str, int]:
    """A site's node says that somebody there looks at a study that it holds."""
    book.admit(caller)
    who = Caller(caller.site, str(facts.get("person", ""))[:64])
    return {"noted": viewed(book, who, str(facts.get("study", "")))}
