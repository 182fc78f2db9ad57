"""What a file says, as it may stand in a sentence: short, on one line, harmless to a terminal, without passwords."""

import re

MOST = 40
_SECRET = re.compile(
    r"""((?:pass(?:word|phrase|wd)?|secret|token|(?:access|api|private)[_-]?key)["']?\s*:\s*["']?|\$\{[^}:]*:-)"""
    r"""([^\s"',}]+)""",
    re.IGNORECASE,
)


def quoted(text: str) -> str:
    """The text between backticks; what is long is cut, what is invisible is named."""
    shown = visible(text)
    return f"`{shown if len(shown) <= MOST else f'{shown[: MOST - 1]}…'}`"


def visible(text: str) -> str:
    """The same text, with one visible character for each that is not, and a password in an address starred out."""
    if "://" in text:
        text = re.sub(r"(?<=://)([^\s/@:]*:)([^\s/@]+)(?=@)", lambda m: m[1] + "*" * len(m[2]), text)
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)


def starred(line: str) -> str:
    """A line of a file with what looks like a secret starred out: netprov has no key for one, so it is a mistake."""
    return _SECRET.sub(lambda m: m[1] + "*" * len(m[2]), line)
