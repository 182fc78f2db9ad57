"""Did you mean: the known word that a misspelt one was probably meant to be."""

from collections.abc import Iterable
from itertools import islice

LONGEST = 64
MOST_CANDIDATES = 300


def closest(word: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """The nearest known word, or nothing; a bound on the work, whatever a hostile file holds."""
    if not word or len(word) > LONGEST:
        return ""
    plain = _plain(word)
    candidates: dict[str, str] = {}
    for name in known:
        candidates.setdefault(_plain(name), name)
    if plain in candidates:
        return candidates[plain]
    from difflib import get_close_matches

    alike = (name for name in candidates if abs(len(name) - len(plain)) <= 3)
    found = get_close_matches(plain, list(islice(alike, MOST_CANDIDATES)), n=1, cutoff=likeness)
    return candidates[found[0]] if found else ""


def _plain(word: str) -> str:
    return word.lower().replace("-", "_").replace(" ", "_")
