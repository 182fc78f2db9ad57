"""SEC: how images are guarded at rest and on their way, as far as a definition says."""

from collections.abc import Iterator

from policies.level import DECLARED, Seen
from policies.resources import open_to_everyone, unencrypted
from policies.rule import Fault, Judging, rule
from policies.sources import CAF_DSPT, CLOUD_PRINCIPLES, CLOUD_STORAGE, PS3_15
from policies.stated import owed, platform
from provisioner.definition.choices import Protocol
from provisioner.definition.network import Network
from provisioner.findings import Severity

DICOM_TLS_PORT = 2762
WIDEST = 8
"""Bits of the widest private network's prefix."""
HSCN = "hscn"


@rule("SEC-04", Severity.WARN, f"professional: {PS3_15} Annex B, registered port 2762")
def dicom_tls_has_its_port(network: Network) -> Judging:
    """Places beyond the network take DICOM over TLS on its registered port, 2762.

    The network's own nodes get ports from netprov.

    PASS:
        external: [{name: night-reporting, kind: teleradiology, country: GB, protocol: dicom_tls, port: 2762}]

    FAIL:
        external:
          - name: night-reporting
            kind: teleradiology
            country: GB
            protocol: dicom_tls
            port: 11112  # here
    """
    for place in network.external:
        if place.protocol is Protocol.DICOM_TLS and place.port != DICOM_TLS_PORT:
            message = f"expected port {DICOM_TLS_PORT} for DICOM over TLS at {place.name}, found {place.port}"
            yield Fault((*place.path, "port"), message, "ask its operator", place.name)
    over_tls = any(place.protocol is Protocol.DICOM_TLS for place in network.external)
    return None if over_tls else "no place beyond the network takes DICOM over TLS"


@rule(
    "SEC-12",
    Severity.ERROR,
    f"national guidance: AES-256 at rest, {CLOUD_STORAGE}",
    levels=DECLARED,
)
def storage_is_encrypted(seen: Seen) -> Iterator[Fault]:
    """Storage is encrypted at rest.

    Looks at `platform.storage.encrypted`, which is true unless the file says otherwise; and at every bucket, database,
    file system and volume that is planned.

    PASS:
        platform: {region: eu-west-2, zones: 2, account_owner: RXA, storage: {encrypted: true}}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          account_owner: RXA
          storage:
            encrypted: false  # here

    FAIL:
        planned:
          - kind: aws:rds/instance:Instance
            name: index
            properties:
              storageEncrypted: false  # here
    """
    storage = seen.network.platform.storage if seen.network.platform else None
    if storage and not storage.encrypted:
        message = "expected storage that is encrypted at rest; found encrypted: false"
        yield Fault((*storage.path, "encrypted"), message, "`encrypted: true`, or leave the line out", "storage")
    yield from unencrypted(seen)


@rule("SEC-13", Severity.ERROR, "national guidance: MFA (August 2023, full compliance by 30 June 2024)")
def access_takes_two_factors(network: Network) -> Iterator[Fault]:
    """Remote and privileged access takes multi-factor authentication.

    PASS:
        platform: {region: eu-west-2, zones: 2, mfa: true}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          mfa: false  # here

    FAIL:
        platform: {region: eu-west-2, zones: 2}  # here
    """
    stated = platform(network)
    path, what = (*stated.path, "mfa"), "multi-factor authentication on remote and privileged access"
    if stated.mfa is False:
        yield Fault(path, f"expected {what}, found mfa: false", "`mfa: true`, once it is so", network.network.id)
    else:
        yield from owed(network, stated.mfa, path, what, "`mfa: true`, once it is so")


@rule("SEC-14", Severity.ERROR, f"national guidance: B2 of the {CAF_DSPT}, identity and access control")
def everybody_signs_in_as_themselves(network: Network) -> Iterator[Fault]:
    """Everybody who works at the platform signs in as themselves, administrators too: no account is shared.

    Where two share an account, no log can say who saw a patient's images.

    PASS:
        platform: {region: eu-west-2, zones: 2, personal_accounts: true}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          personal_accounts: false  # here

    FAIL:
        platform: {region: eu-west-2, zones: 2}  # here
    """
    stated = platform(network)
    path, what = (*stated.path, "personal_accounts"), "an account of their own for everybody"
    hint = "`personal_accounts: true`, once no account is shared"
    if stated.personal_accounts is False:
        yield Fault(path, f"expected {what}, found personal_accounts: false", hint, network.network.id)
    else:
        yield from owed(network, stated.personal_accounts, path, what, hint)


@rule("SEC-15", Severity.ERROR, f"national guidance: implicit deny, {CLOUD_PRINCIPLES}", levels=DECLARED)
def a_sites_network_is_its_own(seen: Seen) -> Judging:
    """No site's network is wider than the widest private one, 10.0.0.0/8; 0.0.0.0/0 would let in everyone.

    Looks at each site's `cidr`, and at every ingress rule that is planned.

    PASS:
        members:
          - ods: RXA
            name: Aldermoor
            kind: foundation_trust
            sites: [{ods: RXA01, name: General, cidr: 10.0.0.0/8}]

    FAIL:
        members:
          - ods: RXA
            name: Aldermoor
            kind: foundation_trust
            sites:
              - ods: RXA01
                name: General
                cidr: 0.0.0.0/0  # here

    FAIL:
        planned:
          - kind: aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule
            name: dicom
            properties:
              cidrIpv4: 0.0.0.0/0  # here
    """
    yield from open_to_everyone(seen)
    network = seen.network
    for _, site in network.sites():
        if site.cidr and int(site.cidr.partition("/")[2]) < WIDEST:
            message = f"expected a network of {site.ods}'s own, /{WIDEST} or narrower; found {site.cidr}"
            yield Fault((*site.path, "cidr"), message, "the addresses of its own scanners and desks", site.ods)
    stated = seen.planned or any(site.cidr for _, site in network.sites())
    return None if stated else "no site states its own network"


@rule(
    "SEC-17",
    Severity.WARN,
    "national guidance: Internet First policy (28 January 2020) and HSCN's Connection Agreement",
)
def the_way_in_is_declared(network: Network) -> Iterator[Fault]:
    """It is declared whether the platform is reached by HSCN or the internet; HSCN needs a Connection Agreement.

    PASS:
        platform: {region: eu-west-2, zones: 2, connection: hscn, connection_agreement: CA-1}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          connection: hscn  # here

    FAIL:
        platform: {region: eu-west-2, zones: 2}  # here
    """
    stated = platform(network)
    path = (*stated.path, "connection")
    yield from owed(network, stated.connection, path, "how the platform is reached", "`connection: internet`, or hscn")
    if stated.connection == HSCN and not stated.connection_agreement:
        message = "expected the reference of a Connection Agreement for hscn, found none"
        yield Fault(path, message, "`connection_agreement:`, or `connection: internet`", network.network.id)


@rule("SEC-19", Severity.WARN, f"national guidance: C1 of the {CAF_DSPT}, logs that nobody can change")
def audit_logs_are_out_of_reach(network: Network) -> Iterator[Fault]:
    """Audit logs are copied off the nodes, to a place where nobody can change them.

    Who breaks into a node could else take their own traces away. `netprov worklist audit` shows the log, each line of
    which holds the hash of the line before.

    PASS:
        platform: {region: eu-west-2, zones: 2, audit_copy: Log store of the trust's security team}

    FAIL:
        platform: {region: eu-west-2, zones: 2}  # here
    """
    stated = platform(network)
    path, what = (*stated.path, "audit_copy"), "a place off the nodes for audit logs"
    yield from owed(network, stated.audit_copy, path, what, "`audit_copy:`, where nobody can change them", "logs")


RULES = (
    dicom_tls_has_its_port,
    storage_is_encrypted,
    access_takes_two_factors,
    everybody_signs_in_as_themselves,
    a_sites_network_is_its_own,
    the_way_in_is_declared,
    audit_logs_are_out_of_reach,
)
