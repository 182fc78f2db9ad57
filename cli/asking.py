"""The questions of `init`: each is put again until its answer fits, so that no long list of answers is lost."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from enum import StrEnum

import click

from cli.drafting import MemberAnswer, SiteAnswer
from cli.terminal import note
from provisioner.definition.choices import MemberKind, OperatingModel, SiteKind
from provisioner.definition.formats import NETWORK_ID, ODS_ORGANISATION, ODS_SITE, Format

MODELS = {
    OperatingModel.COLLABORATION: "partners work together, one of them leads",
    OperatingModel.ALLIANCE: "equal partners share risk and reward, no lead",
    OperatingModel.HOSTED: "one trust hosts the network for all",
    OperatingModel.JV_LLP: "the members own a limited liability partnership",
    OperatingModel.JV_COMPANY: "the members own a company",
    OperatingModel.CIC: "a community interest company",
    OperatingModel.OUTSOURCED: "a supplier runs it under contract",
}

PARTY = {
    OperatingModel.COLLABORATION: "ODS code of the lead trust",
    OperatingModel.HOSTED: "ODS code of the host trust",
    OperatingModel.JV_LLP: "Name of the LLP",
    OperatingModel.JV_COMPANY: "Name of the company",
    OperatingModel.CIC: "Name of the CIC",
    OperatingModel.OUTSOURCED: "Name of the supplier",
}
"""Whom a model cannot do without; an alliance has nobody of the kind."""


def asked(question: str, default: str | None = None) -> str:
    """One line of text."""
    answer: str = click.prompt(question, default=default, err=True)
    return answer.strip()


def ask_id() -> str:
    """The network's id."""
    return _fitting("Short name of the network", NETWORK_ID, frozenset())


def ask_model() -> OperatingModel:
    note("Operating models:")
    for number, (model, words) in enumerate(MODELS.items(), 1):
        note(f"  {number}  {model.value:<14} {words}")
    known = {str(number): model for number, model in enumerate(MODELS, 1)} | {model.value: model for model in MODELS}
    while (answer := asked("Which one", "3")) not in known:
        note(f"  expected a number from 1 to {len(MODELS)}, or a model's name")
    return known[answer]


def ask_members() -> tuple[MemberAnswer, ...]:
    """Members until there are two and nobody names another, each with its sites."""
    members: list[MemberAnswer] = []
    taken: set[str] = set()
    while len(members) < 2 or click.confirm("Another member?", default=False, err=True):
        note(f"Member {len(members) + 1}")
        ods = _code("  ODS code", ODS_ORGANISATION, taken)
        name, kind = asked("  Name"), _kind("  Kind", MemberKind, "nhs_trust")
        members.append(MemberAnswer(ods, name, kind, _ask_sites(ods, taken)))
    return tuple(members)


def ask_party(model: OperatingModel, usual: str, members: tuple[MemberAnswer, ...]) -> str:
    """The lead or host, which is one of the members; else a name."""
    codes = [member.ods for member in members]
    while True:
        answer = asked(PARTY[model], usual)
        if model not in (OperatingModel.COLLABORATION, OperatingModel.HOSTED):
            return answer
        if answer.upper() in codes:
            return answer.upper()
        note(f"  expected one of the members: {', '.join(codes)}")


def _ask_sites(member: str, taken: set[str]) -> tuple[SiteAnswer, ...]:
    sites: list[SiteAnswer] = []
    while not sites or click.confirm(f"  Another site of {member}?", default=False, err=True):
        ods = _code(f"  Site of {member}: ODS code", ODS_SITE, taken)
        name, kind = asked("    Name"), _kind("    Kind", SiteKind, "acute")
        sites.append(SiteAnswer(ods, name, kind))
    return tuple(sites)


def _code(question: str, shape: Format, taken: set[str]) -> str:
    """A code that nothing else has; capitals are put right."""
    code = _fitting(question, shape, taken, str.upper)
    taken.add(code)
    return code


def _fitting(question: str, shape: Format, taken: AbstractSet[str], tidy: Callable[[str], str] = str) -> str:
    while True:
        answer = tidy(click.prompt(question, err=True, prompt_suffix=f" (as {shape.example}): ").strip())
        if not shape.fits(answer):
            note(f"  expected {shape.words}")
        elif answer in taken:
            note(f"  {answer} is there already")
        else:
            return answer


def _kind(question: str, kinds: type[StrEnum], default: str) -> str:
    kind: str = click.prompt(question, type=click.Choice([k.value for k in kinds]), default=default, err=True)
    return kind
