"""SEC: what only a running node can tell: which Orthanc it is, and for how long its certificate lasts."""

import re
from collections.abc import Iterator

from policies.level import Level, Seen
from policies.rule import Fault, Judging, rule
from policies.settings import of_node
from policies.sources import ORTHANC_BOOK
from provisioner.findings import Severity

LEAST_DAYS, MOST_DAYS = 30, 398


@rule("SEC-16", Severity.WARN, "engineering: what nobody renews in time fails at night", levels=(Level.LIVE,))
def certificates_are_renewed_in_time(seen: Seen) -> Judging:
    """A running node's certificate has 30 days left or more, and no more than 398.

    PASS:
        live:
          RXA01: {certificate_days: 88}

    FAIL:
        live:
          RXA01:
            certificate_days: 12  # here
          RXB01:
            certificate_days: 3650  # here
    """
    shown = [node for node in seen.live if node.certificate_days is not None]
    for node in shown:
        days = node.certificate_days or 0
        if not LEAST_DAYS <= days <= MOST_DAYS:
            message = f"expected {LEAST_DAYS} to {MOST_DAYS} days left of its certificate, found {days}"
            yield of_node(seen, Level.LIVE, node, ("certificate_days",), message)
    return None if shown else "no node shows a certificate"


LEAST_VERSION = (1, 9, 0)


@rule("SEC-18", Severity.ERROR, f"professional: {ORTHANC_BOOK}, DICOM over TLS since 1.9.0", levels=(Level.LIVE,))
def orthanc_is_new_enough(seen: Seen) -> Iterator[Fault]:
    """A running node's Orthanc is 1.9.0 or newer, the first with DICOM over TLS.

    PASS:
        live:
          RXA01: {version: 1.10.1}

    FAIL:
        live:
          RXA01:
            version: 1.8.2  # here
          RXB01:
            version: mainline  # here
    """
    for node in seen.live:
        numbers = re.fullmatch(r"(\d+)\.(\d+)\.(\d+).*", node.version)
        if not numbers or tuple(map(int, numbers.groups())) < LEAST_VERSION:
            least = ".".join(map(str, LEAST_VERSION))
            message = f"expected Orthanc {least} or newer, found {node.version or 'none'}"
            yield of_node(seen, Level.LIVE, node, ("version",), message)


RULES = (certificates_are_renewed_in_time, orthanc_is_new_enough)
