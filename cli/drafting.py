"""Answers -> the text of a first definition, with what the operating model cannot do without.

The file is for people to go on with, so it is written by hand here and not dumped: comments, order and the marks of
what is still to be filled in are its point.
"""

import json
from dataclasses import dataclass

from provisioner.definition.choices import OperatingModel

TO_FILL_IN = "to be filled in"
ENTITIES = {
    OperatingModel.JV_LLP: ("llp", "LLP", "OC000000"),
    OperatingModel.JV_COMPANY: ("company_by_shares", "Limited", "00000000"),
    OperatingModel.CIC: ("cic_by_guarantee", "CIC", "00000000"),
}
"""The entity's legal form, how its name ends, and a number that stands in for its own."""


@dataclass(frozen=True, slots=True)
class SiteAnswer:
    """One site."""

    ods: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class MemberAnswer:
    """One member and its sites."""

    ods: str
    name: str
    kind: str
    sites: tuple[SiteAnswer, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """All that a first definition needs; `party` is the lead, host, entity or supplier, as the model has it."""

    id: str
    name: str
    model: OperatingModel
    members: tuple[MemberAnswer, ...]
    party: str


def draft(answers: Answers) -> str:
    """The whole file."""
    return "\n".join((_head(answers), _model(answers), _members(answers.members), _worklist(answers)))


def usual_party(model: OperatingModel, name: str, members: tuple[MemberAnswer, ...]) -> str:
    """The lead, host, entity or supplier, where nobody says otherwise."""
    match model:
        case OperatingModel.COLLABORATION | OperatingModel.HOSTED:
            return members[0].ods if members else ""
        case OperatingModel.ALLIANCE:
            return ""
        case OperatingModel.OUTSOURCED:
            return f"Supplier of {name}"
        case _:
            return f"{name} {ENTITIES[model][1]}"


def _quoted(text: str) -> str:
    """A JSON string is a YAML string, whatever stands in it."""
    return json.dumps(text, ensure_ascii=False)


def _head(answers: Answers) -> str:
    title = " ".join(answers.name.split())
    return f"""\
# {title}: one file that `netprov up` turns into a running network.
# `netprov check` says what is wrong with it, `netprov schema` lists every field.
netprov: 1
network:
  id: {answers.id}
  name: {_quoted(answers.name)}
  environment: test       # or production: then every rule weighs in full
  synthetic_data: true    # a test network holds no patient's images
"""


def _model(answers: Answers) -> str:
    head = f"operating_model: {answers.model.value}\n"
    match answers.model:
        case OperatingModel.COLLABORATION:
            return f"{head}lead: {answers.party}    # employs, contracts and owns the hub for all\n"
        case OperatingModel.HOSTED:
            return f"{head}host: {answers.party}    # employs, contracts and owns the hub for all\n"
        case OperatingModel.ALLIANCE:
            return f"{head}topology: mesh    # every site links with every other\n"
        case OperatingModel.OUTSOURCED:
            return f"{head}supplier:\n  name: {_quoted(answers.party)}\n"
        case _:
            return head + _entity(answers)


def _entity(answers: Answers) -> str:
    kind, _, number = ENTITIES[answers.model]
    lines = [
        "legal_entity:",
        f"  name: {_quoted(answers.party)}",
        f"  kind: {kind}",
        f'  company_number: "{number}"    # {TO_FILL_IN}: its number at Companies House',
    ]
    if answers.model is OperatingModel.JV_COMPANY:
        lines += [f"  articles: {TO_FILL_IN}"]
    if answers.model is not OperatingModel.CIC:
        lines += ["ownership:    # in percent, 100 in all"]
        lines += [f"  - {{member: {m.ods}, share: {s:g}}}" for m, s in zip(*_shares(answers.members), strict=True)]
    if answers.model is OperatingModel.JV_COMPANY:
        parties = ", ".join(m.ods for m in answers.members)
        lines += [
            "governance:",
            "  agreements:",
            f"    - {{kind: shareholders_agreement, parties: [{parties}], ref: {TO_FILL_IN}}}",
        ]
    return "\n".join(lines) + "\n"


def _shares(members: tuple[MemberAnswer, ...]) -> tuple[tuple[MemberAnswer, ...], list[float]]:
    """Equal shares of one hundred percent; the last takes what rounding leaves."""
    each = round(100 / len(members), 2) if members else 0.0
    shares = [each] * (len(members) - 1)
    return members, [*shares, round(100 - sum(shares), 2)] if members else []


def _members(members: tuple[MemberAnswer, ...]) -> str:
    lines = ["members:"]
    for member in members:
        lines += [f"  - ods: {member.ods}", f"    name: {_quoted(member.name)}", f"    kind: {member.kind}"]
        lines += ["    sites:"] if member.sites else []
        for site in member.sites:
            lines += [f"      - ods: {site.ods}", f"        name: {_quoted(site.name)}", f"        kind: {site.kind}"]
    return "\n".join(lines) + "\n"


def _worklist(answers: Answers) -> str:
    """A hub keeps the worklist by itself; in a mesh one site has to."""
    first = next((s.ods for m in answers.members for s in m.sites), "")
    mesh = answers.model is OperatingModel.ALLIANCE
    home = f"    home: {first}    # the site whose node keeps the one shared worklist\n" if mesh else ""
    return f"reporting:\n  worklist:\n{home}    turnaround_days: 28    # from examination to verified report\n"
