"""What a rule needs cannot be missing, misspelt or of another type without the definition being refused."""

import copy
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from policies import evaluate
from provisioner.definition.document import parse
from provisioner.definition.reader import read
from provisioner.findings import Severity

TODAY = date(2026, 11, 24)
EXAMPLES = Path(__file__).parents[2] / "examples"
NEEDED = (
    *("severn:network.environment", "severn:operating_model", "severn:host", "severn:platform.account_owner"),
    *("severn:platform.zones", "severn:platform.region", "severn:platform.log_region", "severn:platform.mfa"),
    *("severn:platform.backup", "severn:platform.backup.immutable", "severn:platform.backup.rpo_minutes"),
    *("severn:members.0.ods", "severn:members.1.dspt", "severn:members.2.siro", "severn:members.0.sites.1.fallback"),
    *("severn:members.1.ico", "severn:reporting.worklist", "severn:external.0.country", "severn:external.0.qa"),
    *("severn:governance", "severn:governance.board.nhs_employed", "severn:governance.roles.sro"),
    *("severn:governance.agreements", "severn:governance.agreements.0.signed", "severn:governance.dpia.approved"),
    *("severn:governance.joint_controller.members", "severn:governance.dcb0160", "severn:governance.processors"),
    *(
        "severn:governance.patient_matching",
        "severn:workforce",
        "teme:legal_entity.company_number",
        "teme:ownership",
        "tamar:legal_entity.asset_lock",
    ),
    *("wye:lead", "avon:governance.decision_rule", "kennet:supplier.exit_plan", "kennet:supplier.right_of_recovery"),
)


def production(name: str) -> Any:
    """The example's tree, as that of a production network."""
    text = (EXAMPLES / f"{name}.yaml").read_text()
    text = re.sub(r"\blocal\b(?!:)", "eu-west-2", text.replace("environment: test", "environment: production"))
    text = text.replace("\nplatform:", "\nplatform:\n  zones: 2").replace(
        "synthetic_data: true", "synthetic_data: false"
    )
    return parse(name, text.encode()).value


def refused(tree: Any) -> bool:
    network, mistakes = read(parse("mutant", json.dumps(tree).encode()))
    findings = (*mistakes, *(evaluate(network, TODAY) if network else ()))
    return network is None or any(finding.severity is Severity.ERROR for finding in findings)


@pytest.mark.parametrize("name", sorted({needed.partition(":")[0] for needed in NEEDED}))
def test_the_clean_document_is_not_refused(name: str) -> None:
    assert not refused(production(name))


@pytest.mark.parametrize("how", ["missing", "misspelt", "of another type"])
@pytest.mark.parametrize("needed", NEEDED)
def test_a_mutant_is_refused(needed: str, how: str) -> None:
    name, _, path = needed.partition(":")
    tree = holder = copy.deepcopy(production(name))
    *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
    for step in steps:
        holder = holder[step]
    value = holder.pop(last)
    if how == "misspelt":
        holder[f"{last}x"] = value
    elif how == "of another type":
        holder[last] = [[value]]
    assert refused(tree)
