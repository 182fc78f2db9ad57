"""GOV, DCM, CS: what several networks may not share, and what those that do must say; each rule speaks for one."""

from collections.abc import Iterable, Iterator

from policies.level import Country, Level, Seen, country, endpoint
from policies.rule import Fault, Judging, rule
from policies.sources import READ
from policies.stated import listed
from provisioner.definition.network import External, Network
from provisioner.findings import Severity

NETWORKS = (Level.NETWORKS,)


def _known(seen: Seen) -> Country:
    return seen.country or country((seen.network,))


def _others(seen: Seen, having: tuple[Network, ...]) -> list[Network]:
    """Those networks but for the one that is judged; a copy of that, without its waivers say, has its members still."""
    return [network for network in having if network.members is not seen.network.members]


def _once(names: Iterable[str]) -> str:
    """Each name once: two files may hold one network."""
    return listed(list(dict.fromkeys(names)))


@rule("GOV-13", Severity.ERROR, "engineering: an id names everything that is deployed", levels=NETWORKS)
def each_network_has_an_id_of_its_own(seen: Seen) -> Iterator[Fault]:
    """No two networks have one id.

    Looks at all definitions that are checked in one run.

    PASS:
        beside:
          network: {id: wye, name: Wye Imaging Network, environment: production}

    FAIL:
        network:
          id: severn  # here
          name: Severn Imaging Network
          environment: production
        beside:
          network: {id: severn, name: Other Severn Imaging Network, environment: production}
    """
    own = seen.network.network
    others = _others(seen, _known(seen).ids.get(own.id, ()))
    if others:
        names = _once(other.network.name for other in others)
        message = f"expected an id that no other network has, found {own.id}, as that of {names}"
        yield Fault((*own.path, "id"), message, "another id for the newer of the two", own.id)


@rule(
    "DCM-23",
    Severity.WARN,
    f"professional: practice of North West London ({READ}), where trusts are in two networks",
    levels=NETWORKS,
)
def a_member_of_two_networks_has_a_primary_one(seen: Seen) -> Judging:
    """A member of two networks names its primary one, the same in each.

    `primary_network` is the id of one of them.

    PASS:
        members:
          - {ods: RXA, name: A, kind: nhs_trust, primary_network: severn, sites: [{ods: RXA01, name: General}]}
        beside:
          network: {id: wye, name: Wye Imaging Network, environment: production}
          members:
            - {ods: RXA, name: A, kind: nhs_trust, primary_network: severn, sites: [{ods: RXA02, name: Royal}]}

    FAIL:
        members:
          - ods: RXA  # here
            name: Aldermoor
            kind: nhs_trust
            sites: [{ods: RXA01, name: General}]
          - ods: RXB
            name: Brackenfield
            kind: nhs_trust
            primary_network: severn  # here
            sites: [{ods: RXB01, name: Royal}]
        beside:
          network: {id: wye, name: Wye Imaging Network, environment: production}
          members:
            - {ods: RXA, name: Aldermoor, kind: nhs_trust, sites: [{ods: RXA02, name: Royal}]}
            - {ods: RXB, name: B, kind: nhs_trust, primary_network: wye, sites: [{ods: RXB02, name: Infirmary}]}
    """
    shared = False
    for member in seen.network.members:
        others = _others(seen, _known(seen).members.get(member.ods, ()))
        ids = list(dict.fromkeys((seen.network.network.id, *(other.network.id for other in others))))
        path, hint = (*member.path, "primary_network"), f"`primary_network:` {' or '.join(ids)}, the same in each"
        named = {m.primary_network for other in others for m in other.members if m.ods == member.ods}
        shared = shared or bool(others)
        if others and member.primary_network not in ids:
            message = f"expected the primary network of {member.ods}, one of {listed(ids)}"
            yield Fault(path, f"{message}; found {member.primary_network or 'none'}", hint, member.ods)
        elif others and named != {member.primary_network}:
            words = listed(sorted(name or "none" for name in named))
            message = (
                f"expected the primary network of {member.ods} to be {member.primary_network} in each, found {words}"
            )
            yield Fault(path, message, hint, member.ods)
    return None if shared else "no member is in two networks"


@rule("DCM-24", Severity.ERROR, "engineering: a site is one node, and its code one AE title", levels=NETWORKS)
def no_site_is_in_two_networks(seen: Seen) -> Iterator[Fault]:
    """No site is in two networks.

    Each would deploy a node for it, of one code and one AE title. A link between the networks does what is wanted: an
    external place of kind `network`.

    PASS:
        beside:
          network: {id: wye, name: Wye Imaging Network, environment: production}
          members: [{ods: RXE, name: E, kind: nhs_trust, sites: [{ods: RXE01, name: Elmstead}]}]

    FAIL:
        members:
          - ods: RXA
            name: Aldermoor
            kind: foundation_trust
            sites:
              - ods: RXA01  # here
                name: General
        beside:
          network: {id: wye, name: Wye Imaging Network, environment: production}
          members: [{ods: RXA, name: Aldermoor, kind: foundation_trust, sites: [{ods: RXA01, name: General}]}]
    """
    for _, site in seen.network.sites():
        others = _others(seen, _known(seen).sites.get(site.ods, ()))
        if others:
            names = _once(other.network.id for other in others)
            message = f"expected {site.ods} in this network alone, found it in {names} too"
            yield Fault((*site.path, "ods"), message, "keep it in one; link the networks", site.ods)


@rule("CS-08", Severity.ERROR, "engineering: a test image among patients' is a hazard", levels=NETWORKS)
def test_and_production_do_not_meet(seen: Seen) -> Judging:
    """A test network and a production network cannot reach each other.

    No place beyond the one is a site of the other, by its AE title or as the network itself, and both declare no place
    at one address.

    PASS:
        external: [{name: wye, kind: network, country: GB, aet: WYEHUB, address: wye.example.org}]
        beside:
          network: {id: wye, name: Wye Imaging Network, environment: production}

    FAIL:
        external:
          - name: elsewhere  # here
            kind: network
            country: GB
            aet: RXE01
            address: elsewhere.example.org
          - {name: night, kind: teleradiology, country: GB, aet: NIGHT, address: night.example.org}  # here
        beside:
          network: {id: wye, name: Wye Imaging Network, environment: test, synthetic_data: true}
          members: [{ods: RXE, name: E, kind: nhs_trust, sites: [{ods: RXE01, name: Elmstead}]}]
          reporting: {worklist: {home: RXE01}}
          external: [{name: reader, kind: teleradiology, country: GB, aet: NIGHT, address: night.example.org}]
    """
    environment = seen.network.network.environment
    strangers = [n for n in _known(seen).networks if n.network.environment is not environment]
    for place in seen.network.external:
        met = [other for other in _met(seen, place) if other in strangers]
        if met:
            other = met[0].network
            message = (
                f"expected nothing in common with {other.id}, a {other.environment} network; "
                f"found {place.name} at {endpoint(place) or place.name}"
            )
            yield Fault((*place.path, "name"), message, "another place for test images", place.name)
    return None if strangers else "all networks are of one environment"


def _met(seen: Seen, place: External) -> tuple[Network, ...]:
    """The networks that a place leads to, or that share it."""
    known = _known(seen)
    return (
        *known.titles.get(place.aet, ()),
        *known.ids.get(place.name, ()),
        *known.endpoints.get(endpoint(place), ()),
    )


RULES = (
    each_network_has_an_id_of_its_own,
    a_member_of_two_networks_has_a_primary_one,
    no_site_is_in_two_networks,
    test_and_production_do_not_meet,
)
