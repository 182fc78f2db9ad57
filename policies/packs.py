"""Packs: which rule weighs how much, on whose authority. They are data, which a definition selects by name."""

from collections.abc import Iterator

from policies.rule import Rule
from policies.sources import CLOUD_STORAGE, OFFSHORING_GUIDANCE
from provisioner.definition.choices import Environment
from provisioner.definition.network import Network
from provisioner.findings import Finding, Severity
from provisioner.record import record

UNKNOWN = "PCK-01"
CONTRADICTION = "PCK-02"
UNUSABLE = "PCK-03"
MALFORMED = "PCK-04"


@record
class Terms:
    """What a waiver must meet: how many days off it may end, which rules no one may waive, and who has to approve."""

    days: int = 180
    never: tuple[str, ...] = ("RES-04", "RES-09", "RES-11", "CS-01", "JV-05")
    """What the law asks of the network itself, and the promise that a test network makes."""
    approvers: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("RES", ("SIRO", "DPO", "Caldicott Guardian")),
        ("IG", ("DPO",)),
        ("CS", ("Clinical Safety Officer",)),
    )
    """By family: the roles that `approved_by` has to name."""


TERMS = Terms()


@record
class Trouble:
    """Why a pack of a user's own, or one rule of it, cannot be used."""

    message: str
    hint: str
    rule: str = UNUSABLE


@record
class Pack:
    """Weights that differ from the rules' own (None: not asked), and rules that the pack brings with it.

    `instead_of` names what only one pack of a definition may decide.
    """

    name: str
    title: str
    source: str
    weights: dict[str, Severity | None]
    lighter: tuple[str, ...] = ()
    """Families whose rules weigh one level less, but for those that `weights` names."""
    instead_of: str = ""
    terms: Terms | None = None
    """For waivers; of packs that state some, the strictest days hold, and what any of them forbids."""
    rules: tuple[Rule, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    """Of a user's own pack: each is an error, since what could not be asked has not been passed."""


UK_ONLY = Pack(
    "uk-only",
    "Images, copies and logs are in the UK",
    f"Cloud Centre of Excellence, {CLOUD_STORAGE}",
    {"RES-02": None, "RES-03": None, "RES-04": None},
    instead_of="residency",
)
OFFSHORING = Pack(
    "offshoring-2022",
    "Images may be in the EEA and where the UK sees adequacy or safeguards, if SIRO, DPO and Caldicott Guardian say so",
    f"NHS Digital, {OFFSHORING_GUIDANCE}",
    {"RES-01": None, "RES-05": None, "RES-06": Severity.WARN, "RES-12": None},
    instead_of="residency",
)
NHS_ONLY = Pack(
    "nhs-only",
    "No private body owns or runs any part of the network",
    "Society of Radiographers, NHS sets out models for new imaging networks, 2021",
    {"WRK-02": Severity.ERROR, "WRK-06": Severity.ERROR},
)
SYNTHETIC = Pack(
    "synthetic",
    "A test network that holds synthetic data only",
    f"NHS Digital, {OFFSHORING_GUIDANCE}: test environments have more room",
    {"RES-09": Severity.ERROR},
    lighter=("RES", "IG", "CS"),
)
PACKS = (UK_ONLY, OFFSHORING, NHS_ONLY)
"""What a definition may name. `synthetic` is in force in a test network that promises synthetic data, and nowhere
else; `uk-only` is, where no other pack decides residency."""


def in_force(network: Network, offered: tuple[Pack, ...] = PACKS) -> tuple[Pack, ...]:
    """The packs that this network is judged by; where two contradict each other, the first that is offered."""
    named = network.policies.packs if network.policies else ()
    chosen: dict[str, Pack] = {}
    for pack in offered:
        if pack.name in named:
            chosen.setdefault(pack.instead_of or pack.name, pack)
    chosen.setdefault(UK_ONLY.instead_of, UK_ONLY)
    identity = network.network
    synthetic = identity.environment is Environment.TEST and identity.synthetic_data
    return (*chosen.values(), SYNTHETIC) if synthetic else tuple(chosen.values())


def weight(rule: Rule, packs: tuple[Pack, ...]) -> Severity | None:
    """How much a finding of this rule weighs under these packs; None where it is not asked."""
    severity: Severity | None = rule.severity
    for pack in packs:
        if rule.id in pack.weights:
            severity = pack.weights[rule.id]
        elif severity is not None and rule.family in pack.lighter:
            severity = Severity(max(severity - 1, Severity.INFO))
    return severity


def terms(packs: tuple[Pack, ...]) -> Terms:
    """What waivers must meet under these packs."""
    stated = tuple(pack.terms for pack in packs if pack.terms) or (TERMS,)
    return Terms(
        min(each.days for each in stated),
        tuple(rule for each in stated for rule in each.never),
        tuple(approver for each in stated for approver in each.approvers),
    )


def mistakes(network: Network, offered: tuple[Pack, ...] = PACKS) -> Iterator[Finding]:
    """What is wrong with the packs that the definition names."""
    known = {pack.name: pack for pack in offered}
    first: dict[str, str] = {}
    for number, name in enumerate(network.policies.packs if network.policies else ()):
        path = (*network.path, "policies", "packs", number)
        if name not in known:
            message = f"expected the name of a pack, found {name}"
            hint = f"one of {', '.join(known)}; or a file beside the definition, as ./ours.py"
            yield Finding(UNKNOWN, Severity.ERROR, path, message, hint)
            continue
        for trouble in known[name].troubles:
            yield Finding(trouble.rule, Severity.ERROR, path, trouble.message, trouble.hint)
        if (what := known[name].instead_of) and first.setdefault(what, name) != name:
            message = f"expected one pack that decides {what}, found {first[what]} and {name}"
            yield Finding(CONTRADICTION, Severity.ERROR, path, message, "keep one of the two")
