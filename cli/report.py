"""`report`: all that a check finds, as a bundle to keep; whether one is as it was made; what changed between two."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from cli.checking import FORMS, Asked, frameworks, refused, rules_of, told, verdicts
from cli.examining import Examined, Judging, Opened, judged, opened, read_bytes
from cli.formats import as_json
from cli.levels import look
from cli.options import format_option
from cli.reporting.bundle import Files, faults, read, seal, sealed, unproven, write
from cli.reporting.enclosed import enclosed
from cli.reporting.facts import Facts, digest, facts
from cli.session import Session, Usage
from cli.terminal import note, say
from policies.level import Level
from provisioner import VERSION
from provisioner.errors import Exit
from provisioner.record import changed

MOST_SPREAD = 30
"""Members whose reach is told; a larger network's is as large as their square."""
README = """\
report.html   for people: open it in a browser
report.txt    the same, as text
report.json   all facts; report.sarif, report.xml (JUnit) and report.oscal.json for machines
network.svg   the network, unless its links are wrong
reach.txt     where copies of each member's images can end up
plan.json, proof.json, audit.json: the plan, the proof of the running network, its audit log, where they were given
manifest.json what was judged, when, and by what

To see that nothing was changed: netprov report --verify BUNDLE
or, without netprov, in this folder: sha256sum -c SHA256SUMS
"""


@click.command(epilog="Example: netprov report network.yaml -o audit.zip")
@click.argument("words", nargs=-1, metavar="[FILE | diff BUNDLE BUNDLE]")
@click.option("--output", "-o", default="", help="The bundle: a new folder, or a .zip file.")
@click.option(
    "--time", "moment", default="", help="When it is made, as 2027-01-31T09:30:00Z; else SOURCE_DATE_EPOCH, or now."
)
@click.option("--verify", "bundle", default="", metavar="BUNDLE", help="Say whether a bundle is as it was made.")
@click.option("--plan", type=click.Path(path_type=Path), help="What `plan --format json` printed.")
@click.option("--proof", type=click.Path(path_type=Path), help="What `verify --format json` printed.")
@click.option(
    "--audit", type=click.Path(path_type=Path), help="What `worklist audit --format json` printed, to enclose."
)
@format_option("text", "json")
@click.pass_obj
def report(
    session: Session,
    *,
    words: tuple[str, ...],
    output: str,
    moment: str,
    bundle: str,
    plan: Path | None,
    proof: Path | None,
    audit: Path | None,
    form: str,
) -> int:
    """Bundle all that a check finds, for an auditor to keep.

    `report --verify BUNDLE` detects a changed byte; `report diff A B` says what got better and worse.
    """
    if bundle and not words:
        path = Path(bundle)
        say(f"{path} is as it was made; its seal is {seal(_intact(path))}")
        return Exit.DONE
    if words[:1] == ("diff",):
        if len(words) != 3:
            raise Usage("diff takes two bundles", "netprov report diff before.zip after.zip")
        return _diff(Path(words[1]), Path(words[2]), form)
    if len(words) != 1 or not output or bundle:
        raise Usage("a report takes one definition and --output", "netprov report network.yaml -o audit.zip")
    given = {"plan": plan, "proof": proof, "audit": audit}
    papers = {kind: path for kind, path in given.items() if path is not None}
    return _bundle(words[0], Path(output), papers, changed(session, now=lambda: _moment(moment, session)))


def _bundle(name: str, output: Path, papers: Mapping[str, Path], session: Session) -> int:
    """Everything under the definition's own name, so that the folder it lies in makes no difference."""
    data = read_bytes(name)
    read = opened(name, data)
    result = judged(read, session, Judging(look=lambda network: look(network, (Level.RENDERED,), session)))
    network_id = read.network.network.id if read.network else ""
    enclosures = [enclosed(kind, path, network_id) for kind, path in papers.items()]
    result = changed(result, document=changed(result.document, name=Path(result.document.name).name))
    found = facts((result,), (digest(data),), session.now().date())
    rules = rules_of((result,))
    said = [f"{each.words}{'' if each.sound else ': NOT SOUND'}" for each in enclosures]
    packs = dict(_packs(read))
    stop = refused((result,), found, Asked().fail_on)
    manifest = {
        "netprov": VERSION,
        "time": session.now().isoformat(),
        "definition": {**found["definitions"][0], "bytes": len(data)},
        "rules": digest(json.dumps([(r.id, r.severity, r.basis, r.manual) for r in rules.values()]).encode()),
        "result": "refused" if stop else "accepted",
        "results": found["results"],
        "packs": {pack: digest(text) for pack, text in packs.items()},
        "enclosed": {each.kind: {"sound": each.sound, "said": each.words} for each in enclosures},
    }
    texts = {key: text.encode() for key, text in _texts(result, found, said, name).items()}
    held = {f"{each.kind}.json": each.text for each in enclosures}
    files = sealed(texts | held | packs, manifest)
    write(output, files)
    head = f"{output}: {manifest['result']}, {len(files)} files; its seal is {seal(files)}"
    say("\n  ".join([head, *said]))
    sound = all(each.sound for each in enclosures)
    return Exit.REFUSED if stop else Exit.DONE if sound else Exit.UNVERIFIED


def _texts(result: Examined, found: Facts, said: list[str], name: str) -> dict[str, str]:
    """Every file of the report by its name."""
    from cli.reporting.page import page

    told_beside = "".join(f"\n{line}" for line in said)
    texts = {
        "README.txt": README,
        "report.txt": f"{told((result,))}{told_beside}\n\n{verdicts(found)}\n\n{frameworks(found)}\n",
        "report.json": FORMS["json"]((result,), found) + "\n",
        "report.sarif": FORMS["sarif"]((result,), found) + "\n",
        "report.oscal.json": FORMS["oscal"]((result,), found) + "\n",
        "report.xml": FORMS["junit"]((result,), found) + "\n",
        "report.html": page((result,), found, rules_of((result,)), name),
    }
    if result.network is None:
        return texts
    from provisioner.links import spread
    from provisioner.links.graph import svg
    from provisioner.links.linking import derive

    members = result.network.members[:MOST_SPREAD]
    texts["reach.txt"] = "\n".join(spread.text(spread.spread(result.network, member.ods)) for member in members)
    return texts | {"network.svg": svg(derive(result.network))} if result.drawable else texts


def _packs(read: Opened) -> Iterator[tuple[str, bytes]]:
    """The files of the user's own packs by which the definition was judged: code, and a part of the evidence."""
    named = read.network.policies.packs if read.network and read.network.policies else ()
    for number, pack in enumerate((name for name in named if name.endswith(".py")), 1):
        path = Path(read.name).parent / pack
        if path.is_file():
            yield f"pack-{number}-{path.name}", path.read_bytes()


def _diff(before: Path, after: Path, form: str) -> int:
    from cli.reporting.diff import compared
    from cli.reporting.diff import told as told_changes

    changes = compared(_facts(_intact(before)), _facts(_intact(after)))
    say(as_json(changes) if form == "json" else told_changes(changes))
    return Exit.CHANGES if changes["worse"] else Exit.DONE


def _intact(path: Path) -> Files:
    files = read(path)
    found = faults(path, files)
    if found:
        note("\n".join(found))
        raise unproven(path)
    return files


def _facts(files: Mapping[str, bytes]) -> Facts:
    found: Facts = json.loads(files["report.json"])
    return found


def _moment(given: str, session: Session) -> datetime:
    """The time that a bundle bears, and on which waivers are judged."""
    epoch = session.environ.get("SOURCE_DATE_EPOCH", "")
    try:
        if given:
            moment = datetime.fromisoformat(given)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return datetime.fromtimestamp(int(epoch), UTC) if epoch else session.now().replace(microsecond=0)
    except (ValueError, OverflowError, OSError):
        raise Usage(f"{given or epoch} is no time", "2027-01-31T09:30:00Z, or seconds in SOURCE_DATE_EPOCH") from None
