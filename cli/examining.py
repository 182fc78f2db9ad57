"""A definition's bytes -> all that is to be said of it. On the path of `check`, so it imports as little as it can."""

import os
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from cli.session import Session, Usage
from provisioner.findings import Finding, Severity
from provisioner.record import changed, record

if TYPE_CHECKING:
    from policies.level import Seen
    from policies.packs import Pack
    from policies.verdicts import Judgement
    from provisioner.definition.document import Document
    from provisioner.definition.network import Network

ENDINGS = (".yaml", ".yml")
"""What a folder is searched for; JSON, which may be anything there, has to be named."""
MOST_BYTES = 4 * 1024 * 1024 + 1
"""One more than a definition may have, so that a longer one is refused by its size and never read whole."""

NEAR = 0.8
"""How alike a file's name is to the one that was typed, for it to be meant."""


@record
class Examined:
    """A definition beside all that is to be said about it; no network where it could not be read.

    There is a judgement, a verdict for each rule, only where a report asks for it.
    """

    document: "Document"
    network: "Network | None"
    findings: tuple[Finding, ...]
    judgement: "Judgement | None" = None

    @property
    def refused(self) -> bool:
        return self.network is None or any(f.severity is Severity.ERROR for f in self.findings)

    @property
    def drawable(self) -> bool:
        """Whether its links can be followed, whatever the policies have against it."""
        wrong = any(f.severity is Severity.ERROR and f.rule.startswith("LNK") for f in self.findings)
        return self.network is not None and not wrong

    @property
    def broken(self) -> bool:
        """Whether a rule could not be evaluated, which is a fault of the rule."""
        from policies import broke

        return any(map(broke, self.findings))

    def count(self, severity: Severity) -> int:
        return sum(1 for f in self.findings if f.severity is severity)


def definitions_in(names: Iterable[str]) -> tuple[str, ...]:
    """The files that are meant, each once; a folder stands for the definitions right in it."""
    found = (inner for name in names for inner in (_folder(name) if os.path.isdir(name) else (name,)))  # noqa: PTH112
    return tuple(dict.fromkeys(found))


def _folder(name: str) -> tuple[str, ...]:
    try:
        files = sorted(entry.path for entry in os.scandir(name) if entry.is_file() and entry.name.endswith(ENDINGS))
    except OSError as error:
        raise Usage(f"cannot read {name}: {(error.strerror or str(error)).lower()}") from None
    if not files:
        raise Usage(f"there is no definition in {name}", f"a definition ends in {' or '.join(ENDINGS)}")
    return tuple(files)


def read_bytes(name: str) -> bytes:
    """The definition's bytes, from a file or from standard input."""
    if name == "-":
        return sys.stdin.buffer.read(MOST_BYTES)
    try:
        with open(name, "rb") as file:  # noqa: PTH123 - pathlib costs 5 ms
            return file.read(MOST_BYTES)
    except OSError as error:
        raise Usage(f"cannot read {name}: {(error.strerror or str(error)).lower()}", _instead(name, error)) from None


def _instead(name: str, error: OSError) -> str:
    """What to try in the place of a file that cannot be read: one whose name is nearly that."""
    if isinstance(error, IsADirectoryError):
        return "name one definition in it; `netprov check` takes a folder too"
    if not isinstance(error, FileNotFoundError):
        return ""
    from difflib import get_close_matches

    folder, wanted = os.path.split(name)
    try:
        there = [entry.name for entry in os.scandir(folder or ".") if entry.is_file()]
    except OSError:
        there = []
    near = get_close_matches(wanted, there, 1, NEAR)
    # pathlib costs 5 ms, and would take `./` from what was typed
    return f"did you mean {os.path.join(folder, near[0])}?" if near else "netprov init writes a first one"  # noqa: PTH118


@record
class Opened:
    """A definition that was read, and what is wrong with it before any policy is asked."""

    name: str
    document: "Document"
    network: "Network | None"
    findings: tuple[Finding, ...]


def examined(name: str, data: bytes, session: Session) -> Examined:
    """Read and judge one definition: syntax, shape, references, links, policies."""
    return ruled(opened(name, data), session)


def ruled(read: Opened, session: Session, seen: "Seen | None" = None) -> Examined:
    """A definition that was read, with all that the policies say of it."""
    network, findings = read.network, read.findings
    if network is not None:
        from policies import evaluate

        packs = packs_of(network, read.name, session)
        findings = (*findings, *evaluate(network, session.now().date(), packs=packs, seen=seen))
    return Examined(read.document, network, findings)


@record
class Judging:
    """How a definition is to be judged: whether waivers count, by which rules alone, and on what else that is seen."""

    waivers: bool = True
    only: "frozenset[str] | None" = None
    look: "Callable[[Network], Seen] | None" = None


WHOLLY = Judging()


def judged(read: Opened, session: Session, how: Judging = WHOLLY) -> Examined:
    """The same, with a verdict for each rule, or for some only; as if nothing were waived, if so asked."""
    from policies.verdicts import judge, unread

    document, network = read.document, read.network
    if network is None:
        return Examined(document, None, read.findings, unread("the definition cannot be read", how.only))
    seen = how.look(network) if how.look else None
    if network.policies and (how.only is not None or not how.waivers):
        kept = tuple(w for w in network.policies.waivers if how.waivers and (how.only is None or w.rule in how.only))
        network = changed(network, policies=changed(network.policies, waivers=kept))
        seen = changed(seen, network=network) if seen else None
    packs = packs_of(network, read.name, session)
    judgement = judge(network, session.now().date(), packs=packs, seen=seen, only=how.only)
    return Examined(document, network, (*read.findings, *judgement.findings), judgement)


def readable(name: str, data: bytes, session: Session) -> "tuple[Document, Network]":
    """A definition and its network, whatever the policies say of it; what cannot be read is told and refused."""
    read = opened(name, data)
    document, network, findings = read.document, read.network, read.findings
    if network is None:
        from cli.terminal import counted, note, style_of
        from provisioner.errors import Refused
        from provisioner.report import text

        note(text(document, findings, style_of(sys.stderr, session.environ).colour))
        errors = sum(1 for finding in findings if finding.severity is Severity.ERROR)
        raise Refused(f"{counted(errors, 'error')} in {document.name}: it cannot be read")
    return document, network


def packs_of(network: "Network", name: str, session: Session) -> "tuple[Pack, ...]":
    """netprov's packs, and those of the user's own that the definition of that name asks for."""
    from policies.packs import PACKS

    own = network.policies.packs if network.policies else ()
    if own:
        from cli.packs import own_packs

        beside = os.path.dirname("" if name == "-" else name)  # noqa: PTH120 - pathlib costs 5 ms
        return (*PACKS, *own_packs(own, beside, session.environ))
    return PACKS


def opened(name: str, data: bytes) -> Opened:
    """Read one definition, and follow its links."""
    from provisioner.definition.document import parse
    from provisioner.definition.reader import read

    document = parse("standard input" if name == "-" else name, data)
    network, shape = read(document)
    findings = (*document.findings, *shape)
    if network is not None:
        from provisioner.links.linking import findings as link_findings

        findings = (*findings, *link_findings(network))
    return Opened(name, document, network, findings)
