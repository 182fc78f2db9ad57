"""Document to network: what each kind of value may be, and that one run tells every mistake."""

import time
from dataclasses import fields
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.definition import mistakes
from provisioner.definition.document import Document, parse
from provisioner.definition.grammar import Kind, occurrences, shape
from provisioner.definition.network import Network
from provisioner.definition.places import Tree
from provisioner.definition.reader import MOST_FINDINGS, read
from provisioner.findings import Finding, Severity
from provisioner.report import text

GOOD = Path(__file__).parents[2] / "documents/good"
unhurried = settings(deadline=None, max_examples=200)

HEAD = """\
netprov: 1
network: {id: severn, name: Severn, environment: test}
operating_model: hosted
host: RXA
members:
  - ods: RXA
    name: Avon Hospitals
    kind: foundation_trust
    sites: [{ods: RXA01, name: Avon Infirmary}]
"""


def findings(more: str = "", head: str = HEAD) -> list[tuple[str, str]]:
    """Rule and path of each finding."""
    document = parse("x", (head + more).encode())
    network, found = read(document)
    assert (network is None) is bool(document.findings or found)
    return [(f.rule, ".".join(map(str, f.path))) for f in (*document.findings, *found)]


def network(more: str = "") -> Network:
    value, found = read(parse("x", (HEAD + more).encode()))
    assert found == ()
    assert value is not None
    return value


def test_values_have_the_types_of_their_keys() -> None:
    value = network(
        "platform: {zones: 2, mfa: true, storage: {retention_years: 8, quota_tb: 1.5}, backup: "
        "{last_restore_test: 2026-02-28}}\nworkforce: {terms: local}\n"
    )
    platform = value.platform
    assert platform is not None
    assert (platform.zones, platform.mfa, platform.region) == (2, True, "local")
    assert platform.storage is not None
    assert (platform.storage.retention_years, platform.storage.quota_tb) == (8.0, 1.5)
    assert type(platform.storage.retention_years) is float
    assert platform.backup is not None
    assert platform.backup.last_restore_test == date(2026, 2, 28)
    assert value.workforce is not None
    assert value.workforce.terms == "local"


def test_each_part_knows_its_path() -> None:
    value = network("platform: {storage: {}}\n")
    assert value.members[0].sites[0].path == ("members", 0, "sites", 0)
    assert value.platform is not None
    assert value.platform.storage is not None
    assert value.platform.storage.path == ("platform", "storage")


@pytest.mark.parametrize("word", ["NO", "no", "on", "012", "1:30", "0x1F", "1.10", "null and void", "~x", "2026-01-01"])
def test_a_text_is_what_is_written(word: str) -> None:
    assert network(f"supplier: {{name: {word}}}\n").supplier.name == word  # type: ignore[union-attr]


def test_norway_is_a_country() -> None:
    assert network("external: [{name: fjord, kind: teleradiology, country: NO}]\n").external[0].country == "NO"


def test_an_empty_text_is_as_good_as_none_where_none_is_needed() -> None:
    assert network('platform: {region: local, log_region: "", key_owner: ""}\n').platform is not None
    assert network('lead: ""\n').lead == ""


@pytest.mark.parametrize("model", ["collaboration", "alliance", "hosted", "jv_llp", "jv_company", "cic", "outsourced"])
def test_all_seven_operating_models_are_accepted(model: str) -> None:
    assert findings(head=HEAD.replace("hosted", model)) == []


@pytest.mark.parametrize(
    ("more", "rule", "path"),
    [
        ("platform: {zones: 1.0}", mistakes.NUMBER, "platform.zones"),
        ("platform: {zones: '0 1'}", mistakes.NUMBER, "platform.zones"),
        ("platform: {zones: \u0661}", mistakes.NUMBER, "platform.zones"),
        ("platform: {zones: -1}", mistakes.RANGE, "platform.zones"),
        (f"platform: {{zones: {'9' * 5000}}}", mistakes.NUMBER, "platform.zones"),
        ("platform: {storage: {retention_years: nan}}", mistakes.NUMBER, "platform.storage.retention_years"),
        ("platform: {storage: {retention_years: .inf}}", mistakes.NUMBER, "platform.storage.retention_years"),
        ("platform: {storage: {retention_years: 1e400}}", mistakes.NUMBER, "platform.storage.retention_years"),
        ("platform: {storage: {retention_years: 200.1}}", mistakes.RANGE, "platform.storage.retention_years"),
        ("platform: {mfa: yes}", mistakes.FLAG, "platform.mfa"),
        ("platform: {mfa: True}", mistakes.FLAG, "platform.mfa"),
        ("platform: {backup: {last_restore_test: 20260228}}", mistakes.DATE, "platform.backup.last_restore_test"),
        ("platform: {backup: {last_restore_test: 2026-W09-6}}", mistakes.DATE, "platform.backup.last_restore_test"),
        ("platform: {backup: {last_restore_test: 2025-02-29}}", mistakes.DATE, "platform.backup.last_restore_test"),
        (
            "platform: {backup: {last_restore_test: \u0662026-02-28}}",
            mistakes.DATE,
            "platform.backup.last_restore_test",
        ),
        ("deployment: {aws: {cidr: 10.0.0.1/8}}", mistakes.NETWORK, "deployment.aws.cidr"),
        ("deployment: {aws: {cidr: 010.0.0.0/8}}", mistakes.FORMAT, "deployment.aws.cidr"),
        ("deployment: {aws: {cidr: 10.0.0.0}}", mistakes.FORMAT, "deployment.aws.cidr"),
        ("topology: ring", mistakes.CHOICE, "topology"),
        ("topology: ''", mistakes.CHOICE, "topology"),
        ("platform: {key_owner: a\u00a0b}", mistakes.TEXT, "platform.key_owner"),
        (f"platform: {{key_owner: {'x' * 501}}}", mistakes.TEXT, "platform.key_owner"),
        ("platform: {key_owner: ' x'}", mistakes.TEXT, "platform.key_owner"),
        ('platform: {key_owner: "a\\tb"}', mistakes.TEXT, "platform.key_owner"),
        ("platform: {key_owner: [x]}", mistakes.KIND, "platform.key_owner"),
        ("platform: [x]", mistakes.KIND, "platform"),
        ("links: {from: RXA01, to: RXA01}", mistakes.KIND, "links"),
        ("links: [x]", mistakes.KIND, "links.0"),
        ("platform:", mistakes.BLANK, "platform"),
        ("platform: {storage: ~}", mistakes.BLANK, "platform.storage"),
        ("external: [{name: '', kind: archive, country: GB}]", mistakes.BLANK, "external.0.name"),
        ("policies: {packs: [nhs, nhs]}", mistakes.REPEATED, "policies.packs.1"),
        ("policies: {packs: [~]}", mistakes.KIND, "policies.packs.0"),
        ("policies: {packs: ['']}", mistakes.BLANK, "policies.packs.0"),
        ("platform: {hub: {aet: hub}}", mistakes.FORMAT, "platform.hub.aet"),
        ("platform: {hub: {aet: A_TITLE_OF_17_CHAR}}", mistakes.FORMAT, "platform.hub.aet"),
        ("legal_entity: {company_number: 1234567}", mistakes.FORMAT, "legal_entity.company_number"),
        ("governance: {board: {members: [RXB]}}", mistakes.DANGLING, "governance.board.members.0"),
        ("reporting: {worklist: {home: RXA02}}", mistakes.DANGLING, "reporting.worklist.home"),
        ("links: [{from: RXA01, to: night}]", mistakes.DANGLING, "links.0.to"),
        ("reporting: {pools: [{name: a}, {name: a}]}", mistakes.DECLARED, "reporting.pools.1.name"),
        ("ownership: [{share: 1}]", mistakes.OWNER, "ownership.0"),
        ("deployment: {aws: {accounts: [{owner: RXX}]}}", mistakes.DANGLING, "deployment.aws.accounts.0.owner"),
        ("deployment: {aws: {accounts: [{owner: supplier}]}}", mistakes.DANGLING, "deployment.aws.accounts.0.owner"),
        (
            "deployment: {aws: {accounts: [{owner: RXA}, {owner: RXA}]}}",
            mistakes.DECLARED,
            "deployment.aws.accounts.1.owner",
        ),
        ("platform: {storage: {postgresql: postgresql://x/}}", mistakes.DATABASE, "platform.storage.postgresql"),
        ("colour: red", mistakes.UNKNOWN, "colour"),
        ("links: [{from: RXA01}]", mistakes.MISSING, "links.0.to"),
    ],
)
def test_one_mistake_is_told_once_and_where_it_stands(more: str, rule: str, path: str) -> None:
    assert findings(more) == [(rule, path)]


@pytest.mark.parametrize(
    "name", ["../../etc", "..", "/etc", "severn/../x", "SEVERN", "severn-", "a--b", "", "a" * 41, "1a"]
)
def test_an_id_is_no_path(name: str) -> None:
    [(rule, path)] = findings(head=HEAD.replace("id: severn", f"id: '{name}'"))
    assert path == "network.id"
    assert rule in (mistakes.FORMAT, mistakes.BLANK)


def test_a_misspelt_key_is_read_as_what_was_meant() -> None:
    """Its absence, and what refers to its values, is not blamed as well; what is wrong within it is."""
    head = HEAD.replace("members:", "membres:").replace("kind: foundation_trust", "kind: foundation")
    assert findings("governance: {board: {members: [RXA]}}\n", head) == [
        (mistakes.UNKNOWN, "membres"),
        (mistakes.CHOICE, "membres.0.kind"),
    ]


def test_a_key_that_belongs_elsewhere_is_told_where() -> None:
    _, (found,) = read(parse("x", (HEAD + "retention_years: 8\n").encode()))
    assert found.hint == "it belongs in `platform.storage`"


def test_who_refers_to_a_malformed_code_in_its_right_form_is_not_blamed() -> None:
    assert findings(head=HEAD.replace("- ods: RXA", "- ods: rxa")) == [(mistakes.FORMAT, "members.0.ods")]


def test_the_hub_may_be_linked_where_it_is_a_node_of_its_own() -> None:
    hub = "links: [{from: HUB, to: RXA01}]\n"
    assert findings(hub) == []
    assert findings("reporting: {worklist: {home: RXA01}}\n" + hub) == [(mistakes.DANGLING, "links.0.from")]


def test_syntax_shape_and_references_are_told_in_one_run_in_the_order_of_the_file() -> None:
    document = parse("x", (HEAD + "platform: {zones: 0}\nplatform: {}\nlead: RXZ\nx: &y 1\nz: [\n").encode())
    network, found = read(document)
    assert network is None
    assert [f.rule for f in document.findings] == [mistakes.TWICE, mistakes.ANCHOR, mistakes.SYNTAX]
    # Where the file breaks off, more may follow: nothing is said to be missing or to lead nowhere.
    assert [f.rule for f in found] == [mistakes.RANGE, mistakes.UNKNOWN, mistakes.UNKNOWN]
    mended = parse("x", document.text.replace("z: [\n", "").encode())
    _, found = read(mended)
    assert [f.rule for f in found] == [mistakes.RANGE, mistakes.DANGLING, mistakes.UNKNOWN]
    lines = [mended.where(f.path, f.at_key).line for f in found]
    assert lines == sorted(lines)


def test_the_report_points_at_the_value() -> None:
    document = parse("n.yaml", (HEAD + "platform: {region: London}\n").encode())
    _, found = read(document)
    assert text(document, found) == (
        "n.yaml:10:20: error: `region` is not a cloud region: `London` [SHP-05]\n"
        "   10 | platform: {region: London}\n"
        "      |                    ^^^^^^\n"
        "   at platform.region\n"
        "   try: for instance eu-west-2"
    )
    painted = text(document, found, colour=True)
    assert "\x1b[1;31m^^^^^^\x1b[0m" in painted


def test_a_long_line_is_cut_around_the_place_and_wide_letters_count_twice() -> None:
    document = parse("n", f"{{'字': '{'x' * 300}', b: 1}}".encode())
    said = text(
        document, (Finding("X-1", Severity.WARN, ("b",), "here"), Finding("X-2", Severity.INFO, ("字",), "k", "", True))
    )
    first, second = said.split("\n\n")
    assert first.split("\n")[1:3] == ["    1 | {'字': '" + "x" * 153 + "…", "      |  ^^^^"]
    assert second.split("\n")[1].endswith("', b: 1}")
    assert second.split("\n")[2].index("^") == second.split("\n")[1].index("b: 1") + 3
    assert second.startswith("n:1:314: warn: here [X-1]")


def test_too_many_mistakes_end_the_reading() -> None:
    document = parse("x", (HEAD + "ownership: [" + "{share: x}," * 3000 + "]\n").encode())
    network, found = read(document)
    assert network is None
    assert len(found) == MOST_FINDINGS + 1
    assert found[-1].rule == mistakes.MANY


def test_the_good_file_has_every_key_of_the_grammar() -> None:
    """So that a new key cannot go without a place in a file that is read."""

    def words(tree: Tree, at: str = "") -> set[str]:
        if isinstance(tree, dict):
            return {f"{at}.{k}" for k in tree}.union(*(words(v, f"{at}.{k}") for k, v in tree.items()))
        return set().union(*(words(item, f"{at}[]") for item in tree)) if isinstance(tree, list) else set()

    written = {word.lstrip(".") for word in words(parse("x", (GOOD / "everything.yaml").read_bytes()).value)}
    records = ("joint_controller", "dsa", "dcb0160", "dcb0129", "hazard_log", "quality_standard")
    shared = (*records, "risk_shares", "cost_shares", "processors")
    known = {
        f"{place}.{word}".lstrip(".")
        for word, places in occurrences(Network).items()
        for place in places
        if not place.startswith(tuple(f"governance.{name}" for name in shared))
    }
    assert known - written == set()


def test_every_key_is_declared_well() -> None:
    def check(owner: Any) -> None:
        for field in shape(owner).fields:
            assert field.words[:1].strip(), field
            assert not field.format or field.format.fits(field.format.example)
            if not field.required and field.default not in (None, "", ()) and field.format:
                assert field.format.fits(str(field.default)), field
            if field.kind is Kind.KEYS:
                check(field.type)

    check(Network)
    assert {f.name for f in fields(Network)} == {"path"} | {f.name for f in shape(Network).fields}


WORDS = st.sampled_from(["netprov", "network", "members", "sites", "ods", "name", "id", "kind", "links", "from", "to"])
SCALARS = st.none() | st.sampled_from(["", "1", "RXA", "RXA01", "true", "hosted", "acute", "HUB"]) | st.text(max_size=8)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=8), inner, max_size=5)
)


@given(TREES)
@unhurried
def test_no_tree_raises(tree: Tree) -> None:
    document = Document("x", "", tree, ())
    network, found = read(document)
    assert (network is None) is bool(found)
    text(document, found)


@given(st.randoms(use_true_random=False), st.integers(1, 12))
@unhurried
def test_no_broken_definition_raises(random: Random, times: int) -> None:
    """A whole definition in which values were swapped, torn out, and put where they do not belong."""
    tree = parse("x", (GOOD / "everything.yaml").read_bytes()).value
    for _ in range(times):
        _spoil(tree, random)
    document = Document("x", "", tree, ())
    network, found = read(document)
    assert (network is None) is any(f.severity is Severity.ERROR for f in found)
    text(document, found)


def _spoil(tree: Tree, random: Random) -> None:
    holder, key = tree, None
    while isinstance(tree, dict | list) and tree and (key is None or random.random() < 0.8):
        holder, key = tree, random.choice(list(tree) if isinstance(tree, dict) else range(len(tree)))
        tree = tree[key]  # type: ignore[index, call-overload]
    other: list[Tree] = [None, "", "RXA", "x" * 600, [], {}, ["RXA", "RXA"], {"ods": "RXA"}, [[]], [{}], "99999999"]
    if isinstance(holder, dict) and random.random() < 0.2:
        del holder[str(key)]
    elif isinstance(holder, dict | list):
        holder[key] = random.choice(other)  # type: ignore[index, call-overload]


def _large(times: int) -> bytes:
    def member(number: int) -> str:
        scanners = f"[{{aet: CT{number}, kind: CT}}, {{aet: MR{number}, kind: MR}}]"
        site = f"{{ods: T{number:05X}, cidr: 10.{number // 256}.{number % 256}.0/24, name: S, modalities: {scanners}}}"
        return f"  - {{ods: {number:05X}, name: Trust {number}, kind: nhs_trust, sites: [{site}]}}\n"

    return (HEAD + "".join(map(member, range(150 * times)))).encode()


def test_ten_times_the_file_takes_no_more_than_ten_times_as_long() -> None:
    """Processor time of the best of five, and half again for what a busy machine does to small figures."""

    def seconds(data: bytes) -> float:
        start = time.process_time()
        network, _ = read(parse("x", data))
        assert network is not None
        return time.process_time() - start

    small, large = _large(1), _large(10)
    assert min(seconds(large) for _ in range(5)) <= 15 * min(seconds(small) for _ in range(5))
