"""SEC: how images are guarded at rest and on their way."""

from collections.abc import Iterator

from policies.rule import Fault, rule
from provisioner.findings import Severity
from provisioner.network import Network


@rule("SEC-12", Severity.ERROR, "national policy: AES-256 at rest (cloud storage and data guidance)")
def storage_is_encrypted(network: Network) -> Iterator[Fault]:
    """Storage is encrypted at rest.

    Looks at `platform.storage.encrypted`, which is true unless the file says otherwise.

    PASS:
        platform: {region: eu-west-2, zones: 2, account_owner: RXA, storage: {encrypted: true}}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          account_owner: RXA
          storage:
            encrypted: false  # here
    """
    storage = network.platform.storage if network.platform else None
    if storage and not storage.encrypted:
        message = "expected storage that is encrypted at rest; found encrypted: false"
        yield Fault((*storage.path, "encrypted"), message, "`encrypted: true`, or leave the line out", "storage")


RULES = (storage_is_encrypted,)
