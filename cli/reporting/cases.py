"""The report as cases of a test suite: what is waived, does not apply or was not evaluated is skipped."""

from collections.abc import Iterator

from cli.junit import SKIPPED
from cli.reporting.facts import Facts, Found
from cli.reporting.words import waived
from provisioner.findings import Severity


def cases(found: Facts) -> Iterator[tuple[str, str, float, str, str]]:
    """One case a rule, and one for each other finding; what is only a note does not fail."""
    policies = {control["rule"] for control in found["controls"]}
    for control in found["controls"]:
        own = [found["findings"][number] for number in control["findings"]]
        own.sort(key=lambda f: f["waiver"] is not None)
        name, words = f"{control['rule']} {control['title']}", "\n".join(map(_sentence, own))
        failed = [f for f in own if f["severity"] != Severity.INFO.word]
        kind = failed[0]["severity"] if failed else SKIPPED if control["result"] not in ("pass", "fail") else ""
        yield control["file"], name, 0.0, kind, words or f"{control['result']}: {control['reason']}"
    for f in found["findings"]:
        if f["rule"] not in policies and f["severity"] != Severity.INFO.word:
            yield f["file"], f"{f['rule']} {f['path']}".strip(), 0.0, f["severity"], _sentence(f)


def _sentence(f: Found) -> str:
    where = f"{f['file']}:{f['line']}:{f['column']}: {f['weight']}: {f['message']} [{f['rule']}]"
    waiver = f"\nwaived: {waived(f['waiver'])}" if f["waiver"] else ""
    return where + (f"\ntry: {f['hint']}" if f["hint"] and not waiver else "") + waiver
