"""IG: who is controller and who is processor, and what binds them: DPIA, arrangement, contracts, purposes."""

from collections.abc import Iterator
from datetime import date

from policies.rule import Fault, Judging, rule
from policies.sources import NIR, SHARED_RECORDS, UK_GDPR
from policies.stated import filed, governance, left_out, overdue, owed, production
from provisioner.definition.choices import ExternalKind, Purpose
from provisioner.definition.network import Network
from provisioner.definition.organisation import DataRole, SafetyRecord
from provisioner.findings import Path, Severity

DIRECT_CARE = "direct_care"


def _parties(network: Network) -> Iterator[tuple[Path, str, str]]:
    """Every legal person that handles images: where the file names it, its code and its name."""
    for member in network.members:
        yield (*member.path, "ods"), member.ods, member.name
    if entity := network.legal_entity:
        yield (*entity.path, "name"), entity.ods, entity.name
    if supplier := network.supplier:
        yield (*supplier.path, "name"), supplier.ods, supplier.name
    for place in network.external:
        if place.kind is ExternalKind.TELERADIOLOGY:
            yield (*place.path, "operator"), "", place.operator or place.name


def _covers_all(network: Network, key: str, record: SafetyRecord | None, what: str) -> Iterator[Fault]:
    """A fault where a document leaves members out; in a test network, only where it lists any."""
    if record is None:
        return
    absent = left_out(network, record.members)
    if absent and (record.members or production(network)):
        message = f"expected every member in {what}, found it without {absent}"
        yield Fault((*record.path, "members"), message, "add them to `members:`", key)


@rule("IG-01", Severity.ERROR, f"law: {UK_GDPR} Art. 35; national guidance: one DPIA, {SHARED_RECORDS}")
def one_dpia_covers_members_and_purposes(network: Network) -> Iterator[Fault]:
    """One DPIA is dated and approved, and covers every member and every purpose for which images are shared.

    Its `subjects` name reporting, and the purpose of each link and each external place.

    PASS:
        governance:
          dpia:
            {ref: DPIA-1, dated: 2026-02-16, approved: 2026-02-27, members: [RXA, RXB], subjects: [reporting]}

    FAIL:
        governance:
          dpia: {ref: DPIA-1, dated: 2026-02-16, members: [RXA, RXB], subjects: [reporting]}  # here

    FAIL:
        links: [{from: RXB01, to: RXA01, purpose: mdt}]
        governance:
          dpia:
            ref: DPIA-1
            dated: 2026-02-16
            approved: 2026-02-27
            members: [RXA]  # here
            subjects: [reporting]  # here
    """
    dpia = governance(network).dpia
    yield from filed(network, "dpia", dpia, "the DPIA", ("ref", "dated", "approved"))
    yield from _covers_all(network, "dpia", dpia, "the DPIA")
    if dpia is None:
        return
    purposes = {Purpose.REPORTING, *(link.purpose for link in network.links), *(p.purpose for p in network.external)}
    missing = ", ".join(sorted(purpose for purpose in purposes if purpose not in dpia.subjects))
    if missing and (dpia.subjects or production(network)):
        message = f"expected a DPIA of every purpose, found none of: {missing}"
        yield Fault((*dpia.path, "subjects"), message, "add them to `subjects:`, once they are assessed", "dpia")


@rule("IG-02", Severity.ERROR, f"law: {UK_GDPR} Art. 26; national guidance: {SHARED_RECORDS}")
def joint_controllers_have_an_arrangement(network: Network) -> Iterator[Fault]:
    """An arrangement between joint controllers lists every member.

    The shared worklist shows each member's patients to all, so all decide together on purpose and means.

    PASS:
        governance: {joint_controller: {ref: JCA-1, dated: 2026-03-02, members: [RXA, RXB]}}

    FAIL:
        governance:
          joint_controller:
            ref: JCA-1
            dated: 2026-03-02
            members: [RXB]  # here

    FAIL:
        governance:
          joint_controller: {ref: JCA-1, members: [RXA, RXB]}  # here
    """
    record, what = governance(network).joint_controller, "the arrangement of the joint controllers"
    yield from filed(network, "joint_controller", record, what, ("ref", "dated"))
    yield from _covers_all(network, "joint_controller", record, what)


@rule("IG-03", Severity.ERROR, f"law: {UK_GDPR} Art. 28(3)")
def each_processor_has_a_contract(network: Network) -> Iterator[Fault]:
    """Each processor is a party to a contract under `governance.processors`.

    Processors are the parties with that role, the supplier, and each teleradiology firm that has no other role.

    PASS:
        external: [{name: night-reporting, kind: teleradiology, country: GB, operator: Lantern Limited}]
        governance:
          processors: [{kind: art28, parties: [RXA, Lantern Limited], signed: 2026-03-09}]

    FAIL:
        external:
          - name: night-reporting
            kind: teleradiology
            country: GB
            operator: Lantern Limited  # here
        governance:
          parties:
            - party: Cloud Limited  # here
              role: processor
    """
    stated = governance(network)
    bound = {party for contract in stated.processors for party in contract.parties}
    bound |= {party.party for party in stated.parties if party.role is not DataRole.PROCESSOR}
    wanted = [((*p.path, "party"), p.party, p.party) for p in stated.parties if p.role is DataRole.PROCESSOR]
    codes = {party for _, party, _ in wanted} | {member.ods for member in network.members}
    if network.legal_entity:
        codes |= {network.legal_entity.ods, network.legal_entity.name}
    wanted += [(path, code, name) for path, code, name in _parties(network) if not codes & {code, name}]
    for path, code, name in wanted:
        if production(network) and bound.isdisjoint((code, name)):
            who = name or code or "the supplier"
            message = f"expected a contract under Art. 28 with {who}, found none"
            hint = f"add `{{kind: art28, parties: [..., {who}], signed: ...}}` under governance.processors"
            yield Fault(path, message, hint, who)


@rule("IG-04", Severity.ERROR, f"law: {UK_GDPR} Art. 26 and 28: joint controller, processor")
def each_party_has_a_role(network: Network) -> Iterator[Fault]:
    """Each legal person that handles images is controller, joint controller or processor.

    Members, the network's entity, its supplier and each teleradiology firm stand under `governance.parties`.

    PASS:
        governance: {parties: [{party: RXA, role: joint_controller}, {party: RXB, role: joint_controller}]}

    FAIL:
        members:
          - {ods: RXA, name: Aldermoor, kind: foundation_trust, sites: [{ods: RXA01, name: General}]}
          - ods: RXB  # here
            name: Brackenfield
            kind: nhs_trust
            sites: [{ods: RXB01, name: Royal}]
        governance: {parties: [{party: RXA, role: joint_controller}]}
    """
    known = {party.party for party in governance(network).parties}
    for path, code, name in _parties(network):
        stated = known & {code, name} - {""}
        what = f"the role of {name or code or 'the supplier'} in data protection"
        yield from owed(network, stated, path, what, "add it under governance.parties", code or name)


@rule("IG-06", Severity.ERROR, f"national guidance: {SHARED_RECORDS}; onboarding to the {NIR}", dated=True)
def sharing_has_an_agreement(network: Network, today: date) -> Iterator[Fault]:
    """A data sharing agreement for the whole network is dated, covers every member, and is not due for review.

    PASS:
        governance: {dsa: {ref: DSA-1, dated: 2026-03-02, members: [RXA, RXB]}}

    FAIL:
        governance:
          dsa:
            ref: DSA-1
            dated: 2026-03-02
            members: [RXA]  # here

    FAIL:
        governance:
          dsa: {ref: DSA-1, members: [RXA, RXB]}  # here

    FAIL:
        governance:
          dsa:
            ref: DSA-1
            dated: 2023-03-02
            review: 2026-03-01  # here
            members: [RXA, RXB]
    """
    dsa, what = governance(network).dsa, "the data sharing agreement"
    yield from filed(network, "dsa", dsa, what, ("ref", "dated"))
    yield from _covers_all(network, "dsa", dsa, what)
    if dsa:
        yield from overdue(network, dsa.review, today, (*dsa.path, "review"), f"the review of {what}")


@rule("IG-12", Severity.ERROR, f"law: {UK_GDPR}; national guidance: national data opt-out (DCB3058, 18 March 2019)")
def other_purposes_are_lawful(network: Network) -> Judging:
    """A purpose beyond direct care has a legal basis, and applies the national data opt-out.

    Looks at `governance.purposes` and at links and external places whose purpose, or kind, is research.

    PASS:
        governance: {purposes: [direct_care, research], legal_basis: Art. 9(2)(j), opt_out: Applied by the host}

    FAIL:
        governance:
          legal_basis: Art. 9(2)(j)
          purposes:
            - direct_care
            - research  # here

    FAIL:
        external:
          - name: university
            country: GB
            kind: research  # here
    """
    stated = governance(network)
    missing = [key for key, value in (("legal_basis", stated.legal_basis), ("opt_out", stated.opt_out)) if not value]
    found = [((*stated.path, "purposes", i), p) for i, p in enumerate(stated.purposes) if p != DIRECT_CARE]
    found += [((*link.path, "purpose"), "research") for link in network.links if link.purpose is Purpose.RESEARCH]
    for place in network.external:
        if Purpose.RESEARCH in (place.purpose, place.kind):
            key = "kind" if place.kind is ExternalKind.RESEARCH else "purpose"
            found.append(((*place.path, key), f"research at {place.name}"))
    for path, purpose in found if missing else ():
        message = f"{purpose} goes beyond direct care: expected {' and '.join(missing)}, found neither"
        message = message.replace("neither", "none") if len(missing) == 1 else message
        yield Fault(path, message, f"`{missing[0]}:` under governance", purpose)
    return None if found else "direct care is the only purpose"


@rule("IG-16", Severity.INFO, f"national guidance: a DPIA is published without its security detail, {SHARED_RECORDS}")
def the_dpia_has_a_public_summary(network: Network) -> Iterator[Fault]:
    """A summary of the DPIA is public, without its security detail.

    What the summary says was not read: that nothing in it helps an intruder is for those who publish it.

    PASS:
        governance: {dpia_summary: DPIA-1-PUB}

    FAIL:
        governance:  # here
          dtac: DTAC-1
    """
    stated = governance(network)
    path, hint = (*stated.path, "dpia_summary"), "`dpia_summary:`, its reference, once security detail is out of it"
    yield from owed(network, stated.dpia_summary, path, "a public summary of the DPIA", hint, "dpia")


RULES = (
    one_dpia_covers_members_and_purposes,
    joint_controllers_have_an_arrangement,
    each_processor_has_a_contract,
    each_party_has_a_role,
    sharing_has_an_agreement,
    other_purposes_are_lawful,
    the_dpia_has_a_public_summary,
)
