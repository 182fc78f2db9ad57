"""The report as OSCAL assessment results, for governance tools: an observation for every control, passes included.

A finding is made where a control was judged: satisfied, or not. What was not evaluated or does not apply has its
observation alone, so that it counts as neither. A waiver is a risk whose deviation was approved.
"""

import json
from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cli.reporting.facts import Control, Defined, Facts, Found
from cli.reporting.sarif import relative
from cli.reporting.words import looked, waived

VERSION = "1.2.0"
SPACE = uuid5(NAMESPACE_URL, "urn:netprov:assessment-results")
STATES = {"pass": ("satisfied", "pass"), "fail": ("not-satisfied", "fail"), "waived": ("not-satisfied", "other")}


def oscal(facts: Facts) -> str:
    """One document; a result for each definition. The same facts have the same identifiers."""
    moment = f"{facts['date']}T00:00:00+00:00"
    plan = _uuid("plan", facts["netprov"])
    results = {
        "uuid": _uuid(facts["date"], facts["netprov"], *(d["sha256"] for d in facts["definitions"])),
        "metadata": {
            "title": "netprov policy report",
            "last-modified": moment,
            "version": facts["date"],
            "oscal-version": VERSION,
        },
        "import-ap": {"href": f"#{plan}"},
        "results": [_result(definition, facts, moment) for definition in facts["definitions"]],
        "back-matter": {
            "resources": [{"uuid": plan, "title": f"The rules of netprov {facts['netprov']}, asked of a definition"}]
        },
    }
    return json.dumps({"assessment-results": results}, indent=2, ensure_ascii=False)


def _result(definition: Defined, facts: Facts, moment: str) -> dict[str, Any]:
    own = (definition["file"], definition["sha256"])
    controls = [control for control in facts["controls"] if control["file"] == definition["file"]]
    findings = {control["rule"]: [facts["findings"][n] for n in control["findings"]] for control in controls}
    how = looked(controls, facts["only"])
    judged = [control for control in controls if control["result"] in STATES]
    others = [f for f in facts["findings"] if f["file"] == definition["file"] and f["rule"] not in findings]
    risks = [_risk(found, own) for each in findings.values() for found in each if found["waiver"]]
    observed = [
        *(_observation(control, findings[control["rule"]], own, moment) for control in controls),
        *(_other(found, own, moment) for found in others),
    ]
    return {
        "uuid": _uuid("result", *own),
        "title": definition["name"] or definition["file"],
        "description": f"{definition['file']}, SHA-256 {definition['sha256']}, judged {how}",
        "start": moment,
        "reviewed-controls": {
            "control-selections": [{"include-controls": [{"control-id": control["rule"]} for control in controls]}]
        },
        "observations": observed,
        **({"risks": risks} if risks else {}),
        **({"findings": [_finding(control, findings[control["rule"]], own) for control in judged]} if judged else {}),
    }


def _observation(control: Control, findings: list[Found], own: tuple[str, ...], moment: str) -> dict[str, Any]:
    reason = f": {control['reason']}" if control["reason"] else ""
    return {
        "uuid": _uuid("observation", control["rule"], *own),
        "title": control["rule"],
        "description": f"{control['title']}: {control['result']}{reason}",
        "props": [
            _prop("result", control["result"].replace(" ", "-")),
            _prop("severity", control["severity"]),
            _prop("basis", control["basis"]),
            _prop("level", ", ".join(control["levels"]) or "none"),
        ],
        "methods": ["TEST"],
        **({"relevant-evidence": list(map(_evidence, findings))} if findings else {}),
        "collected": moment,
    }


def _other(found: Found, own: tuple[str, ...], moment: str) -> dict[str, Any]:
    """What is wrong with the definition itself, its packs or waivers."""
    return {
        "uuid": _uuid("other", found["rule"], found["fingerprint"], *own),
        "title": found["rule"],
        "description": found["message"],
        "props": [_prop("severity", found["weight"])],
        "methods": ["TEST"],
        "relevant-evidence": [_evidence(found)],
        "collected": moment,
    }


def _finding(control: Control, findings: list[Found], own: tuple[str, ...]) -> dict[str, Any]:
    state, reason = STATES[control["result"]]
    risks = [{"risk-uuid": _risk_uuid(found, own)} for found in findings if found["waiver"]]
    return {
        "uuid": _uuid("finding", control["rule"], *own),
        "title": control["rule"],
        "description": control["title"],
        "target": {"type": "objective-id", "target-id": control["rule"], "status": {"state": state, "reason": reason}},
        "related-observations": [{"observation-uuid": _uuid("observation", control["rule"], *own)}],
        **({"related-risks": risks} if risks else {}),
    }


def _risk(found: Found, own: tuple[str, ...]) -> dict[str, Any]:
    waiver = found["waiver"]
    assert waiver is not None  # noqa: S101 - only of what is waived
    return {
        "uuid": _risk_uuid(found, own),
        "title": f"{found['rule']} is waived",
        "description": found["message"],
        "statement": waived(waiver),
        "props": list(_approved(found)),
        "status": "deviation-approved",
        "deadline": f"{waiver['until']}T23:59:59+00:00",
    }


def _approved(found: Found) -> Iterator[dict[str, str]]:
    for name, value in (found["waiver"] or {}).items():
        if value != "":
            yield _prop(name.replace("_", "-"), str(value))


def _evidence(found: Found) -> dict[str, str]:
    place = f"{found['file']}:{found['line']}:{found['column']}"
    path = f" at {found['path']}" if found["path"] else ""
    hint = f" Try: {found['hint']}" if found["hint"] else ""
    return {"href": relative(found["file"]), "description": f"{place}{path}: {found['message']}{hint}"}


def _prop(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": "https://netprov.invalid/oscal", "value": value.strip()}


def _risk_uuid(found: Found, own: tuple[str, ...]) -> str:
    return _uuid("risk", found["rule"], found["fingerprint"], *own)


def _uuid(*what: str) -> str:
    return str(uuid5(SPACE, "\0".join(what)))
