"""The report as SARIF 2.1.0, within what code hosts take: relative paths, one entry a rule, fingerprints that stay.

What passed is no result there (a host would show it as an alert); the counts of all verdicts are properties of the run.
"""

import json
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cli.reporting.facts import Facts, Found
from cli.reporting.others import OTHERS
from cli.reporting.words import markdown, waived

if TYPE_CHECKING:
    from policies.rule import Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "warn": "warning", "info": "note"}
SEVERITIES = {"error": "8.0", "warn": "5.0", "info": "2.0"}
"""CVSS-like numbers by which code hosts sort: high, medium, low."""


def sarif(facts: Facts, rules: Mapping[str, "Rule"]) -> str:
    """One run over all definitions."""
    weights = {control["rule"]: control["severity"] for control in facts["controls"]}
    for found in facts["findings"]:
        weights.setdefault(found["rule"], found["weight"])
    entries = [_rule(rule_id, weights[rule_id], rules.get(rule_id)) for rule_id in weights]
    numbers = {entry["id"]: number for number, entry in enumerate(entries)}
    run = {
        "tool": {"driver": {"name": "netprov", "version": facts["netprov"], "rules": entries}},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not facts["results"]["not evaluated"]}],
        "artifacts": [
            {"location": {"uri": relative(d["file"])}, "hashes": {"sha-256": d["sha256"]}} for d in facts["definitions"]
        ],
        "results": [_result(found, numbers) for found in facts["findings"]],
        "properties": {"controls": facts["results"]},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(rule_id: str, weight: str, rule: "Rule | None") -> dict[str, Any]:
    title = rule.title if rule else OTHERS.get(rule_id, rule_id)
    page = markdown(rule) if rule else title
    return {
        "id": rule_id,
        "shortDescription": {"text": title},
        "fullDescription": {"text": title},
        "help": {"text": rule.manual if rule else title, "markdown": page},
        "defaultConfiguration": {"level": LEVELS[weight]},
        "properties": {
            "security-severity": SEVERITIES[weight],
            "tags": ["security", rule_id.partition("-")[0]],
            **({"basis": rule.basis} if rule else {}),
        },
    }


def _result(found: Found, numbers: Mapping[str, int]) -> dict[str, Any]:
    region = {"startLine": found["line"], "startColumn": found["column"], "endColumn": found["end_column"]}
    hint = f". Try: {found['hint']}" if found["hint"] else ""
    where = {"fullyQualifiedName": found["path"]}
    return {
        "ruleId": found["rule"],
        "ruleIndex": numbers[found["rule"]],
        "level": LEVELS[found["weight"]],
        "message": {"text": found["message"] + hint},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": relative(found["file"])}, "region": region},
                **({"logicalLocations": [where]} if found["path"] else {}),
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": found["fingerprint"]},
        "suppressions": list(_suppressions(found)),
    }


def _suppressions(found: Found) -> Iterable[dict[str, str]]:
    if found["waiver"]:
        yield {"kind": "external", "status": "accepted", "justification": waived(found["waiver"])}


def relative(name: str) -> str:
    """The file as a relative address: what code hosts take, and what stays the same on another machine."""
    path = os.path.relpath(name)
    return quote(os.path.basename(name) if path.startswith("..") else path.replace(os.sep, "/"))  # noqa: PTH119
