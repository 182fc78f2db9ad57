"""OUT: what a network owes that a supplier runs for it."""

import json
from collections.abc import Iterator

from policies.level import DECLARED, Seen
from policies.resources import of_resource
from policies.rule import Fault, rule
from policies.sources import COMPANIES_HOUSE, CQC_SCOPE
from policies.stated import lighter, owed, production, roles
from provisioner.definition.choices import OperatingModel
from provisioner.definition.network import Network
from provisioner.definition.organisation import Supplier
from provisioner.findings import Severity
from provisioner.site.planned import Planned

TURNAROUND = "turnaround"


def _supplier(network: Network) -> Supplier | None:
    """The supplier of an outsourced network, an empty one where none is stated; none in another model."""
    if network.operating_model is not OperatingModel.OUTSOURCED:
        return None
    return network.supplier or Supplier((*network.path, "supplier"))


@rule(
    "OUT-01",
    Severity.ERROR,
    "seed article: outsourcing loses direct control (2021), so the contract must keep it",
)
def the_contract_keeps_control(network: Network) -> Iterator[Fault]:
    """The contract with the supplier has a reference, an end, KPIs on turnaround, an exit plan and a data-return plan.

    PASS:
        operating_model: outsourced
        supplier:
          name: Beacon Limited
          contract: CON-1
          term_ends: 2031-03-31
          kpis: [turnaround within 28 days]
          exit_plan: CON-1 schedule 9
          data_return: CON-1 schedule 10

    FAIL:
        operating_model: outsourced
        supplier:
          name: Beacon Limited
          contract: CON-1
          term_ends: 2031-03-31
          exit_plan: CON-1 schedule 9
          data_return: CON-1 schedule 10
          kpis: [availability]  # here

    FAIL:
        operating_model: outsourced
        supplier: {name: Beacon, contract: C, kpis: [turnaround], exit_plan: C 9, data_return: C 10}  # here
    """
    if (supplier := _supplier(network)) is None:
        return
    for key, value, what in (
        ("contract", supplier.contract, "the contract's reference"),
        ("term_ends", supplier.term_ends, "the end of the term"),
        ("kpis", supplier.kpis, "key performance indicators"),
        ("exit_plan", supplier.exit_plan, "an exit plan"),
        ("data_return", supplier.data_return, "a plan for the return of data"),
    ):
        yield from owed(network, value, (*supplier.path, key), what, f"`{key}:`, as the contract has it", supplier.name)
    if supplier.kpis and not any(TURNAROUND in kpi.casefold() for kpi in supplier.kpis):
        message = f"expected a KPI on turnaround, found {', '.join(supplier.kpis)}"
        yield Fault((*supplier.path, "kpis"), message, "add `turnaround within 28 days`", supplier.name)


@rule(
    "OUT-02",
    Severity.ERROR,
    "seed article: an NHS model of governance (SoR, 2021), so the contract is owned in the NHS",
)
def the_nhs_owns_the_contract(network: Network) -> Iterator[Fault]:
    """An outsourced network has a contract owner on the NHS side.

    GOV-05 asks for its senior responsible owner and clinical director, as in every model.

    PASS:
        operating_model: outsourced
        governance: {roles: {contract_owner: Director of Diagnostics}}

    FAIL:
        operating_model: outsourced
        governance:
          roles: {sro: Chief Executive}  # here
    """
    if network.operating_model is OperatingModel.OUTSOURCED:
        stated = roles(network)
        path, what = (*stated.path, "contract_owner"), "the NHS-side owner of the contract"
        yield from owed(network, stated.contract_owner, path, what, "`contract_owner:`, by role")


@rule("OUT-03", Severity.ERROR, f"law: {CQC_SCOPE}; {COMPANIES_HOUSE}; national guidance: ODS (March 2021)")
def the_supplier_is_registered(network: Network) -> Iterator[Fault]:
    """The supplier is known to Companies House, to ODS and to the CQC, by its number in each.

    IG-07 asks for its ICO number and IG-10 for its DSPT status, as of every party.

    PASS:
        operating_model: outsourced
        supplier: {name: Beacon Limited, company_number: "09900003", ods: X9B01, cqc: 1-900000004}

    FAIL:
        operating_model: outsourced
        supplier:  # here
          name: Beacon Limited
          company_number: "09900003"
          ods: X9B01
    """
    if (supplier := _supplier(network)) is None:
        return
    for key, value, what in (
        ("company_number", supplier.company_number, "number at Companies House"),
        ("ods", supplier.ods, "ODS code"),
        ("cqc", supplier.cqc, "registration with the CQC"),
    ):
        yield from owed(network, value, (*supplier.path, key), f"the supplier's {what}", f"`{key}:`", supplier.name)


@rule(
    "OUT-04",
    Severity.ERROR,
    "seed article: outsourcing loses direct control of operations (2021); engineering",
    levels=DECLARED,
)
def trusts_can_take_their_data_back(seen: Seen) -> Iterator[Fault]:
    """The trusts may recover account and data from the supplier, and have tested how the account is handed over.

    Looks at `supplier`, and at every bucket that is planned in the supplier's account: its policy must let a named role
    in. In a test network the latter is a warning.

    PASS:
        operating_model: outsourced
        supplier: {name: Beacon Limited, right_of_recovery: true, handover_tested: 2026-10-12}

    FAIL:
        operating_model: outsourced
        supplier:
          name: Beacon Limited
          handover_tested: 2026-10-12
          right_of_recovery: false  # here

    FAIL:
        operating_model: outsourced
        supplier: {name: Beacon Limited, right_of_recovery: true}  # here

    FAIL:
        operating_model: outsourced
        supplier: {name: Beacon Limited, right_of_recovery: true, handover_tested: 2026-10-12}
        planned:
          - kind: aws:s3/bucketPolicy:BucketPolicy
            name: images
            provider: Beacon Limited
            properties:
              bucket: images
              policy: '{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*"}]}'  # here
    """
    network = seen.network
    if (supplier := _supplier(network)) is None:
        return
    found = _shut_in(seen, supplier)
    yield from found if production(network) else lighter(Severity.WARN, found)
    path, what = (*supplier.path, "right_of_recovery"), "the trusts' right to recover account and data"
    yield from owed(
        network,
        supplier.right_of_recovery,
        path,
        what,
        "`right_of_recovery: true`, once the contract gives it",
        supplier.name,
    )
    path, what = (*supplier.path, "handover_tested"), "a tested hand-over of the account"
    yield from owed(network, supplier.handover_tested, path, what, "`handover_tested:`, the day", supplier.name)


def _shut_in(seen: Seen, supplier: Supplier) -> Iterator[Fault]:
    """Told once: one setting opens all of them."""
    policies = seen.resources("s3/bucketPolicy:BucketPolicy")
    shut = [each for each in policies if each.provider in (supplier.ods, supplier.name) and not _lets_in(each)]
    if shut:
        others = f" nor {len(shut) - 1} more" if shut[1:] else ""
        message = f"expected an NHS role that may read {shut[0].name}{others}, held by {supplier.name}; found none"
        yield of_resource(seen, shut[0], ("policy",), message, "name it: `deployment.aws.recovery_role:`")


def _lets_in(planned: Planned) -> bool:
    """Whether a policy gives a role anything; one that is not known yet is not held against it."""
    stated = planned.properties.get("policy")
    if not isinstance(stated, str):
        return True
    try:
        allowed = [each["Principal"] for each in json.loads(stated)["Statement"] if each["Effect"] == "Allow"]
        return any(isinstance(who, dict) and who.get("AWS", "*") != "*" for who in allowed)
    except (ValueError, KeyError, TypeError):
        return False


@rule("OUT-05", Severity.INFO, "seed article: SoR's reading of the seven models (2021)")
def outsourcing_is_a_choice_to_know(network: Network) -> Iterator[Fault]:
    """Outsourcing brings scale and loses direct control of operations; the Society of Radiographers opposes it.

    A note for the board, in every outsourced network.

    PASS:
        operating_model: hosted

    FAIL:
        operating_model: outsourced  # here
    """
    if network.operating_model is OperatingModel.OUTSOURCED:
        message = (
            "expected operations in the NHS's own hands, found outsourcing, which the Society of Radiographers opposes"
        )
        hint = "another of the seven models; or nothing, and the board's reasons in its minutes"
        yield Fault((*network.path, "operating_model"), message, hint, network.network.id)


RULES = (
    the_contract_keeps_control,
    the_nhs_owns_the_contract,
    the_supplier_is_registered,
    trusts_can_take_their_data_back,
    outsourcing_is_a_choice_to_know,
)
