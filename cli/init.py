"""`init`: a first definition, by questions or by options, that passes `check`."""

import sys
from pathlib import Path

import click

from cli.asking import PARTY, ask_id, ask_members, ask_model, ask_party, asked
from cli.drafting import Answers, MemberAnswer, SiteAnswer, draft, usual_party
from cli.examining import examined
from cli.loading import refuse_errors
from cli.session import Session, Usage
from cli.terminal import note, say
from provisioner.definition.choices import MemberKind, OperatingModel, SiteKind
from provisioner.definition.formats import NETWORK_ID, ODS_ORGANISATION, ODS_SITE, Format
from provisioner.errors import Exit


class Repeated(click.types.StringParamType):
    """Several values in one variable, as names hold blanks."""

    envvar_list_splitter = ";"


EXAMPLE = """\b
Example:
  netprov init --id severn --name "Severn Imaging Network" --model hosted \\
    --member "RXA=Anytown Trust" --site "RXA01=Anytown General:acute" \\
    --member "RXB=Bourne Trust" --site "RXB01=Bourne Royal"
"""


@click.command(epilog=EXAMPLE)
@click.option("--id", "network_id", help="Short name of the network: severn.")
@click.option("--name", help="Full name of the network.")
@click.option("--model", type=click.Choice([m.value for m in OperatingModel]), help="Operating model.")
@click.option(
    "--member", "members", multiple=True, type=Repeated(), metavar="ODS=NAME[:KIND]", help="A member; may be repeated."
)
@click.option(
    "--site",
    "sites",
    multiple=True,
    type=Repeated(),
    metavar="ODS=NAME[:KIND]",
    help="A site of the member whose code it begins with, or MEMBER/ODS=NAME; may be repeated.",
)
@click.option("--party", help="Lead or host (ODS code), legal entity or supplier (name), as the model needs.")
@click.option("--output", "-o", default="network.yaml", show_default=True, help="Where to write; - is standard output.")
@click.pass_obj
def init(
    session: Session,
    *,
    network_id: str | None,
    name: str | None,
    model: str | None,
    members: tuple[str, ...],
    sites: tuple[str, ...],
    party: str | None,
    output: str,
) -> int:
    """Write a first definition.

    Asks for what no option gives.
    """
    _refuse_to_overwrite(output)
    _refuse_silence(network_id, name, model, members, sites)
    identity = _fitting("--id", network_id, NETWORK_ID) if network_id else ask_id()
    title = name or asked("Full name of the network")
    chosen = OperatingModel(model) if model else ask_model()
    partners = _joined(members, sites) if members else ask_members()
    usual = usual_party(chosen, title, partners)
    if party is None and not members and chosen in PARTY:
        party = ask_party(chosen, usual, partners)
    text = draft(Answers(identity, title, chosen, partners, party or usual))
    return _write(text, output, session)


def _refuse_to_overwrite(output: str) -> None:
    if output != "-" and Path(output).exists():
        raise Usage(f"{output} is there already and is not overwritten", "another name: netprov init -o other.yaml")


def _refuse_silence(*given: object) -> None:
    """Without a terminal every answer must come as an option."""
    names = ("--id", "--name", "--model", "--member", "--site")
    missing = [name for name, value in zip(names, given, strict=True) if not value]
    if missing and not sys.stdin.isatty():
        raise Usage(f"there is no terminal to ask on, and {', '.join(missing)} not given", "netprov init --help")


def _write(text: str, output: str, session: Session) -> int:
    """Write what passes `check`, and nothing else."""
    result = examined(output, text.encode(), session)
    if result.refused and sys.stdin.isatty():
        note(f"{text}\n")  # the answers are not lost
    refuse_errors(result, session)
    if output == "-":
        say(text)
        return Exit.DONE
    try:
        with Path(output).open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Usage(f"cannot write {output}: {(error.strerror or str(error)).lower()}") from None
    note(f"{output} is written and passes `netprov check`\n  next: netprov up {output}")
    return Exit.DONE


def _fitting(option: str, given: str, shape: Format) -> str:
    if not shape.fits(given):
        raise Usage(f"{option}: '{given}' is not {shape.words}", f"as {shape.example}")
    return given


def _joined(members: tuple[str, ...], sites: tuple[str, ...]) -> tuple[MemberAnswer, ...]:
    """Members from options, each with the sites whose codes begin with its own."""
    named = [_split("--member", text, [k.value for k in MemberKind], ODS_ORGANISATION) for text in members]
    codes = [ods for ods, _, _ in named]
    placed = [_placed(text, codes) for text in sites]
    return tuple(
        MemberAnswer(ods, name, kind or "nhs_trust", tuple(site for owner, site in placed if owner == ods))
        for ods, name, kind in named
    )


def _placed(text: str, members: list[str]) -> tuple[str, SiteAnswer]:
    owner, slash, rest = text.partition("/") if "/" in text.partition("=")[0] else ("", "", text)
    ods, name, kind = _split("--site", rest if slash else text, [k.value for k in SiteKind], ODS_SITE)
    owners = [owner] if slash else [m for m in sorted(members, key=len, reverse=True) if ods.startswith(m)]
    if not owners or owners[0] not in members:
        raise Usage(f"site {ods} belongs to none of the members {', '.join(members)}", f"--site MEMBER/{ods}=...")
    return owners[0], SiteAnswer(ods, name, kind or "acute")


def _split(option: str, text: str, kinds: list[str], shape: Format) -> tuple[str, str, str]:
    """CODE=Name:kind, the kind being left out at will."""
    ods, equals, rest = text.partition("=")
    name, _, kind = rest.rpartition(":")
    if kind not in kinds:
        name, kind = rest, ""
    if not equals or not name.strip():
        raise Usage(f"{option} '{text}' names no one", f'{option} "{shape.example}=Anytown"')
    return _fitting(option, ods, shape), name.strip(), kind
