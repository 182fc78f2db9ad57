"""`report`: all that a check finds, as a bundle to keep; whether one is as it was made; what changed between two."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from cli.checking import FORMS, Asked, frameworks, refused, rules_of, told, verdicts
from cli.examining import judged, opened, read_bytes
from cli.formats import as_json
from cli.options import format_option
from cli.reporting.bundle import Files, faults, read, seal, sealed, unproven, write
from cli.reporting.facts import Facts, digest, facts
from cli.session import Session, Usage
from cli.terminal import note, say
from provisioner import VERSION
from provisioner.errors import Exit
from provisioner.record import changed

README = """\
report.html   for people: open it in a browser
report.txt    the same, as text
report.json   all facts; report.sarif, report.xml (JUnit) and report.oscal.json for machines
network.svg   the network, if the definition could be deployed
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
@format_option("text", "json")
@click.pass_obj
def report(session: Session, *, words: tuple[str, ...], output: str, moment: str, bundle: str, form: str) -> int:
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
    return _bundle(words[0], Path(output), changed(session, now=lambda: _moment(moment, session)))


def _bundle(name: str, output: Path, session: Session) -> int:
    """Everything under the definition's own name, so that the folder it lies in makes no difference."""
    data = read_bytes(name)
    result = judged(opened(name, data), session)
    result = changed(result, document=changed(result.document, name=Path(result.document.name).name))
    found = facts((result,), (digest(data),), session.now().date())
    rules = rules_of((result,))
    from cli.reporting.page import page

    texts = {
        "README.txt": README,
        "report.txt": f"{told((result,))}\n\n{verdicts(found)}\n\n{frameworks(found)}\n",
        "report.json": FORMS["json"]((result,), found) + "\n",
        "report.sarif": FORMS["sarif"]((result,), found) + "\n",
        "report.oscal.json": FORMS["oscal"]((result,), found) + "\n",
        "report.xml": FORMS["junit"]((result,), found) + "\n",
        "report.html": page((result,), found, rules, name),
    }
    if result.network is not None and not result.refused:
        from provisioner.graph import svg
        from provisioner.linking import derive

        texts["network.svg"] = svg(derive(result.network))
    stop = refused((result,), found, Asked().fail_on)
    manifest = {
        "netprov": VERSION,
        "time": session.now().isoformat(),
        "definition": {**found["definitions"][0], "bytes": len(data)},
        "rules": digest(json.dumps([(r.id, r.severity, r.basis, r.manual) for r in rules.values()]).encode()),
        "result": "refused" if stop else "accepted",
        "results": found["results"],
    }
    files = sealed({key: text.encode() for key, text in texts.items()}, manifest)
    write(output, files)
    say(f"{output}: {manifest['result']}, {len(files)} files; its seal is {seal(files)}")
    return Exit.REFUSED if stop else Exit.DONE


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
