"""What only the link compiler can see: ends that no flow reaches, rules that clash or do nothing, one name for two."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from provisioner.definition.choices import OperatingModel, Operation, Protocol, Shape
from provisioner.definition.hub import HUB, home, hub_owner, node_ids, shape
from provisioner.definition.network import External, LinkRule, Network
from provisioner.findings import Finding, Path, Severity
from provisioner.links.flows import flows, rules, spoken_of, stated, usual
from provisioner.links.topology import Flow


def findings(network: Network) -> tuple[Finding, ...]:
    """All of them, in one run, in the order of the rules' ids."""
    checks = (_middle, _names, _places, _rules, _contradictions, _idle_rules, _reach)
    found = chain.from_iterable(check(network) for check in checks)
    return tuple(sorted(found, key=lambda f: (f.rule, [str(step) for step in f.path], f.message)))


def _middle(network: Network) -> Iterator[Finding]:
    """A network needs nodes, a home for its worklist, and someone who owns its hub."""
    if not any(True for _ in network.sites()):
        yield _error("LNK-01", ("members",), "no member has a site, so there is no node to deploy", "add `sites:`")
    elif not home(network):
        yield _error(
            "LNK-02",
            network.reporting.path if network.reporting else _shape_path(network),
            "a mesh has no hub to keep the shared worklist, and no site is named as its home",
            "add `reporting: {worklist: {home: <a site's code>}}`",
        )
    elif shape(network) is Shape.HUB:
        yield from _hub(network)


def _hub(network: Network) -> Iterator[Finding]:
    owner, middle = hub_owner(network), home(network)
    if not owner:
        yield _error(
            "LNK-03", ("operating_model",), "nobody owns the network's hub", _OWNED_BY[network.operating_model]
        )
    if middle != HUB and network.platform and network.platform.hub:
        yield _warning(
            "LNK-04",
            network.platform.hub.path,
            f"`hub` changes nothing: site {middle} keeps the worklist and so is the hub",
            "remove `hub`, or remove `reporting.worklist.home` to get a hub of its own",
        )
    at = next((member for member, site in network.sites() if site.ods == middle), None)
    if at and owner and owner != at.ods and network.operating_model in _OWNED_BY_A_MEMBER:
        yield _warning(
            "LNK-05",
            ("reporting", "worklist", "home"),
            f"the hub stands at {middle}, a site of {at.ods}, but {owner} owns it",
            f"name a site of {owner}, or have the agreement between {owner} and {at.ods} say so",
        )


_OWNED_BY_A_MEMBER = (OperatingModel.COLLABORATION, OperatingModel.HOSTED)
_ENTITY = "name the entity: `legal_entity: {name: ..., ods: ...}`"
_OWNED_BY = {
    OperatingModel.COLLABORATION: "name the lead trust: `lead: <a member's code>`",
    OperatingModel.HOSTED: "name the host trust: `host: <a member's code>`",
    OperatingModel.OUTSOURCED: "name the supplier: `supplier: {name: ..., ods: ...}`",
    OperatingModel.ALLIANCE: "an alliance owns nothing itself: name a member's site as `reporting.worklist.home`",
    OperatingModel.JV_LLP: _ENTITY,
    OperatingModel.JV_COMPANY: _ENTITY,
    OperatingModel.CIC: _ENTITY,
}


def _shape_path(network: Network) -> Path:
    return ("topology",) if network.topology else ("operating_model",)


def _names(network: Network) -> Iterator[Finding]:
    """Site codes, AE titles and HUB name entries of one table on each node, so one name is one thing.

    Codes against codes, and AE titles against AE titles, are the reader's to compare.
    """
    claims: dict[str, list[tuple[str, str, Path]]] = defaultdict(list)
    for word, kind, subject, path in _claims(network):
        claims[word].append((kind, subject, path))
    for word, claimed in claims.items():
        if len(claimed) == 1:
            continue
        subjects = {subject for _, subject, _ in claimed}
        if len(subjects) > 1 and len({kind for kind, _, _ in claimed}) > 1:
            kind, subject, path = max(claimed, key=lambda c: (c[0] == "title", c[2] != (), str(c[2])))
            others = " and ".join(sorted(subjects - {subject}))
            yield _error("LNK-06", path, f"{word} already names {others}", "give it another AE title")


def _claims(network: Network) -> Iterator[tuple[str, str, str, Path]]:
    """Name, kind of name, what it names, and where that is written."""
    for _, site in network.sites():
        yield site.ods, "code", f"site {site.ods}", (*site.path, "ods")
        if site.aet:
            yield site.aet, "title", f"site {site.ods}", (*site.path, "aet")
        for scanner in site.modalities:
            yield scanner.aet, "title", f"the scanner {scanner.aet} of {site.ods}", (*scanner.path, "aet")
    for place in network.external:
        if place.aet:
            yield place.aet, "title", f"the place {place.name}", (*place.path, "aet")
    if home(network) == HUB:
        hub = network.platform.hub if network.platform else None
        yield HUB, "hub", "the network's hub", hub.path if hub else ()
        if hub:
            yield hub.aet, "title", "the network's hub", (*hub.path, "aet")


def _places(network: Network) -> Iterator[Finding]:
    """A place needs an address that its protocol can use."""
    for place in network.external:
        missing = [key for key in _ADDRESS[place.protocol] if not getattr(place, key)]
        if missing:
            names = " and ".join(f"`{key}`" for key in missing)
            yield _error(
                "LNK-07",
                place.path,
                f"{place.name} is reached by {place.protocol}, which needs {names}",
                f"add {names}",
            )


_ADDRESS = {
    Protocol.DICOM_TLS: ("aet", "address"),
    Protocol.DICOMWEB: ("url",),
    Protocol.ORTHANC_PEER: ("url",),
    Protocol.XCA: (),
}


def _rules(network: Network) -> Iterator[Finding]:
    """Each rule by itself: two ends, operations that can be had there, one thing said."""
    middle, places = home(network), {p.name: p for p in network.external}
    for rule in network.links:
        if rule.source == rule.target:
            yield _error("LNK-08", (*rule.path, "to"), f"{rule.source} is linked to itself", "name another site")
        if rule.absent and (rule.operations or rule.one_way):
            yield _error(
                "LNK-09",
                (*rule.path, "absent"),
                "an absent link takes away both directions, so it has no operations and no one_way",
                "to keep one direction, write that one with `one_way: true` and without `absent`",
            )
        if Operation.WORKLIST in rule.operations and middle and middle not in _called(rule):
            yield _error(
                "LNK-10",
                (*rule.path, "operations"),
                f"{rule.target} keeps no shared worklist; {middle} does",
                "leave `worklist` out",
            )
        yield from _beyond(rule, [places[end] for end in (rule.source, rule.target) if end in places])


def _called(rule: LinkRule) -> tuple[str, ...]:
    return (rule.target,) if rule.one_way else (rule.target, rule.source)


def _beyond(rule: LinkRule, places: list[External]) -> Iterator[Finding]:
    if len(places) > 1:
        yield _error(
            "LNK-11", rule.path, "a link between two external places is none of this network's", "remove the link"
        )
    for place in places:
        if place.protocol is Protocol.XCA:
            yield _error(
                "LNK-12",
                rule.path,
                f"{place.name} is reached by XCA, which netprov declares and does not link",
                "remove the link, or give the place another protocol",
            )
        elif place.name == rule.source and place.protocol is not Protocol.DICOM_TLS:
            yield _error(
                "LNK-13",
                (*rule.path, "from"),
                f"{place.name} cannot call: over {place.protocol} only the network's own nodes are let in",
                "give it `protocol: dicom_tls`, or let a site fetch from it instead",
            )


def _contradictions(network: Network) -> Iterator[Finding]:
    """Two rules for one direction: one of them is a mistake, and netprov does not guess which."""
    places = {p.name: p for p in network.external}
    first: dict[tuple[str, str], LinkRule] = {}
    directions = [(rule, (flow.source, flow.target)) for rule, flow in stated(network)]
    directions += [(rule, way) for rule in rules(network) if rule.absent for way in spoken_of(rule, places)]
    told: set[Path] = set()
    for rule, direction in sorted(directions, key=lambda d: d[0].path[-1:]):
        earlier = first.setdefault(direction, rule)
        if earlier is not rule and rule.path not in told:
            told.add(rule.path)
            yield _error(
                "LNK-14",
                rule.path,
                f"another link already says what {direction[0]} may do at {direction[1]}",
                "keep one of the two",
            )


def _idle_rules(network: Network) -> Iterator[Finding]:
    """A rule that leaves everything as the topology has it was meant to do something else."""
    places = {p.name: p for p in network.external}
    given = usual(network) if network.links else {}
    says: dict[Path, dict[tuple[str, str], Flow]] = defaultdict(dict)
    for rule, flow in stated(network):
        says[rule.path][flow.source, flow.target] = flow
    for rule in rules(network):
        says_something = rule.absent or rule.path in says
        if says_something and all(says[rule.path].get(way) == given.get(way) for way in spoken_of(rule, places)):
            what = "there is no such link to take away" if rule.absent else "the topology already gives this link"
            yield _warning("LNK-15", rule.path, f"the link changes nothing: {what}", "remove it, or correct its ends")


def _reach(network: Network) -> Iterator[Finding]:
    """Only `links:` can cut anything off."""
    if not network.links:
        return
    nodes, middle, every = set(node_ids(network)), home(network), flows(network)
    linked = {end for flow in every for end in (flow.source, flow.target) if {flow.source, flow.target} <= nodes}
    for _, site in network.sites():
        if site.ods not in linked and len(nodes) > 1:
            yield _warning("LNK-16", site.path, f"{site.ods} has no link left to any other node", "leave it one")
    reached = _reached_from(middle, [f for f in every if Operation.STORE in f.operations])
    for place in network.external:
        via = place.via or middle
        if middle and via in nodes and via not in reached:
            yield _error(
                "LNK-17",
                (*place.path, "via") if place.via else place.path,
                f"no study can get from {middle} to {via}, and so none to {place.name}",
                "name another site as `via`, or link it",
            )


def _reached_from(start: str, every: list[Flow]) -> set[str]:
    targets: dict[str, set[str]] = defaultdict(set)
    for flow in every:
        targets[flow.source].add(flow.target)
    reached, waiting = {start}, [start]
    while waiting:
        onward = targets[waiting.pop()] - reached
        reached |= onward
        waiting.extend(onward)
    return reached


def _error(rule: str, path: Path, message: str, hint: str) -> Finding:
    return Finding(rule, Severity.ERROR, path, message, hint)


def _warning(rule: str, path: Path, message: str, hint: str) -> Finding:
    return Finding(rule, Severity.WARN, path, message, hint)
