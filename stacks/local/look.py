"""Looking at a running network without touching it: status, outputs, verification."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from typing import Any

from provisioner.engine.plan import NodeStatus, Outbox
from provisioner.errors import NetprovError
from provisioner.links.topology import Node
from provisioner.proving.verify import Report
from provisioner.proving.worklist import Asked, ask
from stacks.local.ground import Ground
from stacks.local.processes import resident_mib, running
from stacks.local.studies import held
from stacks.local.trust import read_edition

PARALLEL = 8
LOOK_SECONDS = 5.0


def status(ground: Ground) -> tuple[NodeStatus, ...]:
    """Every node, asked at once."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        return tuple(pool.map(lambda node: _status(ground, node), ground.topology.nodes))


def _status(ground: Ground, node: Node) -> NodeStatus:
    orthanc, front = running(ground.orthanc(node.id)), running(ground.front(node.id))
    edition = read_edition(ground.folder.node(node.id).root / "tls")
    days = (datetime.fromisoformat(edition.not_after) - ground.now).days if edition else None
    answers, detail, outbox = False, "", None
    if orthanc is None or front is None:
        missing = [word for word, pid in (("archive", orthanc), ("front", front)) if pid is None]
        detail = f"{' and '.join(missing)} not running"
    else:
        answers, detail = _answers(ground, node.id)
        outbox = _outbox(ground, node.id) if answers else None
    return NodeStatus(
        node=node.id,
        name=node.name,
        aet=node.aet,
        endpoint=ground.endpoints.get(node.id),
        running=answers,
        detail=detail,
        studies=held(ground, node.id) if node.id in ground.endpoints else None,
        memory_mib=sum(resident_mib(pid) for pid in (orthanc, front) if pid) or None,
        certificate_days=days,
        outbox=outbox,
    )


def _answers(ground: Ground, node: str) -> tuple[bool, str]:
    try:
        with closing(ground.client(node)) as client:
            client.system()
    except NetprovError as error:
        return False, error.message
    return True, ""


def _outbox(ground: Ground, node: str) -> Outbox | None:
    try:
        with closing(ground.client(node)) as client:
            queue = client.queue()
    except NetprovError:
        return None
    letters = [*queue["dead"], *queue["failing"]]
    return Outbox(
        waiting=queue["depth"],
        oldest_seconds=queue["oldest_seconds"],
        dead=queue["counts"].get("dead", 0),
        troubles=tuple(sorted({str(letter["reason"]) for letter in letters})),
    )


def worklist(ground: Ground, asked: Asked) -> Any:
    """Ask the node that keeps it, or the one that is named."""
    node = asked.node or ground.topology.home
    if not node:
        raise NetprovError("this network has no shared worklist", "name its home in `reporting.worklist.home`")
    return ask(ground.endpoint(node).http_port, ground.keys.internal(node).used, asked)


def counts(ground: Ground) -> dict[str, Any] | None:
    """How much stands on the worklist; None where there is none, or its home does not answer."""
    try:
        found: dict[str, Any] = worklist(ground, Asked("GET", "counts", seconds=LOOK_SECONDS))
    except NetprovError:
        return None
    return found


def outputs(ground: Ground) -> dict[str, object]:
    """Addresses, AE titles and certificate files."""
    clients = ground.folder.clients
    nodes = {}
    for node in ground.topology.nodes:
        endpoint, files = ground.endpoint(node.id), ground.folder.node(node.id)
        nodes[node.id] = {
            "name": node.name,
            "aet": node.aet,
            "https": endpoint.https,
            "worklist": endpoint.door,
            "dicom": {"host": endpoint.host, "port": endpoint.dicom_port, "tls": True},
            "certificate": str(files.certificate),
            "curl": str(clients / f"{node.id}.curl"),
            "scanners": {
                s.aet: {
                    "certificate": str(clients / f"{node.id}-{s.aet}.crt"),
                    "key": str(clients / f"{node.id}-{s.aet}.key"),
                }
                for s in node.scanners
            },
        }
    return {
        "network": ground.topology.id,
        "name": ground.topology.name,
        "worklist_home": ground.topology.home,
        "trust": str(clients / "trust.crt"),
        "operator": {"certificate": str(clients / "operator.crt"), "key": str(clients / "operator.key")},
        "nodes": nodes,
    }


def verify(ground: Ground) -> Report:
    """Prove that what is linked works, and what is not is refused."""
    from provisioner.proving.questions import Operator, Reach
    from provisioner.proving.verify import verify as prove

    clients = ground.folder.clients
    nodes = [node.id for node in ground.topology.nodes]
    reach = {
        node: Reach(
            node=node,
            endpoint=ground.endpoint(node),
            internal=ground.keys.internal(node).used,
            certificate=ground.folder.node(node).certificate,
            key=ground.folder.node(node).key,
        )
        for node in nodes
    }
    operator = Operator(
        certificate=clients / "operator.crt",
        key=clients / "operator.key",
        trust=clients / "trust.crt",
        logins={node: ground.keys.operator(node).used for node in nodes},
        caller_login=lambda caller, callee: ground.keys.peer(caller, callee).used,
    )
    return prove(ground.topology, reach, operator)
