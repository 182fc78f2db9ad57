"""A node's REST entries: the bodies to put, and one form of words for what is wanted and what is there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.engine.resource import Value
from provisioner.links.linking import links_of
from provisioner.site.render import Login, dicomweb_body, modality_body, peer_body
from stacks.local.ground import Ground

Bodies = Mapping[str, dict[str, Any]]

ALLOWED = {
    "AllowEcho": "echo",
    "AllowStore": "store",
    "AllowFind": "find",
    "AllowFindWorklist": "worklist",
    "AllowGet": "get",
    "AllowMove": "move",
    "AllowNAction": "n-action",
    "AllowEventReport": "event-report",
}


@dataclass(frozen=True, slots=True)
class Entries:
    """Alias -> body, for each of the three lists that Orthanc keeps."""

    modalities: Bodies
    peers: Bodies
    dicomweb: Bodies


def desired(ground: Ground, name: str) -> Entries:
    """The entries that a node must hold, passwords included."""
    links, files = links_of(ground.topology, name), ground.folder.node(name)

    def login(node: str) -> Login:
        own = (str(files.certificate), str(files.key))
        return Login(*own, ground.keys.peer(name, node).used if node else None)

    def endpoint(node: str) -> Any:
        return ground.endpoint(node) if node else None

    return Entries(
        modalities={e.alias: modality_body(e, endpoint(e.node)) for e in links.modalities},
        peers={e.alias: peer_body(e, endpoint(e.node), login(e.node)) for e in links.peers},
        dicomweb={e.alias: dicomweb_body(e, endpoint(e.node), login(e.node)) for e in links.dicomweb},
    )


def described(entries: Entries) -> dict[str, dict[str, Value]]:
    """Each entry in words that hold all of it but the password, which Orthanc never tells."""
    return {
        "modalities": {alias: _modality(body) for alias, body in sorted(entries.modalities.items())},
        "peers": {alias: _web(body) for alias, body in sorted(entries.peers.items())},
        "dicomweb": {alias: _web(body) for alias, body in sorted(entries.dicomweb.items())},
    }


def _modality(body: dict[str, Any]) -> str:
    allow = ",".join(word for key, word in ALLOWED.items() if body.get(key)) or "nothing"
    tls = "tls" if body.get("UseDicomTls") else "plain"
    return f"{body.get('AET')}@{body.get('Host')}:{body.get('Port')} {tls} may {allow}"


def _web(body: dict[str, Any]) -> str:
    user = body.get("Username")
    return f"{body.get('Url')} as {user}" if user else str(body.get("Url"))
