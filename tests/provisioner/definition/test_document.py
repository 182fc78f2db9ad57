"""Bytes to document: where each value stands, and what YAML is refused."""

import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.definition import libyaml, mistakes
from provisioner.definition.document import Document, parse
from provisioner.definition.places import Tree
from provisioner.findings import Path, Span
from provisioner.report import text

unhurried = settings(deadline=None, max_examples=300)

SAMPLE = """\
# é: a comment is no line less
name: "Ålesund 😀"
plain: two words
list:
  - one
  - {key: 'quoted', other: [a, bb]}
  -
    nested: |
      text
empty:
last: x
"""


def rules(data: str | bytes) -> list[str]:
    return [f.rule for f in parse("x", data.encode() if isinstance(data, str) else data).findings]


def shown(read: Document, path: Path, at_key: bool = False) -> str:
    """What stands in the text at the place of a path."""
    span = read.where(path, at_key)
    return read.text.split("\n")[span.line - 1][span.column - 1 : span.end - 1]


def leaves(tree: Tree, path: Path = ()) -> Iterator[tuple[Path, Tree]]:
    yield path, tree
    steps = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, child in steps:
        yield from leaves(child, (*path, step))


def test_scalars_stay_text_and_empty_ones_are_nothing() -> None:
    read = parse("x", b"{a: NO, b: 012, c: 1:30, d: ~, e: null, f: '~', g: 1.10, h: 2026-01-01, i: }")
    assert read.value == {
        "a": "NO",
        "b": "012",
        "c": "1:30",
        "d": None,
        "e": None,
        "f": "~",
        "g": "1.10",
        "h": "2026-01-01",
        "i": None,
    }
    assert read.findings == ()
    assert read.whole


def test_each_value_is_found_where_it_stands() -> None:
    read = parse("x", SAMPLE.encode())
    assert read.findings == ()
    assert shown(read, ("name",)) == '"Ålesund 😀"'
    assert shown(read, ("plain",)) == "two words"
    assert shown(read, ("plain",), at_key=True) == "plain"
    assert shown(read, ("list", 0)) == "one"
    assert shown(read, ("list", 1, "key")) == "'quoted'"
    assert shown(read, ("list", 1, "other", 1)) == "bb"
    assert shown(read, ("list", 1, "other"), at_key=True) == "other"
    assert shown(read, ("list", 2)) == "nested"
    assert shown(read, ("list", 2, "nested")) == "|"
    assert shown(read, ("last",)) == "x"
    assert read.where(("last",)) == Span(11, 7, 8)


def test_a_path_that_leads_nowhere_is_shown_at_what_encloses_it() -> None:
    read = parse("x", SAMPLE.encode())
    assert shown(read, ("list", 1, "absent")) == "{"
    assert shown(read, ("list", 9)) == "list"
    assert shown(read, ("plain", "absent", 3)) == "plain"
    assert shown(read, ("absent",)) == "name"
    assert shown(read, ("empty", "absent")) == "empty"


def test_places_do_not_depend_on_the_order_of_questions() -> None:
    read = parse("x", SAMPLE.encode())
    paths = [path for path, _ in leaves(read.value)]
    forward = [read.where(path) for path in paths]
    fresh = parse("x", SAMPLE.encode())
    assert [fresh.where(path) for path in reversed(paths)] == forward[::-1]


def test_what_is_refused_leaves_the_places_of_the_rest_right() -> None:
    read = parse("x", b"a: {b: 1, b: [2, 3], c: 4}\n? [x, y]\n: {z: 1}\n<<: {q: [1]}\nlast: &n here\n")
    assert [f.rule for f in read.findings] == [mistakes.TWICE, mistakes.KEY, mistakes.MERGE, mistakes.ANCHOR]
    assert read.value == {"a": {"b": "1", "c": "4"}, "last": "here"}
    assert shown(read, ("a", "c")) == "4"
    assert shown(read, ("last",), at_key=True) == "last"


def test_a_byte_order_mark_and_line_ends_of_windows_change_nothing() -> None:
    plain = parse("x", SAMPLE.encode())
    windows = parse("x", b"\xef\xbb\xbf" + SAMPLE.replace("\n", "\r\n").encode())
    assert windows == plain
    assert windows.where(("last",)) == plain.where(("last",))


def test_what_was_read_before_a_syntax_error_is_kept() -> None:
    read = parse("x", b"a: 1\nb: {c: 2, d: [3, 4\n")
    assert read.value == {"a": "1", "b": {"c": "2", "d": ["3", "4"]}}
    assert not read.whole
    assert shown(read, ("b", "d", 1)) == "4"


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", mistakes.EMPTY),
        (b"---\n", mistakes.EMPTY),
        (b"null", mistakes.EMPTY),
        (b"a: 1\n--- \nb: 2\n", mistakes.DOCUMENTS),
        (b"a: &x 1\n", mistakes.ANCHOR),
        (b"a: [&x 1, *x]\n", mistakes.ANCHOR),
        (b"a: &x [1, *x]\n", mistakes.ANCHOR),
        (b"*a : 1\n", mistakes.KEY),
        (b"<<: {a: 1}\n", mistakes.MERGE),
        (b'"<<": 1\n', mistakes.MERGE),
        (b"a: !!str 1\n", mistakes.TAG),
        (b"a: ! 1\n", mistakes.TAG),
        (b"!!map {a: 1}\n", mistakes.TAG),
        (b"a: !!python/object/apply:os.system [id]\n", mistakes.TAG),
        (b"? [a]\n: 1\n", mistakes.KEY),
        (b"? {a: 1}\n: 1\n", mistakes.KEY),
        (b": 1\n", mistakes.SYNTAX),
        (b"'': 1\n", mistakes.KEY),
        (b"a: 1\na: 2\n", mistakes.TWICE),
        (b"a:\n\tb: 1\n", mistakes.TAB),
        (b"a: [1,\n\t2]\n", mistakes.TAB),
        (b"a: 1\rb: 2", mistakes.CHARACTER),
        (b"a: \x00", mistakes.CHARACTER),
        (b"a: \x1b[31m", mistakes.CHARACTER),
        ("a: \u202eb".encode(), mistakes.CHARACTER),
        ("a: \u200bb".encode(), mistakes.CHARACTER),
        ("a: \ufeffb".encode(), mistakes.CHARACTER),
        (b'a: "\\u202e"\n', mistakes.CHARACTER),
        (b'a: "\\0"\n', mistakes.CHARACTER),
        (b'"\\e": 1\n', mistakes.CHARACTER),
        (b"a: ${HOME}\n", mistakes.SUBSTITUTION),
        (b"a: [{b: 'x ${y}'}]\n", mistakes.SUBSTITUTION),
        (b'a: "\\u0024{y}"\n', mistakes.SUBSTITUTION),
        (b'a: "$\\\n  {y}"\n', mistakes.SUBSTITUTION),
        (b"${a}: 1\n", mistakes.SUBSTITUTION),
        (b"%YAML 1.1\n---\na: 1\n", mistakes.DIRECTIVE),
        (b"%TAG ! tag:x,2000:\n---\na: 1\n", mistakes.DIRECTIVE),
        (b"a: \xe9\n", mistakes.ENCODING),
        ("a: 1\n".encode("utf-16"), mistakes.ENCODING),
        ("a: 1\n".encode("utf-16-be"), mistakes.ENCODING),
        ("a: 1\n".encode("utf-16-le"), mistakes.ENCODING),
        ("a: 1\n".encode("utf-32"), mistakes.ENCODING),
        (b"a: [1, 2\n", mistakes.SYNTAX),
        (b"[" * 41 + b"]" * 41, mistakes.DEPTH),
        (b"a: b: c\n", mistakes.SYNTAX),
    ],
)
def test_refused_with_a_place(data: bytes, rule: str) -> None:
    read = parse("x", data)
    assert rule in [f.rule for f in read.findings]
    assert all(f.span is not None and f.hint for f in read.findings)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 40 + b"]" * 40,
        b"a: '# no comment' # a comment with ${x}\n",
        b"a: Cheshire & Merseyside\nb: R&D!\n",
        b"a: 5 $ {x}\n",
        b'{"a":\n\t"b"}',
        b"a: |\n  one\n  two\n",
    ],
)
def test_taken_without_a_word(data: bytes) -> None:
    assert rules(data) == []


def test_every_mistake_of_syntax_is_told_in_one_run() -> None:
    data = "a: &x 1\nb: *x\nb: 2\nc: !t 3\nd: ${e}\nf: \u202eg\nh: [1\n"
    assert rules(data) == [
        mistakes.ANCHOR,
        mistakes.ANCHOR,
        mistakes.TWICE,
        mistakes.TAG,
        mistakes.SUBSTITUTION,
        mistakes.CHARACTER,
        mistakes.SYNTAX,
    ]


ODD = "a: &x !t 1\nb: *x\n? [k]\n: v\nc: ~\nc: {d: [e\n"


EVENTS = ("ScalarEvent", "MappingStartEvent", "SequenceStartEvent", "MappingEndEvent", "SequenceEndEvent")


def test_libyaml_lends_its_events() -> None:
    """If this fails, reading is a fifth slower, and right all the same: see the next test."""
    assert libyaml.lends()


@pytest.mark.parametrize("lender", ["yaml.parser", "nobody"])
def test_any_parser_reads_the_same(lender: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PyYAML was built without libyaml, or has changed within."""
    fast, odd = parse("x", SAMPLE.encode()), parse("x", ODD.encode())
    if lender == "nobody":
        monkeypatch.setattr(libyaml.Lent, "lender", SimpleNamespace(**dict.fromkeys(EVENTS)))
    else:
        monkeypatch.setattr(libyaml.Lent, "lender", yaml.parser)
        monkeypatch.setattr(libyaml, "_Loader", yaml.SafeLoader)
    libyaml.lends.cache_clear()
    try:
        assert libyaml.lends() is (lender != "nobody")
        other = parse("x", SAMPLE.encode())
        assert other == fast
        for path, _ in leaves(fast.value):
            assert other.where(path) == fast.where(path)
        assert [f.rule for f in parse("x", ODD.encode()).findings] == [f.rule for f in odd.findings]
    finally:
        libyaml.lends.cache_clear()


def test_the_parser_has_its_own_class_back_whatever_happens() -> None:
    before = [getattr(libyaml.Lent.lender, name) for name in EVENTS]
    for data in (SAMPLE, ODD, "[" * 50 + "]" * 50, "a: &x 1\n" * 2000):
        parse("x", data.encode())
        now = [getattr(libyaml.Lent.lender, name) for name in EVENTS]
        assert now == before == [getattr(yaml, name) for name in EVENTS]


ANOTHER = """
import re
from provisioner.definition import libyaml
import yaml

assert isinstance(re.compile("x"), re.Pattern)
said = {"a": [1, 0.5, True, None], "b": "x: y", "<": "="}
assert yaml.load(yaml.dump(said), yaml.SafeLoader) == yaml.load(yaml.dump(said), yaml.CSafeLoader) == said
assert str(yaml.load("2026-11-29", yaml.SafeLoader)) == "2026-11-29"
try:
    yaml.load("a: \\x01", yaml.SafeLoader)
except yaml.reader.ReaderError as error:
    print(error.reason)
"""


def test_pyyaml_is_whole_for_whoever_else_uses_it() -> None:
    """Its patterns are compiled when they are first used, and nothing else's are."""
    done = subprocess.run([sys.executable, "-P", "-c", ANOTHER], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("special characters are not allowed\n", "")


YAMLISH = st.text(st.sampled_from("ab:-?[]{},&*!|>'\"%@`#\\$~< \n\té😀0."), max_size=60)


@given(st.binary(max_size=200))
@unhurried
def test_no_bytes_raise(data: bytes) -> None:
    read = parse("x", data)
    assert text(read, read.findings).count("\n") >= len(read.findings)


@given(YAMLISH)
@unhurried
def test_nothing_like_yaml_raises_and_every_path_has_a_place(data: str) -> None:
    read = parse("x", data.encode())
    lines = read.text.split("\n")
    for path, _ in leaves(read.value):
        for at_key in (False, True):
            span = read.where(path, at_key)
            assert 1 <= span.line <= len(lines)
            assert 1 <= span.column < span.end <= max(len(lines[span.line - 1]), span.column) + 1
    assert text(read, read.findings).isprintable() or read.findings


WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=12).map(str.strip)
TREES = st.recursive(
    st.sampled_from(["x", "1", "true"]) | WORDS.filter(bool),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4) | st.dictionaries(WORDS.filter(bool), inner, min_size=1, max_size=4)
    ),
    max_leaves=12,
)


@given(TREES)
@unhurried
def test_json_is_read_as_it_was_meant(tree: Tree) -> None:
    import json

    written = json.dumps(tree, ensure_ascii=False)
    if "${" not in written and "<<" not in written:
        read = parse("x", written.encode())
        odd = {mistakes.CHARACTER}
        assert read.value == tree or {f.rule for f in read.findings} <= odd


def test_no_place_goes_beyond_its_line() -> None:
    """Of a mapping that begins with the mark of an explicit key, which is no part of the key."""
    assert parse("x", b"[?0").where((0,)) == Span(1, 2, 4)
