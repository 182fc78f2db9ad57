"""What each running node has loaded: its settings, links, version and certificate, asked of the node itself."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial

from provisioner.links.topology import Node
from provisioner.proving.probes import Cards, presented
from provisioner.site.planned import NodeSettings
from stacks.local.ground import Ground, read

PARALLEL = 8


def loaded(ground: Ground) -> tuple[NodeSettings, ...]:
    """Every node, asked at once. Raises NetprovError if one does not answer: of that nothing is known."""
    cards = Cards(ground.folder.clients / "trust.crt")
    with ThreadPoolExecutor(PARALLEL) as pool:
        return tuple(pool.map(partial(_loaded, ground, cards), ground.topology.nodes))


def _loaded(ground: Ground, cards: Cards, node: Node) -> NodeSettings:
    endpoint, clients = ground.endpoint(node.id), ground.folder.clients
    with closing(ground.client(node.id)) as client:
        client.node = node.id  # in the words of what goes wrong
        settings, modalities, peers, system = client.settings(), client.modalities(), client.peers(), client.system()
    card = cards.of(clients / "operator.crt", clients / "operator.key")
    _, ends = presented(endpoint.host, endpoint.https_port, card)
    return NodeSettings(
        node=node.id,
        orthanc=settings,
        nginx=read(ground.folder.node(node.id).front),
        modalities=modalities,
        peers=peers,
        version=str(system.get("Version", "")),
        certificate_days=(ends - ground.now).days,
    )
