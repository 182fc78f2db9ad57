"""`plan` and `up`: a definition becomes a running network."""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from cli import words
from cli.board import board
from cli.forecast import foretold
from cli.formats import as_json, report_as_json
from cli.levels import refuse_planned
from cli.loading import Checked, at_hand, checked, folder_of
from cli.options import definition_argument, format_option, refresh_option, studies_option, target_option, yes_option
from cli.running import agreed, awaited, can_ask, watched
from cli.session import Session
from cli.terminal import Style, note, say, style_of
from provisioner.engine.plan import Outcome, Plan
from provisioner.errors import Exit, NetprovError
from provisioner.links.topology import Topology

if TYPE_CHECKING:
    from provisioner.proving.verify import Report
    from stacks.target import Request, Target


rotate_option = click.option(
    "--rotate",
    type=click.Choice(("when_due", "certificates", "authority")),
    default="when_due",
    show_default=True,
    help="What to renew now; passwords go with the authority.",
)


@dataclass(frozen=True, slots=True)
class How:
    """What the options say about a run."""

    refresh: bool
    delete_studies: bool
    rotate: str
    parallel: int = 16


@dataclass(frozen=True, slots=True)
class Run:
    """All that one `up` has to tell."""

    topology: Topology
    result: Outcome
    report: "Report | None"
    addresses: dict[str, object]
    cut_short: bool
    """The proof was interrupted."""

    @property
    def code(self) -> Exit:
        if self.result.interrupted or self.cut_short:
            return Exit.INTERRUPTED
        if self.result.failed:
            return Exit.FAILED
        return Exit.UNVERIFIED if self.report and self.report.failed else Exit.DONE


def _request(definition: Checked, session: Session, how: How, *, alone: bool = False) -> "Request":
    """`alone`: nobody is asked, not even the bucket that the state is in."""
    from stacks.target import Request, Rotation

    return Request(
        topology=definition.topology,
        definition=definition.text,
        folder=(folder_of if alone else at_hand)(definition.topology.id, session),
        environ=session.environ,
        delete_studies=how.delete_studies,
        refresh=how.refresh,
        rotate=Rotation(how.rotate),
        parallel=how.parallel,
    )


@click.command(epilog="Example: netprov plan network.yaml --exit-code")
@definition_argument
@target_option
@refresh_option
@studies_option
@rotate_option
@click.option("--exit-code", is_flag=True, help="Exit 5 if anything would change.")
@click.option("--offline", is_flag=True, help="Tell all that there would be, without account, credentials or network.")
@format_option("text", "json", "mermaid")
@click.pass_obj
def plan(
    session: Session,
    *,
    file: str,
    target: str,
    refresh: bool,
    delete_studies: bool,
    rotate: str,
    exit_code: bool,
    offline: bool,
    form: str,
) -> int:
    """Say what `up` would change, and why.

    Changes nothing.
    """
    definition, stack = checked(file, session), session.target(target)
    alone = offline or form == "mermaid"
    wanted = _request(definition, session, How(refresh, delete_studies, rotate), alone=alone)
    if alone:
        return foretold(stack, wanted, file, form, session)
    _judge(stack, wanted, file, session)
    found = awaited(f"planning {definition.topology.id}", lambda: stack.plan(wanted), session)
    style = style_of(sys.stdout, session.environ)
    say(as_json(_plan_facts(found)) if form == "json" else _plan_words(found, definition.topology, style))
    return Exit.CHANGES if exit_code and found.changes else Exit.DONE


def _judge(stack: "Target", wanted: "Request", file: str, session: Session) -> None:
    """Before anything is made: the rules on planned resources. Raises Refused."""
    planned = awaited(f"planning {wanted.topology.id}", lambda: stack.planned(wanted), session)
    refuse_planned(file, wanted.definition, planned, session)


def _plan_facts(found: Plan) -> dict[str, object]:
    return {"network": found.network, "summary": words.headline(found.steps), "steps": found.steps}


def _plan_words(found: Plan, topology: Topology, style: Style) -> str:
    title = style.paint(f"{topology.name} ({found.network})", "bold")
    steps = words.steps(found, style)
    return f"{title}: {words.headline(found.steps)}" + (f"\n\n{steps}" if steps else "")


@click.command(epilog="Example: netprov up network.yaml --yes")
@definition_argument
@target_option
@yes_option
@click.option("--no-verify", is_flag=True, help="Do not prove the network afterwards.")
@refresh_option
@studies_option
@rotate_option
@click.option("--parallel", type=click.IntRange(1, 64), default=16, show_default=True, help="Nodes at a time.")
@format_option("text", "json")
@click.pass_obj
def up(
    session: Session,
    *,
    file: str,
    target: str,
    yes: bool,
    no_verify: bool,
    refresh: bool,
    delete_studies: bool,
    rotate: str,
    parallel: int,
    form: str,
) -> int:
    """Deploy a network, or bring it in line with its definition.

    Checks, plans, asks, deploys, and proves what it deployed.
    """
    if not yes:
        can_ask(file)
    definition, stack = checked(file, session), session.target(target)
    how = How(refresh, delete_studies, rotate, parallel)
    wanted = _request(definition, session, how)
    _judge(stack, wanted, file, session)
    if not (yes or _agreed(stack, wanted, session)):
        return Exit.INTERRUPTED
    result = watched(lambda listen: stack.up(wanted, listen), board(definition.topology, _known(wanted)), session)
    whole = not (result.failed or result.interrupted)
    addresses = stack.outputs(wanted.folder, wanted.topology) if whole else {}
    report, cut_short = _proved(stack, wanted, session) if whole and not no_verify else (None, False)
    run = Run(definition.topology, result, report, addresses, cut_short)
    say(as_json(_run_facts(run)) if form == "json" else _run_words(run, style_of(sys.stdout, session.environ)))
    return run.code


def _agreed(stack: "Target", wanted: "Request", session: Session) -> bool:
    """Show the plan and ask; a plan without changes needs no answer, and still brings dead nodes back."""
    found = awaited(f"planning {wanted.topology.id}", lambda: stack.plan(wanted), session)
    note(_plan_words(found, wanted.topology, style_of(sys.stderr, session.environ)))
    return not found.changes or agreed("\nGo on?")


def _known(wanted: "Request") -> frozenset[str]:
    """The nodes of the last run, as far as its record can be read: this only decides what is drawn."""
    from provisioner.engine.registry import load

    try:
        record = load(wanted.folder)
    except NetprovError:
        record = None
    return frozenset(node.id for node in record.topology.nodes) if record else frozenset()


def _proved(stack: "Target", wanted: "Request", session: Session) -> "tuple[Report | None, bool]":
    """The proof, or that Ctrl-C cut it short: what was deployed is told all the same."""
    topology = wanted.topology
    try:
        return awaited(f"verifying {topology.id}", lambda: stack.verify(wanted.folder, topology), session), False
    except KeyboardInterrupt:
        return None, True


def _run_facts(run: Run) -> dict[str, object]:
    return {
        "network": run.result.network,
        "summary": words.headline(run.result.steps),
        "outcome": run.result,
        "verification": report_as_json(run.report) if run.report else None,
        "outputs": run.addresses,
        "exit_code": run.code,
    }


def _run_words(run: Run, style: Style) -> str:
    """What was done, what it proved, where it is, and what to type next."""
    name = run.topology.id
    parts = [words.outcome(run.result, run.topology, "up", style)]
    if run.report:
        parts.append((words.verification if run.report.failed else words.verdict)(run.report, style))
    elif run.cut_short:
        parts.append(f"the proof was interrupted: netprov verify {name}")
    elif run.result.failed:
        parts.append("not verified, since not all of it is up: mend that, then run `netprov up` again")
    if run.addresses:
        parts.append("\n" + words.addresses(run.addresses, style, most=12))
        parts.append(f"\nnext: netprov status | outputs | graph | down {name}")
    return "\n".join(parts)
