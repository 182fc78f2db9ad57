"""RES: where images, their copies, their logs and their keys are."""

from collections.abc import Callable, Iterator
from functools import partial

from policies.copies import by_way, by_way_of_copies
from policies.level import DECLARED, Seen
from policies.regions import LOCAL, UK, standing
from policies.resources import abroad, copied_abroad, held_by_others
from policies.rule import Fault, Judging, rule
from policies.sources import CLOUD_RISK, CLOUD_STORAGE, OFFSHORING_GUIDANCE
from policies.stated import listed, owed, platform, storage
from provisioner.definition.choices import Environment, MemberKind
from provisioner.definition.hub import home, legal_person
from provisioner.definition.network import Network
from provisioner.findings import Path, Severity


def _abroad(
    network: Network, what: str, path: Path, region: str, subject: str, way: Callable[[], str] = str
) -> Iterator[Fault]:
    """A fault unless `region` is in the UK; a test network may also run on this machine.

    `way` tells how copies come there; it is asked only where there is something to tell.
    """
    test = network.network.environment is Environment.TEST
    if region in UK or (test and region == LOCAL):
        return
    yield Fault(
        path,
        f"expected {what} in {' or '.join(UK)}, found {region}, {standing(region)}{way()}",
        f"{UK[0]} (London), or a waiver approved by the SIRO, the DPO and the Caldicott Guardian",
        subject,
    )


@rule(
    "RES-01",
    Severity.ERROR,
    f"national guidance: NHS data at rest stays in the UK, {CLOUD_STORAGE}",
    levels=DECLARED,
)
def images_stay_in_the_uk(seen: Seen) -> Iterator[Fault]:
    """Images are kept in the UK.

    Looks at `platform.region`, at the region of every site, and at that of every resource that is planned. The 2022
    national guidance also allows the EEA and countries that the UK calls adequate; the newer cloud storage guidance,
    and this rule, do not. `local` says nothing of the country: it passes in a test network only. A finding says how
    another member's images get there.

    PASS:
        platform: {region: eu-west-2, zones: 2, account_owner: RXA}

    FAIL:
        platform:
          zones: 2
          account_owner: RXA
          region: eu-west-1  # here

    FAIL:
        planned:
          - kind: aws:s3/bucket:Bucket
            name: images
            properties:
              region: eu-west-1  # here
    """
    network = seen.network
    region, path = network.platform.region if network.platform else LOCAL, (*network.path, "platform", "region")
    yield from _abroad(
        network, "the platform", path, region, network.network.id, partial(by_way, network, home(network))
    )
    for _, site in network.sites():
        if site.region:
            where, way = (*site.path, "region"), partial(by_way, network, site.ods)
            yield from _abroad(network, f"site {site.ods}", where, site.region, site.ods, way)
    yield from abroad(seen)


@rule("RES-05", Severity.ERROR, "engineering: derived from RES-01: a copy of an image is an image", levels=DECLARED)
def backups_stay_in_the_uk(seen: Seen) -> Iterator[Fault]:
    """Backups and replicas stay in the UK, as the images themselves do.

    Looks at `platform.backup.offsite_region`, and at where planned backups are copied to. AWS has one region in the
    UK, so a replica in another region leaves the country: use a second place in the UK instead, a trust's data centre
    for instance.

    PASS:
        platform: {region: eu-west-2, zones: 2, account_owner: RXA, backup: {offsite_region: eu-west-2}}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          account_owner: RXA
          backup:
            offsite_region: eu-central-1  # here

    FAIL:
        planned:
          - kind: aws:backup/plan:Plan
            name: images
            properties:
              rules:
                - ruleName: daily
                  copyActions:
                    - destinationVaultArn: arn:aws:backup:eu-west-1:123456789012:backup-vault:away  # here
    """
    yield from copied_abroad(seen)
    network = seen.network
    backup = network.platform.backup if network.platform else None
    if backup and backup.offsite_region:
        path = (*backup.path, "offsite_region")
        way = partial(by_way_of_copies, network)
        yield from _abroad(network, "the off-site copy", path, backup.offsite_region, "backup", way)


@rule("RES-06", Severity.ERROR, f"national guidance: NHS data at rest stays in the UK, {CLOUD_STORAGE}")
def logs_stay_in_the_uk(network: Network) -> Iterator[Fault]:
    """Logs and audit trails, which hold patients' identifiers, are kept in the UK.

    PASS:
        platform: {region: eu-west-2, zones: 2, account_owner: RXA, log_region: eu-west-2}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          account_owner: RXA
          log_region: us-east-1  # here

    FAIL:
        platform: {region: eu-west-2, zones: 2, account_owner: RXA}  # here
    """
    stated = platform(network)
    path, region = (*stated.path, "log_region"), stated.log_region
    yield from owed(network, region, path, "the region of logs and audit trails", f"`log_region: {UK[0]}`", "logs")
    if region:
        yield from _abroad(network, "the log of who saw what", path, region, "logs")


@rule("RES-07", Severity.WARN, "engineering: who holds the key holds the data", levels=DECLARED)
def keys_stay_with_the_data(seen: Seen) -> Iterator[Fault]:
    """Encryption keys are in the same jurisdiction as the data, and an NHS body owns them.

    Looks at `platform.key_region` and `platform.key_owner`: a member that is no independent provider, or `entity`; and
    at whose account each planned key would be in: one of theirs.

    PASS:
        platform: {region: eu-west-2, zones: 2, account_owner: RXA, key_region: eu-west-2, key_owner: RXA}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          account_owner: RXA
          key_owner: supplier  # here
          key_region: eu-central-1  # here

    FAIL:
        platform: {region: eu-west-2, zones: 2, account_owner: RXA, key_region: eu-west-2, key_owner: RXA}
        planned:
          - kind: aws:kms/key:Key
            name: images
            provider: Beacon Limited
            properties: {}  # here
    """
    network = seen.network
    stated = platform(network)
    path, owner = (*stated.path, "key_owner"), stated.key_owner
    nhs = [member.ods for member in network.members if member.kind is not MemberKind.INDEPENDENT]
    fits = [*nhs, *(["entity"] if network.legal_entity else [])]
    hint = "give each member an account of its own (`deployment.aws.accounts`), where the keys of its data then are"
    bodies = {legal_person(network, word) for word in fits}
    expected = f"expected keys in the account of {owner or 'an NHS body'}"
    yield from held_by_others(seen, bodies, expected, hint, "kms/key:Key")
    yield from owed(network, owner, path, "an owner of the encryption keys", f"one of {listed(fits)}", "keys")
    if owner and owner not in fits:
        message = f"expected an NHS body as owner of the keys ({listed(fits)}), found {owner}"
        yield Fault(path, message, "the ODS code of a member", "keys")
    path, region = (*stated.path, "key_region"), stated.key_region
    yield from owed(
        network, region, path, "the region of the encryption keys", f"`key_region: {stated.region}`", "keys"
    )
    if region and standing(region) != standing(stated.region):
        message = f"expected keys where the data is, {standing(stated.region)}; found {region}, {standing(region)}"
        hint = stated.region if stated.region in UK else f"{UK[0]}, and the platform there too"
        yield Fault(path, message, hint, "keys")


@rule("RES-09", Severity.ERROR, f"national guidance: test environments, {OFFSHORING_GUIDANCE}")
def a_test_network_holds_synthetic_data(network: Network) -> Judging:
    """A test network declares that it holds synthetic data only.

    With that declaration the rules on residency, information governance and clinical safety weigh one level less.

    PASS:
        network: {id: severn, name: Severn Imaging Network, environment: test, synthetic_data: true}

    FAIL:
        network:
          id: severn
          name: Severn Imaging Network
          environment: test
          synthetic_data: false  # here
    """
    identity = network.network
    if identity.environment is Environment.TEST and not identity.synthetic_data:
        yield Fault(
            (*identity.path, "synthetic_data"),
            "expected synthetic_data: true of a test network, found false",
            "`synthetic_data: true` if no patient's image will ever enter it, else `environment: production`",
            identity.id,
        )
    return None if identity.environment is Environment.TEST else "it is no test network"


@rule("RES-13", Severity.WARN, f"national guidance: data risk class and service class, {CLOUD_RISK}")
def data_has_its_classes(network: Network) -> Iterator[Fault]:
    """Stored data has a data risk class and a service class.

    Identifiable patients' data is usually class 5; the service class sets how available the platform is.

    PASS:
        platform: {region: eu-west-2, zones: 2, storage: {data_class: class 5, service_class: gold}}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          storage: {data_class: class 5}  # here
    """
    stated = storage(network)
    path, hint = (*stated.path, "data_class"), "`data_class: class 5`, after the risk assessment"
    yield from owed(network, stated.data_class, path, "the data's risk class", hint, "storage")
    path, hint = (*stated.path, "service_class"), "`service_class:` bronze, silver, gold or platinum"
    yield from owed(network, stated.service_class, path, "the platform's service class", hint, "storage")


RULES = (
    images_stay_in_the_uk,
    backups_stay_in_the_uk,
    logs_stay_in_the_uk,
    keys_stay_with_the_data,
    a_test_network_holds_synthetic_data,
    data_has_its_classes,
)
