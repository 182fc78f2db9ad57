"""From what the user names to what a command works on: a definition that was checked, or a network that is deployed."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cli.examining import Examined, examined, read_bytes
from cli.session import Session, Usage
from cli.terminal import counted, note, style_of
from provisioner.errors import NetprovError, Refused
from provisioner.findings import Severity
from provisioner.home import NetworkFolder, NodeFolder, networks
from provisioner.record import changed

if TYPE_CHECKING:
    from provisioner.engine.registry import Record
    from provisioner.links.topology import Topology
    from stacks.target import Request

LOOKS_LIKE_A_FILE = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Checked:
    """A definition that may be deployed."""

    text: str
    topology: "Topology"


@dataclass(frozen=True, slots=True)
class Deployed:
    """A network of the registry."""

    folder: NetworkFolder
    record: "Record"


def refuse_errors(result: Examined, session: Session) -> None:
    """Say all that is wrong and stop, or say in a line that there is something to read."""
    if result.refused:
        from provisioner.report import text

        note(text(result.document, result.findings, style_of(sys.stderr, session.environ).colour))
        errors = counted(result.count(Severity.ERROR), "error")
        raise Refused(f"{errors} in {result.document.name}: nothing was changed")
    if result.count(Severity.WARN):
        name = result.document.name
        note(f"{counted(result.count(Severity.WARN), 'warning')} in {name}: `netprov check {name}` shows them")


def checked(name: str, session: Session) -> Checked:
    """The definition, fit to be deployed; whatever is wrong with it is printed and raised."""
    from provisioner.links.linking import derive

    result = examined(name, _definition(name, session), session)
    refuse_errors(result, session)
    assert result.network is not None  # noqa: S101 - a definition without a network is refused above
    topology = derive(result.network)
    if topology.logo:
        from cli.logo import embedded

        topology = changed(topology, logo=embedded(Path(name).parent / topology.logo))
    return Checked(result.document.text, topology)


def _definition(name: str, session: Session) -> bytes:
    """What the file says; whoever gives the id of a network is told where the definition is that it was made of."""
    try:
        return read_bytes(name)
    except Usage as error:
        kept = folder_of(name, session).definition
        if "/" in name or not kept.is_file():
            raise
        raise Usage(error.message, f"{name} is deployed; the definition that it was made of: {kept}") from None


def folder_of(network_id: str, session: Session) -> NetworkFolder:
    """The folder of one network, whether it is there or not."""
    return NetworkFolder(session.home / "networks" / network_id)


def at_hand(network_id: str, session: Session) -> NetworkFolder:
    """The folder of a network to be deployed, with what other machines have done to it."""
    from provisioner.engine.backend import chosen, settle
    from provisioner.engine.lock import refresh

    folder = folder_of(network_id, session)
    backend = settle(folder, chosen(session.environ))
    refresh(folder)
    settle(folder, backend)  # where it was taken down from elsewhere, it is deployed anew in the same place
    return folder


def known(session: Session) -> dict[str, NetworkFolder]:
    """Every network by its id: of this home, and of the bucket that is asked for."""
    from provisioner.engine.backend import chosen

    found = {folder.id: folder for folder in networks(session.home) if not _only_asked_for(folder)}
    backend = chosen(session.environ)
    if backend.in_bucket:
        from provisioner.engine.safe import networks_in

        found = {each: folder_of(each, session) for each in sorted({*found, *networks_in(backend)})}
    return found


def _only_asked_for(folder: NetworkFolder) -> bool:
    """Whether all that is here is where its state would be: if it is there, the bucket lists it."""
    return folder.backend.exists() and not (folder.registry.exists() or folder.safe.exists())


def deployed(reference: str, session: Session) -> Deployed:
    """The network that an id, a definition, or (where only one is deployed) nothing at all names."""
    from provisioner.engine.registry import load

    folder = named(reference, session)
    record = load(folder)
    if record is None:
        raise NetprovError(
            f"network {folder.id} was never fully deployed",
            f"netprov up with its definition, or netprov down {folder.id}",
        )
    return Deployed(folder, record)


def as_deployed(network: Deployed, session: Session, delete_studies: bool = False) -> "Request":
    """What is deployed, as a request: for looking at drift, and for taking it away."""
    from stacks.target import Request

    definition = network.folder.definition
    return Request(
        topology=network.record.topology,
        definition=definition.read_text(encoding="utf-8") if definition.is_file() else "",
        folder=network.folder,
        environ=session.environ,
        delete_studies=delete_studies,
    )


def named(reference: str, session: Session) -> NetworkFolder:
    """The folder of the network that the user means, as it is by now; a mistake if there is none."""
    there = known(session)
    network_id = _id_in(reference) if is_definition(reference, session) else reference or _only(there)
    if network_id not in there or not up_to_date(there[network_id], session):
        others = ", ".join(each for each in there if each != network_id)
        raise Usage(
            f"there is no network '{network_id}' here; {f'deployed: {others}' if others else 'none is deployed'}",
            "netprov list",
        )
    return there[network_id]


def up_to_date(folder: NetworkFolder, session: Session) -> bool:
    """Bring a network's folder in line with the bucket, if it has one; False if it was taken down from elsewhere."""
    from provisioner.engine.backend import chosen, noted, settle
    from provisioner.engine.lock import refresh

    if not noted(folder).url and folder.registry.exists():  # what --backend says is of other networks
        return True
    settle(folder, chosen(session.environ))
    refresh(folder)
    return folder.root.is_dir()


def node_folder(node: str, network: str, session: Session) -> NodeFolder:
    """The folder of a node, in the network given or in the only one that has such a node."""
    chosen = (named(network, session),) if network else networks(session.home)
    holders = [folder for folder in chosen if folder.node(node).root.is_dir()]
    if len(holders) > 1:
        raise Usage(f"{', '.join(h.id for h in holders)} each have a node {node}", f"--network {holders[0].id}")
    if not holders:
        names = sorted({n.name for folder in chosen if folder.nodes.is_dir() for n in folder.nodes.iterdir()})
        raise Usage(f"there is no node {node} here", f"one of: {', '.join(names)}" if names else "netprov list")
    return holders[0].node(node)


def deployed_with(node: str, network: str, session: Session) -> Deployed:
    """The network that has such a node: the one given, or the only one that was deployed with it."""
    chosen = (deployed(network, session),) if network else tuple(_all_deployed(session))
    nodes = {each.folder.id: {its.id for its in each.record.topology.nodes} for each in chosen}
    holders = [each for each in chosen if node in nodes[each.folder.id]]
    if len(holders) > 1:
        ids = [each.folder.id for each in holders]
        raise Usage(f"{', '.join(ids)} each have a node {node}", f"--network {ids[0]}")
    if not holders:
        names = sorted(set().union(*nodes.values()))
        raise Usage(f"there is no node {node} here", f"one of: {', '.join(names)}" if names else "netprov list")
    return deployed(holders[0].folder.id, session)


def _all_deployed(session: Session) -> Iterator[Deployed]:
    """Those whose record can be read."""
    from provisioner.engine.registry import load

    for folder in known(session).values():
        with suppress(NetprovError):
            if up_to_date(folder, session) and (record := load(folder)):
                yield Deployed(folder, record)


def _only(there: dict[str, NetworkFolder]) -> str:
    if len(there) == 1:
        return next(iter(there))
    if not there:
        raise Usage("no network is deployed here", "netprov up network.yaml")
    raise Usage(f"which network? deployed: {', '.join(there)}", "give its id, or its definition")


def is_definition(reference: str, session: Session) -> bool:
    """Whether the user means a file; an id that is deployed goes before a file that happens to have its name."""
    if reference == "-" or "/" in reference or reference.endswith(LOOKS_LIKE_A_FILE):
        return True
    return not folder_of(reference, session).root.is_dir() and Path(reference).is_file()


def _id_in(name: str) -> str:
    """The network's id in a definition that may be full of errors: taking down must not depend on mending it."""
    from provisioner.definition.document import parse

    try:
        tree = parse(name, read_bytes(name)).value
    except Usage as error:
        raise Usage(error.message, "where the definition is lost, give the network's id: netprov list") from None
    identity = tree.get("network") if isinstance(tree, dict) else None
    network_id = identity.get("id") if isinstance(identity, dict) else None
    if not isinstance(network_id, str):
        raise Usage(f"{name} names no network: `network.id` is not in it", "give the network's id: netprov list")
    return network_id
