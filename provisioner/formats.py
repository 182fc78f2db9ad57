"""The shapes of identifiers: one declaration each, read by the reader, the JSON Schema and the messages."""

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Format:
    """A named text shape: `pattern` must match whole; `example` and `words` go into messages and the schema."""

    name: str
    pattern: str
    words: str
    example: str
    regex: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "regex", re.compile(rf"(?:{self.pattern})\Z"))

    def fits(self, text: str) -> bool:
        return self.regex.match(text) is not None


# ODS shapes: NHS data dictionary, organisation site coding frames, and DCB0090 (ANANA codes since April 2020).
ANANA = r"[A-Z][0-9][A-Z][0-9][A-Z]"
ODS_ORGANISATION = Format(
    "ods-organisation", rf"[RT][A-Z0-9]{{2}}|{ANANA}|[A-Z0-9]{{3,6}}", "an ODS organisation code", "RXA"
)
ODS_SITE = Format("ods-site", rf"[RT][A-Z0-9]{{4}}|{ANANA}|[A-Z0-9]{{3,6}}", "an ODS site code", "RXA01")
NETWORK_ID = Format(
    "id",
    r"[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,39}",
    "lower-case letters, digits and single hyphens, a letter first, at most 40",
    "severn",
)
# PS3.5: 16 bytes, no backslash; upper case, digits and underscore are what every vendor takes.
AE_TITLE = Format("ae-title", r"[A-Z0-9_]{1,16}", "1 to 16 of A-Z, 0-9 and _", "CT1")
COMPANY_NUMBER = Format(
    "company-number",
    r"[0-9]{8}|(?:SC|NI|OC|SO|NC)[0-9]{6}",
    "a Companies House number: 8 digits, or two letters and 6 digits",
    "01234567",
)
ICO_NUMBER = Format("ico-number", r"Z(?:[0-9]{7}|[A-Z][0-9]{6})", "an ICO registration number", "ZA123456")
COLOUR = Format("colour", r"#[0-9A-Fa-f]{6}", "a colour as #RRGGBB", "#005EB8")
CIDR = Format("cidr", r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}/[0-9]{1,2}", "an IPv4 network in CIDR form", "10.20.0.0/16")
UID = Format(
    "uid",
    r"(?=.{1,64}\Z)(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+",
    "a DICOM UID: digits and dots, at most 64, no leading zeros",
    "1.2.826.0.1.3680043.9.7",
)
HOST = Format(
    "host", r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", "a host name or an IPv4 address", "pacs.example.org"
)
URL = Format("url", r"https://[^\s/?#]+[^\s]*", "an https:// address", "https://pacs.example.org/dicom-web/")
POSTGRES_URL = Format(
    "postgres-url",
    r"postgres(?:ql)?://[^\s]+",
    "a postgresql:// address without a password",
    "postgresql://netprov@db.example.org/",
)
COUNTRY = Format("country", r"[A-Z]{2}", "an ISO 3166 country code of two capitals", "GB")
REGION = Format("region", r"[a-z]{2}-[a-z]+-[0-9]|local", "a cloud region", "eu-west-2")
NAME = Format(
    "name",
    r"[a-z][a-z0-9-]{0,39}",
    "lower-case letters, digits and hyphens, a letter first, at most 40",
    "night-reporting",
)
ISSUER = Format("issuer", r"[A-Z0-9][A-Z0-9._:-]{0,63}", "an issuer of patient IDs: capitals, digits, . _ : -", "RXA")
