"""What a file says, as it may stand in a sentence: short, on one line, and harmless to a terminal."""

MOST = 40


def quoted(text: str) -> str:
    """The text between backticks; what is long is cut, what is invisible is named."""
    short = text if len(text) <= MOST else f"{text[: MOST - 1]}…"
    return f"`{visible(short)}`"


def visible(text: str) -> str:
    """The same text, with one visible character for each that is not."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)
