"""RES: images, and people who see them, beyond the UK: who decided it, and on what lawful route."""

from collections.abc import Iterator

from policies.copies import TRANSFER, by_way, by_way_of_support
from policies.regions import ADEQUATE, EEA, EUROPE, LOCAL, PARTLY_ADEQUATE, UK, standing
from policies.rule import Fault, Judging, rule
from policies.sources import ADEQUACY, CLOUD_STORAGE, OFFSHORING_GUIDANCE, UK_GDPR
from policies.stated import backup, governance, owed, platform, production
from provisioner.definition.countries import UNITED_KINGDOM
from provisioner.definition.network import Network
from provisioner.findings import Path, Severity

ASSESSMENT = "transfer_risk_assessment"
DECISION = "offshoring_decision"
DECIDERS = ("SIRO", "DPO", "Caldicott Guardian")
PRIVACY_SHIELD = "privacy shield"


def _regions(network: Network) -> Iterator[tuple[str, Path, str]]:
    """Every region in which images, or logs of them, are kept in production: where that is said, and whose it is."""
    if not production(network):
        return
    stated, copies = platform(network), backup(network)
    yield stated.region, (*stated.path, "region"), network.network.id
    if stated.log_region:
        yield stated.log_region, (*stated.path, "log_region"), "logs"
    if copies.offsite_region:
        yield copies.offsite_region, (*copies.path, "offsite_region"), "backup"
    for _, site in network.sites():
        if site.region:
            yield site.region, (*site.path, "region"), site.ods


def _signed(network: Network, kind: str) -> bool:
    return any(a.kind == kind and a.signed and a.ref for a in governance(network).agreements)


def _decided(network: Network) -> bool:
    """Whether the three who must be satisfied have signed a decision to keep data abroad."""
    return any(
        a.kind == DECISION and a.signed and set(DECIDERS) <= set(a.parties) for a in governance(network).agreements
    )


@rule("RES-02", Severity.ERROR, f"national guidance: {OFFSHORING_GUIDANCE}")
def data_abroad_has_been_decided(network: Network) -> Iterator[Fault]:
    """Images in the EEA or another country that the UK calls adequate are there by a decision of those who answer.

    The decision is an agreement of kind `offshoring_decision` whose parties are SIRO, DPO and Caldicott Guardian.

    PASS:
        platform: {region: eu-west-1, zones: 2, account_owner: RXA}
        governance:
          agreements:
            - {kind: offshoring_decision, parties: [SIRO, DPO, Caldicott Guardian], signed: 2026-03-02, ref: OFF-1}

    FAIL:
        platform:
          zones: 2
          account_owner: RXA
          region: eu-west-1  # here
    """
    for region, path, subject in _regions(network):
        if region in (*EEA, *ADEQUATE) and not _decided(network):
            message = f"expected a signed decision of {', '.join(DECIDERS)} on {region}, {standing(region)}; found none"
            yield Fault(path, message, f"add `{{kind: {DECISION}, parties: [{', '.join(DECIDERS)}], ...}}`", subject)


@rule(
    "RES-03",
    Severity.ERROR,
    f"law: {ADEQUACY}",
)
def partly_adequate_countries_have_their_condition(network: Network) -> Iterator[Fault]:
    """Images in a country that is adequate for some receivers only are there under the condition that makes it so.

    For the USA that is the receiver's certification to the UK extension of the Data Privacy Framework. It is named in
    the `ref` of a signed agreement of kind `transfer`.

    PASS:
        platform: {region: us-east-1, zones: 2, account_owner: RXA}
        governance: {agreements: [{kind: transfer, parties: [RXA, Cloud], signed: 2026-03-02, ref: DPF UK extension}]}

    FAIL:
        platform:
          zones: 2
          account_owner: RXA
          region: us-east-1  # here
    """
    for region, path, subject in _regions(network):
        if region in PARTLY_ADEQUATE and not _signed(network, TRANSFER):
            message = f"expected the condition under which {region} is adequate, in a signed transfer; found none"
            yield Fault(path, message, f"add `{{kind: {TRANSFER}, ref: DPF UK extension, ...}}`", subject)


@rule("RES-04", Severity.ERROR, f"law: {UK_GDPR} Chapter V: IDTA or Addendum, transfer risk assessment")
def other_countries_have_safeguards(network: Network) -> Iterator[Fault]:
    """Images in any other country are there under an IDTA or the Addendum, a risk assessment and a decision.

    These are signed agreements of kind `transfer`, `transfer_risk_assessment` and `offshoring_decision`.

    PASS:
        platform: {region: ap-south-1, zones: 2, account_owner: RXA}
        governance:
          agreements:
            - {kind: transfer, parties: [RXA, Cloud Limited], signed: 2026-03-02, ref: IDTA-1}
            - {kind: transfer_risk_assessment, parties: [RXA, RXB], signed: 2026-03-02, ref: TRA-1}
            - {kind: offshoring_decision, parties: [SIRO, DPO, Caldicott Guardian], signed: 2026-03-02, ref: OFF-1}

    FAIL:
        platform:
          zones: 2
          account_owner: RXA
          region: ap-south-1  # here
        governance:
          agreements:
            - {kind: transfer, parties: [RXA, Cloud Limited], signed: 2026-03-02, ref: IDTA-1}
    """
    kinds = [kind for kind in (TRANSFER, ASSESSMENT) if not _signed(network, kind)]
    kinds += [] if _decided(network) else [DECISION]
    for region, path, subject in _regions(network):
        if kinds and region not in (*UK, *EEA, *ADEQUATE, *PARTLY_ADEQUATE, LOCAL):
            message = f"expected safeguards for {region}, {standing(region)}; found no signed {', '.join(kinds)}"
            yield Fault(path, message, "keep images in the UK", subject)


@rule("RES-08", Severity.ERROR, f"law: {UK_GDPR} Chapter V, restricted transfers, of which viewing from abroad is one")
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
                f"expected {place.name} in GB, or a transfer_route; found {place.country} and no route"
                f"{by_way(network, place.name)}",
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
        f"expected the support desk in GB, or a signed agreement of kind transfer; found {platform.support_country}"
        f"{by_way_of_support(network)}",
        "add `{kind: transfer, signed: ..., ref: ...}` under governance.agreements",
        "support",
    )


@rule(
    "RES-11",
    Severity.ERROR,
    f"law: {UK_GDPR} Chapter V; engineering: general knowledge, Privacy Shield was struck down in July 2020",
)
def nobody_relies_on_privacy_shield(network: Network) -> Iterator[Fault]:
    """No transfer cites Privacy Shield, which was struck down.

    PASS:
        external: [{name: night-reporting, kind: teleradiology, country: US, transfer_route: DPF UK extension}]

    FAIL:
        external:
          - name: night-reporting
            kind: teleradiology
            country: US
            transfer_route: Privacy Shield  # here
    """
    cited = [((*place.path, "transfer_route"), place.transfer_route, place.name) for place in network.external]
    cited += [((*a.path, "ref"), a.ref, a.ref) for a in governance(network).agreements]
    for path, text, subject in cited:
        if PRIVACY_SHIELD in text.casefold():
            message = f"expected a safeguard in force, found {text}"
            yield Fault(path, message, "adequacy regulations, an IDTA or the Addendum", subject)


@rule("RES-12", Severity.WARN, f"national guidance: processing abroad, {CLOUD_STORAGE}")
def who_works_on_images_in_europe_keeps_none(network: Network) -> Judging:
    """A place elsewhere in Europe that works on images is named, and keeps none.

    The guidance lets a service in Europe work on data that stays at rest in the UK. Looks at `operator` and
    `keeps_images` of each place beyond the network that is in the EEA or Switzerland.

    PASS:
        external:
          - {name: triage, kind: research, country: IE, operator: Triage Limited, keeps_images: false}

    FAIL:
        external:
          - name: triage
            kind: research
            country: IE
            operator: Triage Limited
            keeps_images: true  # here
    """
    places = [place for place in network.external if place.country in EUROPE]
    for place in places:
        where, path = f"{place.name}, in {place.country}", (*place.path, "keeps_images")
        hint = "`keeps_images: false`, once its contract says so; or a place in the UK"
        if place.keeps_images:
            message = f"expected no images kept at {where}, found keeps_images: true"
            yield Fault(path, message, hint, place.name)
        else:
            stated = True if place.keeps_images is False else None
            yield from owed(network, stated, path, f"it stated that no images are kept at {where}", hint, place.name)
        path, what = (*place.path, "operator"), f"the legal name of who runs {where}"
        yield from owed(network, place.operator, path, what, "`operator:`", place.name)
    return None if places else "no place beyond the network is elsewhere in Europe"


RULES = (
    data_abroad_has_been_decided,
    partly_adequate_countries_have_their_condition,
    other_countries_have_safeguards,
    transfers_abroad_have_a_route,
    nobody_relies_on_privacy_shield,
    who_works_on_images_in_europe_keeps_none,
)
