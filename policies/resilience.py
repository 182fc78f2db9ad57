"""RET and BKP: how long studies are kept, and what survives a disaster."""

from collections.abc import Iterator

from policies.rule import Fault, rule
from provisioner.choices import Environment
from provisioner.findings import Severity
from provisioner.network import Network

ADULT_YEARS = 8
ZONES = 2


@rule("RET-01", Severity.ERROR, "national policy: Records Management Code, adult imaging 8 years from last seen")
def studies_are_kept_eight_years(network: Network) -> Iterator[Fault]:
    """Studies are kept for 8 years or more.

    Looks at `platform.storage.retention_years`, which is 8 unless the file says otherwise. The clock runs from the
    patient's last contact, not from the image.

    PASS:
        platform: {region: eu-west-2, zones: 2, account_owner: RXA, storage: {retention_years: 30}}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          account_owner: RXA
          storage:
            retention_years: 7  # here
    """
    storage = network.platform.storage if network.platform else None
    if storage and not storage.retention_years >= ADULT_YEARS:
        message = f"expected {ADULT_YEARS} years or more, found {storage.retention_years:g}"
        yield Fault((*storage.path, "retention_years"), message, f"{ADULT_YEARS}, or 30 as the RCR advises", "storage")


@rule("BKP-05", Severity.ERROR, "national policy; a zone is one building's fire away from nothing")
def production_spans_two_zones(network: Network) -> Iterator[Fault]:
    """A production network spans two availability zones or more.

    PASS:
        platform: {region: eu-west-2, account_owner: RXA, zones: 2}

    FAIL:
        platform:
          region: eu-west-2
          account_owner: RXA
          zones: 1  # here
    """
    zones = network.platform.zones if network.platform else 1
    if network.network.environment is Environment.PRODUCTION and zones < ZONES:
        message = f"expected {ZONES} zones or more in production, found {zones}"
        yield Fault((*network.path, "platform", "zones"), message, f"`zones: {ZONES}`", network.network.id)


RULES = (studies_are_kept_eight_years, production_spans_two_zones)
