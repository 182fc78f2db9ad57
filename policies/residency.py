"""RES: where images, their copies and the people who see them are."""

from collections.abc import Iterator

from policies.regions import LOCAL, UK, standing
from policies.rule import Fault, rule
from provisioner.choices import Environment
from provisioner.findings import Path, Severity
from provisioner.network import Network

UNITED_KINGDOM = "GB"
TRANSFER = "transfer"
"""The kind of agreement that records a restricted transfer."""


def _abroad(network: Network, what: str, path: Path, region: str, subject: str) -> Iterator[Fault]:
    """A fault unless `region` is in the UK; a test network may also run on this machine."""
    test = network.network.environment is Environment.TEST
    if region in UK or (test and region == LOCAL):
        return
    yield Fault(
        path,
        f"{what} is in {region}, {standing(region)}; expected {' or '.join(UK)}",
        f"{UK[0]}, or a waiver approved by the SIRO, the DPO and the Caldicott Guardian",
        subject,
    )


@rule("RES-01", Severity.ERROR, "national policy: NHS data at rest stays in the UK (cloud storage and data guidance)")
def images_stay_in_the_uk(network: Network) -> Iterator[Fault]:
    """Images are kept in the UK.

    Looks at `platform.region` and at the region of every site. The 2022 national guidance also allows the EEA and
    countries that the UK calls adequate; the newer cloud storage guidance, and this rule, do not. `local` says
    nothing of the country: it passes in a test network only.

    PASS:
        platform: {region: eu-west-2, zones: 2, account_owner: RXA}

    FAIL:
        platform:
          zones: 2
          account_owner: RXA
          region: eu-west-1  # here
    """
    region = network.platform.region if network.platform else LOCAL
    yield from _abroad(network, "the platform", (*network.path, "platform", "region"), region, network.network.id)
    for _, site in network.sites():
        if site.region:
            yield from _abroad(network, f"site {site.ods}", (*site.path, "region"), site.region, site.ods)


@rule("RES-05", Severity.ERROR, "derived from RES-01: a copy of an image is an image")
def backups_stay_in_the_uk(network: Network) -> Iterator[Fault]:
    """Backups and replicas stay in the UK, as the images themselves do.

    Looks at `platform.backup.offsite_region`. AWS has one region in the UK, so a replica in another region leaves
    the country: use a second place in the UK instead, a trust's data centre for instance.

    PASS:
        platform: {region: eu-west-2, zones: 2, account_owner: RXA, backup: {offsite_region: eu-west-2}}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          account_owner: RXA
          backup:
            offsite_region: eu-central-1  # here
    """
    backup = network.platform.backup if network.platform else None
    if backup and backup.offsite_region:
        path = (*backup.path, "offsite_region")
        yield from _abroad(network, "the off-site copy", path, backup.offsite_region, "backup")


@rule("RES-08", Severity.ERROR, "law: UK GDPR Chapter V, restricted transfers; viewing from abroad is one")
def transfers_abroad_have_a_route(network: Network) -> Iterator[Fault]:
    """Whoever sees images from outside the UK is listed, with the lawful route of the transfer.

    Looks at the country of every external place, which must then name its `transfer_route` (adequacy regulations,
    an IDTA or the Addendum with a transfer risk assessment, binding corporate rules), and at
    `platform.support_country`, for which a signed agreement of kind `transfer` must be listed.

    PASS:
        external:
          - name: night-reporting
            kind: teleradiology
            country: NZ
            transfer_route: UK adequacy regulations

    FAIL:
        external:
          - name: night-reporting
            kind: teleradiology
            country: AU  # here
    """
    for place in network.external:
        if place.country != UNITED_KINGDOM and not place.transfer_route:
            yield Fault(
                (*place.path, "country"),
                f"{place.name} is in {place.country}; expected GB, or a transfer_route, and found none",
                "add `transfer_route:` (adequacy regulations; IDTA or Addendum with a transfer risk assessment)",
                place.name,
            )
    yield from _support_abroad(network)


def _support_abroad(network: Network) -> Iterator[Fault]:
    platform, governance = network.platform, network.governance
    if platform is None or platform.support_country == UNITED_KINGDOM:
        return
    if governance and any(a.kind == TRANSFER and a.signed for a in governance.agreements):
        return
    yield Fault(
        (*platform.path, "support_country"),
        f"the support desk is in {platform.support_country}; expected GB, or a signed agreement of kind transfer",
        "add `{kind: transfer, signed: ..., ref: ...}` under governance.agreements",
        "support",
    )


@rule("RES-09", Severity.ERROR, "national policy: patients' data does not go into test systems")
def a_test_network_holds_synthetic_data(network: Network) -> Iterator[Fault]:
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
            "a test network must declare synthetic_data: true; found false",
            "`synthetic_data: true` if no patient's image will ever enter it, else `environment: production`",
            identity.id,
        )


RULES = (
    images_stay_in_the_uk,
    backups_stay_in_the_uk,
    transfers_abroad_have_a_route,
    a_test_network_holds_synthetic_data,
)
