"""The shapes of values: one declaration each, read by the reader, the JSON Schema and the messages."""

import re
from functools import cache

from provisioner.record import record


@record
class Format:
    """A named text shape: `pattern` must match whole; `example` and `words` go into messages and the schema.

    No pattern takes a control character, a space at either end, or more than 500 characters.
    """

    name: str
    pattern: str
    words: str
    example: str

    @property
    def regex(self) -> re.Pattern[str]:
        return _compiled(self.pattern)

    def fits(self, text: str) -> bool:
        return self.regex.match(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compiled when first used: most definitions meet a third of the formats."""
    return re.compile(rf"(?:{pattern})\Z")


@record
class Range:
    """The least and the most that a number may be, both allowed."""

    least: int
    most: int


@record
class Names:
    """The value is the name of something that the definition declares elsewhere, of one of these kinds."""

    kinds: tuple[str, ...]


@record
class Declares:
    """The value is the one name of its thing: no other of its kind has it."""

    kind: str


MEMBER, SITE, PLACE, POOL, HUB = "member", "site", "external place", "reporting pool", "hub"
"""The kinds of things that have names."""

PERCENT = Range(0, 100)
PORT = Range(1, 65535)
YEARS = Range(0, 200)
MINUTES = Range(1, 527_040)
DAYS = Range(1, 366)
TERABYTES = Range(0, 1_000_000)
MEGABYTES = Range(1, 1_000_000)
MEGABITS = Range(1, 1_000_000)

# ODS shapes (NHS data dictionary, organisation site coding frames): a trust is R or T and two more, its sites have
# two more still; DCB0090 gives five in the pattern letter, digit, letter, digit, letter since April 2020; other
# organisations have three to six. All of it is three to six capitals and digits.
ODS_ORGANISATION = Format("ods-organisation", r"[A-Z0-9]{3,6}", "an ODS organisation code", "RXA")
ODS_SITE = Format("ods-site", r"[A-Z0-9]{3,6}", "an ODS site code", "RXA01")
NETWORK_ID = Format(
    "id",
    r"[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,39}",
    "an id (lower-case letters, digits and single hyphens, a letter first, at most 40)",
    "severn",
)
# PS3.5: 16 bytes, no backslash; upper case, digits and underscore are what every vendor takes.
AE_TITLE = Format("ae-title", r"[A-Z0-9_]{1,16}", "an AE title (1 to 16 of A-Z, 0-9 and _)", "CT1")
COMPANY_NUMBER = Format(
    "company-number",
    r"[0-9]{8}|(?:SC|NI|OC|SO|NC)[0-9]{6}",
    "a Companies House number (8 digits, or two letters and 6 digits)",
    "01234567",
)
ICO_NUMBER = Format("ico-number", r"Z(?:[0-9]{7}|[A-Z][0-9]{6})", "an ICO registration number", "ZA123456")
COLOUR = Format("colour", r"#[0-9A-Fa-f]{6}", "a colour as #RRGGBB", "#005EB8")
OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
CIDR = Format(
    "cidr", rf"(?:{OCTET}\.){{3}}{OCTET}/(?:3[0-2]|[12]?[0-9])", "an IPv4 network in CIDR form", "10.20.0.0/16"
)
UID = Format(
    "uid",
    r"(?=.{1,64}$)(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+",
    "a DICOM UID (numbers without leading zeros, with dots between, at most 64)",
    "1.2.826.0.1.3680043.9.7",
)
HOST = Format(
    "host", r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", "a host name or an IPv4 address", "pacs.example.org"
)
# No user or password in either address: the definition is a file that people share.
URL = Format(
    "url",
    r"https://[A-Za-z0-9.:\[\]_-]{1,255}(?:[/?#][!-~]{0,240})?",
    "an https:// address without a user",
    "https://pacs.example.org/dicom-web/",
)
POSTGRES_URL = Format(
    "postgres-url",
    r"postgres(?:ql)?://(?:[A-Za-z0-9._%-]{1,64}@)?[A-Za-z0-9.:\[\]_-]{1,255}(?:[/?][!-?A-~]{0,200})?",
    "a postgresql:// address without a password",
    "postgresql://netprov@db.example.org/",
)
COUNTRY = Format("country", r"[A-Z]{2}", "an ISO 3166 country code of two capitals", "GB")
REGION = Format("region", r"[a-z]{2}-[a-z]+-[0-9]|local", "a cloud region", "eu-west-2")
NAME = Format(
    "name",
    r"[a-z][a-z0-9-]{0,39}",
    "a name (lower-case letters, digits and hyphens, a letter first, at most 40)",
    "night-reporting",
)
ISSUER = Format("issuer", r"[A-Z0-9][A-Z0-9._:-]{0,63}", "an issuer (capitals, digits, . _ : -, at most 64)", "RXA")
# PS3.3 C.7.3.1.1.1: a code string.
MODALITY = Format("modality", r"[A-Z][A-Z0-9]{1,15}", "a DICOM modality in capitals", "CT")
BODY_PART = Format(
    "body-part", r"[A-Z0-9](?:[A-Z0-9_ ]{0,14}[A-Z0-9_])?", "a DICOM body part in capitals, at most 16", "CHEST"
)
PRIORITY = Format("priority", r"stat|high|medium|low", "stat, high, medium or low", "high")
CONNECTION = Format("connection", r"hscn|internet", "hscn or internet", "hscn")
SERVICE_CLASS = Format(
    "service-class", r"bronze|silver|silver_plus|gold|platinum", "bronze, silver, silver_plus, gold or platinum", "gold"
)
DSPT_YEAR = Format("dspt-year", r"20[0-9]{2}-[0-9]{2}", "a DSPT year", "2026-27")
LOGO = Format(
    "logo",
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.(?:svg|png)",
    "a file name, without folders, of an SVG or PNG",
    "logo.svg",
)
RULE = Format("rule", r"[A-Z]{2,8}-[0-9]{2,3}", "the id of a rule", "RES-01")
AWS_ACCOUNT = Format("aws-account", r"[0-9]{12}", "an AWS account number of 12 digits", "123456789012")
AWS_ROLE = Format(
    "aws-role",
    r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,512}",
    "the ARN of an IAM role",
    "arn:aws:iam::123456789012:role/netprov",
)
AWS_CONNECTION = Format(
    "aws-direct-connect",
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "the id of a Direct Connect gateway",
    "5c1d7a52-8c3f-4f0e-9a3a-0b6c2d9e4f10",
)
IMAGE = Format(
    "image",
    r"[a-z0-9](?:[a-z0-9._:/-]{0,250}[a-z0-9])?@sha256:[0-9a-f]{64}",
    "a container image by digest (repository@sha256:...)",
    "orthancteam/orthanc@sha256:" + "0" * 64,
)
IPV4 = Format("ipv4", rf"(?:{OCTET}\.){{3}}{OCTET}", "an IPv4 address", "203.0.113.10")
DATABASE_CLASS = Format(
    "database-class", r"db\.[a-z0-9]{2,8}\.[a-z0-9]{4,12}", "a class of RDS instances", "db.m7g.large"
)
