"""CS: what a change to a running network asks for."""

from policies.level import Level, Seen
from policies.rule import Fault, Judging, rule
from policies.sources import DCB0160
from policies.stated import governance, listed, production
from provisioner.findings import Severity


@rule("CS-05", Severity.WARN, f"law: {DCB0160}, change control", levels=(Level.CHANGE,))
def a_changed_network_is_assessed_again(seen: Seen) -> Judging:
    """A change to nodes, links or the worklist's home of a running network has a safety case approved since.

    Looks at what a plan would change, and at `governance.dcb0160.approved`, which must be later than the deployment
    that runs now.

    PASS:
        governance: {dcb0160: {ref: 0160-2, approved: 2026-11-24, approved_by: CSO}}
        change: {deployed: 2026-11-20, what: [RXB02 joins]}

    FAIL:
        governance:
          dcb0160:
            ref: 0160-1
            approved: 2026-10-27  # here
            approved_by: CSO
        change: {deployed: 2026-11-20, what: [RXB02 joins]}
    """
    if seen.change is None or not seen.change.what:
        return "nothing of the running network changes"
    stated = governance(seen.network)
    case, day = stated.dcb0160, seen.change.deployed
    approved = case.approved if case else None
    if production(seen.network) and (approved is None or approved <= day):
        message = (
            f"expected a safety case approved since {day}, as {listed(seen.change.what)}; found {approved or 'none'}"
        )
        hint = "the clinical safety officer assesses the change; then write down the day"
        yield Fault((*stated.path, "dcb0160", "approved"), message, hint, "dcb0160")
    return None


RULES = (a_changed_network_is_assessed_again,)
