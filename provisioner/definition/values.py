"""One text of the file -> one value of its type, or a Mistake that says what is wrong with it and what to write."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from provisioner.definition import mistakes
from provisioner.definition.formats import CIDR, Format, Range
from provisioner.definition.grammar import Field, Kind
from provisioner.definition.quoting import quoted
from provisioner.definition.spelling import closest

MOST_TEXT = 500
Convert = Callable[[str], object]


class Mistake(Exception):
    """Why a text is no value of its type; `kept` stands in for it, so that the rest can still be judged."""

    def __init__(self, rule: str, message: str, hint: str, kept: object = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.hint = hint
        self.kept = kept


def converter(field: Field) -> Convert:
    """The function that reads one value of this key."""
    return _MAKERS[field.kind](field)


def _text(field: Field) -> Convert:
    if field.format:
        return _network(field) if field.format is CIDR else _shaped(field, field.format)

    def convert(text: str) -> str:
        if len(text) > MOST_TEXT or not text.isprintable() or text != text.strip():
            raise _unfit(field, text)
        if not text and field.required:
            raise Mistake(mistakes.BLANK, f"`{field.word}` is empty", "this key needs a value", "")
        return text

    return convert


def _shaped(field: Field, form: Format) -> Convert:
    matches = form.regex.match

    def convert(text: str) -> str:
        if matches(text):
            return text
        if not text and not field.required:
            return text
        raise _misshapen(field, form, text)

    return convert


def _network(field: Field) -> Convert:
    shaped = _shaped(field, CIDR)

    def convert(text: str) -> object:
        shaped(text)
        address, _, bits = text.partition("/")
        number = int.from_bytes(map(int, address.split("."))) if bits else 0
        if beyond := number % (1 << 32 - int(bits or 32)):
            whole = ".".join(str(octet) for octet in (number - beyond).to_bytes(4))
            message = f"`{field.word}` is an address within a network, not a network: {text}"
            raise Mistake(mistakes.NETWORK, message, f"its network is {whole}/{bits}", text)
        return text

    return convert


def _misshapen(field: Field, form: Format, text: str) -> Mistake:
    if not text:
        return Mistake(mistakes.BLANK, f"`{field.word}` is empty", f"write {form.words}, as {form.example}", text)
    close = next((t for t in _variants(text) if form.fits(t)), "")
    hint = f"write {close}" if close else f"for instance {form.example}"
    return Mistake(mistakes.FORMAT, f"`{field.word}` is not {form.words}: {quoted(text)}", hint, text)


def _variants(text: str) -> tuple[str, ...]:
    """What people mean who get the case, the spaces or the hyphens wrong."""
    bare = "".join(text.split())
    return (bare, bare.upper(), bare.lower(), "-".join(text.lower().split()), text.upper().replace("-", "_"))


def _unfit(field: Field, text: str) -> Mistake:
    if len(text) > MOST_TEXT:
        message, hint = (
            f"`{field.word}` has {len(text):,} characters",
            f"at most {MOST_TEXT} are kept: refer to a document",
        )
    elif "\n" in text:
        message, hint = f"`{field.word}` has several lines", "`>-` after the key joins lines into one"
    elif text != text.strip():
        message, hint = f"`{field.word}` starts or ends with a space", f"write {quoted(text.strip())}"
    else:
        odd = next(c for c in text if not c.isprintable())
        message, hint = f"`{field.word}` holds the character U+{ord(odd):04X}, which prints nothing", "remove it"
    return Mistake(mistakes.TEXT, message, hint, " ".join(text.split())[:MOST_TEXT])


def _flag(field: Field) -> Convert:
    def convert(text: str) -> bool:
        if text == "true":
            return True
        if text == "false":
            return False
        meant = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
        word = meant.get(text.lower(), text.lower())
        hint = f"write {word}" if word in ("true", "false") else "write true or false"
        raise Mistake(mistakes.FLAG, f"`{field.word}` is neither true nor false: {quoted(text)}", hint)

    return convert


_WHOLE = r"-?(?:0|[1-9][0-9]{0,17})\Z"
_DECIMAL = r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?\Z"


def _number(field: Field) -> Convert:
    whole = field.kind is Kind.WHOLE
    matches = re.compile(_WHOLE if whole else _DECIMAL).match
    read: Callable[[str], float] = int if whole else float
    least, most = (field.range.least, field.range.most) if field.range else (-(10**18), 10**18)

    def convert(text: str) -> float:
        if not matches(text):
            raise _no_number(field, text, whole)
        number = read(text)
        if not least <= number <= most:
            raise _outside(field, text, Range(least, most))
        return number

    return convert


def _outside(field: Field, text: str, allowed: Range) -> Mistake:
    if allowed.least == allowed.most:
        return Mistake(mistakes.RANGE, f"`{field.word}` is {text}, not {allowed.most}", f"write {allowed.most}")
    message = f"`{field.word}` is {text}, which is not from {allowed.least} to {allowed.most}"
    return Mistake(mistakes.RANGE, message, f"write a number from {allowed.least} to {allowed.most}")


_NUMBER_HINTS = (
    (r"-?0[0-9]+\Z", "a leading zero would mean octal to some readers: leave it out"),
    (r"0[box][0-9a-fA-F_]+\Z", "write it in decimal"),
    (r"[-+]?[0-9][0-9_,' ]*[0-9]\Z", "write the digits alone"),
    (r"\+[0-9.]+\Z", "leave out the plus sign"),
    (r"[0-9]+(?::[0-9]{1,2})+\Z", "write a number, not hours and minutes"),
    (r"[-+]?\.(?:inf|nan)\Z", "write a number that can be counted to"),
    (r"[-+]?[0-9.]+[eE][-+]?[0-9]+\Z", "write it out, without an exponent"),
    (r"[0-9.]+ ?%\Z", "leave out the percent sign"),
    (r"[0-9.]+ ?[A-Za-z]+\Z", "leave out the unit"),
    (r"-?\.[0-9]+\Z", "put a 0 before the point"),
    (r"-?[0-9]+\.\Z", "put a digit after the point, or leave the point out"),
)


def _no_number(field: Field, text: str, whole: bool) -> Mistake:
    what = "a whole number" if whole else "a plain decimal number"
    if whole and re.match(_DECIMAL, text):
        hint = "leave out the fraction"
    else:
        hints = (hint for pattern, hint in _NUMBER_HINTS if re.match(pattern, text, re.IGNORECASE))
        hint = next(hints, "write digits")
    return Mistake(mistakes.NUMBER, f"`{field.word}` is not {what}: {quoted(text)}", hint)


def _date(field: Field) -> Convert:
    def convert(text: str) -> date:
        try:
            if len(text) == 10 and text.replace("-", "").isdecimal() and text[4] == text[7] == "-":
                return date.fromisoformat(text)
            message, hint = f"`{field.word}` is not a date: {quoted(text)}", "write year, month and day, as 2027-03-31"
        except ValueError as error:
            message, hint = f"`{field.word}` is no day of the calendar: {quoted(text)}", str(error)
        raise Mistake(mistakes.DATE, message, hint)

    return convert


def _choice(field: Field) -> Convert:
    words: dict[str, Any] = {member.value: member for member in field.type}

    def convert(text: str) -> object:
        try:
            return words[text]
        except KeyError:
            listed = ", ".join(words)
            close = closest(text, words)
            hint = f"did you mean `{close}`? It may be {listed}" if close else f"one of {listed}"
            raise Mistake(mistakes.CHOICE, f"`{field.word}` cannot be {quoted(text)}", hint) from None

    return convert


_MAKERS: dict[Kind, Callable[[Field], Convert]] = {
    Kind.TEXT: _text,
    Kind.FLAG: _flag,
    Kind.WHOLE: _number,
    Kind.DECIMAL: _number,
    Kind.DATE: _date,
    Kind.CHOICE: _choice,
}
