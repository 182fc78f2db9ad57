"""Every mistake that the reader can name: its id, and in a line what it is about."""

SIZE = "SYN-01"
ENCODING = "SYN-02"
CHARACTER = "SYN-03"
TAB = "SYN-04"
SYNTAX = "SYN-05"
EMPTY = "SYN-06"
DOCUMENTS = "SYN-07"
TWICE = "SYN-08"
ANCHOR = "SYN-09"
MERGE = "SYN-10"
TAG = "SYN-11"
DEPTH = "SYN-12"
KEY = "SYN-13"
SUBSTITUTION = "SYN-14"
DIRECTIVE = "SYN-15"

UNKNOWN = "SHP-01"
MISSING = "SHP-02"
BLANK = "SHP-03"
KIND = "SHP-04"
FORMAT = "SHP-05"
CHOICE = "SHP-06"
FLAG = "SHP-07"
NUMBER = "SHP-08"
RANGE = "SHP-09"
DATE = "SHP-10"
TEXT = "SHP-11"
NETWORK = "SHP-12"
REPEATED = "SHP-13"
MANY = "SHP-14"

DANGLING = "REF-01"
DECLARED = "REF-02"
TITLE = "REF-03"
OWNER = "REF-04"
DATABASE = "REF-05"
WAIVER = "REF-06"

MISTAKES: dict[str, str] = {
    SIZE: "The file is larger than 4 MiB, or holds more than 400,000 keys and values.",
    ENCODING: "The file is not UTF-8.",
    CHARACTER: "A control character, or one that is invisible or turns the direction of text.",
    TAB: "A tab indents a line.",
    SYNTAX: "The file is not YAML (or JSON) from this place on.",
    EMPTY: "The file holds nothing.",
    DOCUMENTS: "The file holds a second document.",
    TWICE: "A key stands twice in one mapping.",
    ANCHOR: "An anchor or an alias: each value is written where it counts.",
    MERGE: "A merge key (`<<`).",
    TAG: "A tag (`!`, `!!str`, `!!python/object`).",
    DEPTH: "Values are nested more than 40 deep.",
    KEY: "A key that is a list, a mapping, or nothing.",
    SUBSTITUTION: "A value or a key holds `${`, which Orthanc would replace by an environment variable.",
    DIRECTIVE: "A YAML directive (`%YAML`, `%TAG`).",
    UNKNOWN: "A key that the grammar does not have there.",
    MISSING: "A key that must be there is not.",
    BLANK: "A key has no value.",
    KIND: "A list, a mapping or one value stands where another of the three belongs.",
    FORMAT: "A code, name or address is not of its format.",
    CHOICE: "A value is not one of the words that may stand there.",
    FLAG: "A value is neither `true` nor `false`.",
    NUMBER: "A value is not a plain decimal number.",
    RANGE: "A number is too small or too large.",
    DATE: "A value is not a day of the calendar, written YYYY-MM-DD.",
    TEXT: "A text is longer than 500 characters, has several lines, or spaces around it.",
    NETWORK: "An address range is not an IPv4 network.",
    REPEATED: "A list names one thing twice.",
    MANY: "There are more than 1,000 mistakes; the rest is not shown.",
    DANGLING: "A code or name refers to something that the definition does not declare.",
    DECLARED: "A code or name is declared twice.",
    TITLE: "Two things have one AE title.",
    OWNER: "A share has no owner, or two.",
    DATABASE: "An address of a PostgreSQL is given, and the index is kept elsewhere.",
    WAIVER: "A rule is waived twice for one subject.",
}
