"""Whose number is it? A hospital number means something at one trust only; in the network it carries its issuer.

`RXA:123` is number 123 of RXA. The form is reversible, and two trusts' equal numbers are two patients everywhere.
"""

import hashlib
import re

LONGEST = 64
"""Characters of a Patient ID (LO)."""
NHS_ISSUER = "NHS"
NHS_OID = "2.16.840.1.113883.2.1.4.1"
NHS_ISSUERS = frozenset({NHS_ISSUER, NHS_OID, "NHSNMBR", "NHS NUMBER", "https://fhir.nhs.uk/Id/nhs-number"})
PROBE = "NETPROV-VERIFY-"
"""Patients of `netprov verify`: they stay where they are put."""

_QUALIFIED = re.compile(r"([A-Z0-9][A-Z0-9._;~-]*):(.+)", re.DOTALL)
_NONE = "!"
_SHORTENED = "~"
_LONGEST_ISSUER = 22


def prefix(issuer: str) -> str:
    """The issuer as it stands before the colon: an issuer of a network may hold colons, and may be long."""
    if len(issuer) <= _LONGEST_ISSUER:
        return issuer.replace(":", ";")
    return f"{issuer[:8].replace(':', ';')}~{_digest(issuer)[:12].upper()}"


def qualified(issuer: str, local: bytes, study: str) -> bytes:
    """The Patient ID for the network.

    The number's own bytes are kept, whatever its character set is. Patients who have no number are kept apart by
    study: all of them are not one patient. A number that does not fit is shortened to a digest; the copy's Original
    Attributes Sequence holds it in full.
    """
    first, number = prefix(issuer).encode("ascii") + b":", local.strip(b" \0")
    if not number:
        return first + _NONE.encode() + _digest(study)[:24].encode("ascii")
    if number[:1] in (b"!", b"~"):
        number = number[:1] + number
    if len(first) + len(number) > LONGEST:
        number = _SHORTENED.encode() + hashlib.sha256(number).hexdigest()[:40].encode("ascii")
    return first + number


def parted(patient_id: str) -> tuple[str, str] | None:
    """A qualified Patient ID as prefix and local number; the number is empty where it cannot be told from the ID."""
    found = _QUALIFIED.fullmatch(patient_id)
    if not found:
        return None
    first, number = found.groups()
    if number[0] in (_NONE, _SHORTENED):
        return first, number[1:] if number[1:2] == number[0] else ""
    return first, number


def nhs_number(text: str) -> str:
    """The ten digits of a valid NHS number (modulus 11), or nothing."""
    digits = re.sub(r"[ -]", "", text)
    if not re.fullmatch(r"[0-9]{10}", digits) or len(set(digits)) == 1:
        return ""
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False))
    return digits if (11 - total % 11) % 11 == int(digits[9]) else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
