"""A rule that was not asked of a network has not passed it: the reason why is told."""

from datetime import date

import pytest

from policies import RULES
from policies.level import Level, Seen, country
from policies.models import owing
from policies.pages import ANOTHER, SOUND, laid_over
from policies.verdicts import Result, judge
from provisioner.definition.choices import OperatingModel
from provisioner.definition.document import parse
from provisioner.definition.reader import read
from provisioner.record import changed
from provisioner.site.planned import Planned

TODAY = date(2026, 11, 24)
WEB = "external: [{name: n, kind: archive, country: GB, protocol: dicomweb}]"
TEST = "network: {id: severn, name: Severn, environment: test, synthetic_data: true}\n"
LET_PASS = "let pass in a test network; a production network would fail it"


def reasons(snippet: str) -> dict[str, str]:
    """Why rules are not asked of the sound network with this snippet."""
    network, mistakes = read(parse("snippet", laid_over(snippet).encode()))
    assert network is not None, mistakes
    verdicts = judge(network, TODAY).verdicts
    assert all(verdict.reason for verdict in verdicts if verdict.result is Result.NOT_APPLICABLE)
    return {v.rule.id: v.reason for v in verdicts if v.result is Result.NOT_APPLICABLE}


@pytest.mark.parametrize("model", OperatingModel)
def test_a_rule_of_another_model_is_not_applicable(model: OperatingModel) -> None:
    others = {rule.id for rule in RULES if model not in owing(rule)}
    told = reasons(f"operating_model: {model}\n")
    assert {rule_id for rule_id, reason in told.items() if reason.endswith("networks alone")} == others


def test_a_test_network_is_not_asked_for_what_it_may_leave_out() -> None:
    told = reasons(TEST)
    assert told["IG-01"] == told["SEC-13"] == told["WRK-01"] == LET_PASS
    assert "GOV-04" not in told
    assert "IG-01" not in reasons("platform: {}\n")


@pytest.mark.parametrize(
    ("rule_id", "reason", "snippet"),
    [
        ("SEC-04", "no place beyond the network takes DICOM over TLS", WEB),
        ("SEC-15", "no site states its own network", ""),
        ("CS-10", "no teleradiology firm is declared", "external: [{name: n, kind: archive, country: GB}]"),
        ("WRK-10", "no teleradiology firm is declared", "external: [{name: n, kind: archive, country: GB}]"),
        ("RES-14", "no place beyond the network is outside the UK", WEB),
        ("RES-12", "no place beyond the network is elsewhere in Europe", WEB),
        ("SEC-01", "it looks at what is rendered or live: not asked for", ""),
        ("SEC-16", "it looks at what is live: not asked for", ""),
        ("CAP-02", "the largest study, or the bandwidth of every site, is not stated", ""),
        ("WRK-12", "reporting is not pooled", ""),
        ("RES-09", "it is no test network", ""),
        ("IG-15", "the network has no supplier", ""),
        ("DCM-15", "no link goes one way", ""),
        ("DCM-14", "no reporting is outsourced", ""),
        ("DCM-20", "no registry is declared", "governance: {nir: Not yet}"),
        ("DCM-11", "no node mints UIDs", ""),
        ("WRK-03", "nobody is transferred", ""),
        ("JV-03", "no owner is an NHS trust", "operating_model: cic\nownership: [{member: RXA, share: 100}]"),
        ("IG-12", "direct care is the only purpose", ""),
        ("RES-02", "the pack uk-only does not ask it", ""),
    ],
)
def test_a_rule_without_its_subject_says_so(rule_id: str, reason: str, snippet: str) -> None:
    assert reasons(f"{snippet}\n".lstrip())[rule_id] == reason


def judged(rule_id: str, snippet: str, *beside: str) -> tuple[Result, str]:
    """What a rule comes to for the sound network with this snippet, other networks beside it."""
    texts = (laid_over(f"{snippet}\n".lstrip()), *(laid_over(other, ANOTHER) for other in beside))
    networks = [network for text in texts if (network := read(parse("snippet", text.encode()))[0])]
    assert len(networks) == len(texts)
    levels = (Level.DEFINITION, *((Level.NETWORKS,) if beside else ()))
    seen = Seen(networks[0], country=country(networks), levels=levels)
    rules = tuple(rule for rule in RULES if rule.id == rule_id)
    (verdict,) = judge(networks[0], TODAY, rules, seen=seen).verdicts
    return verdict.result, verdict.reason


FIRM = "external: [{name: n, kind: teleradiology, country: GB, readers: N-1, qa: Q-1}]"
WIDE = """
members: [{ods: RXA, name: A, kind: nhs_trust, sites: [{ods: RXA01, name: General, bandwidth_mbps: 1000}]}]
platform: {region: eu-west-2, zones: 2, largest_study_mb: 5000}
"""
AGREED = """
external: [{name: n, kind: teleradiology, country: NZ, operator: N}]
governance: {agreements: [{kind: transfer, parties: [RXA, RXB, N], signed: 2026-03-02, ref: IDTA-1}]}
"""
WYE = "network: {id: wye, name: Wye, environment: production}\n"


@pytest.mark.parametrize(
    ("rule_id", "snippet", "beside"),
    [
        ("CS-10", FIRM.replace("N-1", "N-1 on the GMC register"), ()),
        ("WRK-10", FIRM, ()),
        ("RES-14", AGREED, ()),
        ("RES-09", TEST.strip(), ()),
        ("SEC-04", FIRM, ()),
        ("CAP-02", WIDE, ()),
        ("CS-08", TEST.strip(), (WYE,)),
        ("GOV-13", "", (WYE,)),
    ],
)
def test_what_was_looked_at_and_is_in_order_has_passed(rule_id: str, snippet: str, beside: tuple[str, ...]) -> None:
    assert judged(rule_id, snippet, *beside) == (Result.PASSED, "")


@pytest.mark.parametrize(
    ("rule_id", "reason"),
    [("CS-08", "all networks are of one environment"), ("DCM-23", "no member is in two networks")],
)
def test_networks_that_have_nothing_in_common_say_so(rule_id: str, reason: str) -> None:
    assert judged(rule_id, "", WYE) == (Result.NOT_APPLICABLE, reason)


def test_what_is_planned_is_something_to_look_at() -> None:
    network = read(parse("snippet", SOUND.encode()))[0]
    assert network is not None
    (rule,) = (rule for rule in RULES if rule.id == "SEC-15")
    bucket = Planned("aws:s3/bucket:Bucket", "one", {}, "RXA")
    levels = (Level.DEFINITION, Level.PLANNED)
    assert rule.judge(network, TODAY, Seen(network, planned=(bucket,), levels=levels)) == ((), "")


def test_a_network_without_a_platform_has_one_zone() -> None:
    network = read(parse("snippet", SOUND.encode()))[0]
    assert network is not None
    (rule,) = (rule for rule in RULES if rule.id == "BKP-05")
    bare = changed(network, platform=None)
    ((fault,), _) = rule.judge(bare, TODAY, Seen(bare))
    assert fault.message == "expected 2 zones or more in production, found 1"
