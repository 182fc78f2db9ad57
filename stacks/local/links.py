"""All that one node holds of its links: modalities, peers and DICOMweb servers by REST, callers at its front."""

import json
from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING

from provisioner.disk import place
from provisioner.engine.plan import SCANNER, Kind
from provisioner.engine.resource import Difference, Inputs, Value
from provisioner.links.sharing import FILE as SHARING
from provisioner.links.sharing import sharing
from stacks.local.entries import Entries, described, desired
from stacks.local.front import front_files, settle
from stacks.local.ground import Ground, digest, read
from stacks.local.processes import running

NOTE = "links.edition"
if TYPE_CHECKING:
    from provisioner.proving.orthanc import Orthanc

GROUPS = ("modalities", "peers", "dicomweb")


def wanted(ground: Ground, name: str) -> dict[str, Value]:
    """The inputs of a node's links: each entry in words, which of them are scanners of its own site, and digests of who
    may call and of what its plugins know."""
    return {
        **described(desired(ground, name)),
        "scanners": {scanner.aet: scanner.kind for scanner in ground.topology.node(name).scanners},
        "front": digest(front_files(ground, name)),
        "sharing": digest(shared(ground, name)),
    }


def shared(ground: Ground, name: str) -> dict[str, str]:
    """What the node's plugins know of the network; they read it again when it changes."""
    text = sharing(
        ground.topology,
        name,
        lambda node: ground.endpoint(node).https,
        lambda node: ground.keys.peer(name, node).used,
    )
    return {SHARING: text}


def _edition(inputs: Inputs) -> str:
    return digest({"links": json.dumps(dict(inputs), sort_keys=True)})


class LinksResource:
    """Sets one node's links; nothing restarts."""

    kind = Kind.LINKS

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def diff(self, name: str, old: Inputs, new: Inputs) -> Difference:
        changed = tuple(sorted(key for key in new if old.get(key) != new[key]))
        if old and not changed and self._noted(name) != _edition(new):
            # A killed run came further than the record: the node is new, or holds what was wanted then.
            return Difference(("node",), "the node does not hold its links")
        details = changes(old, new)
        words = link_words(details) or ("what it knows of the network changed" if "sharing" in changed else "")
        return Difference(changed, words, details=details)

    def create(self, name: str, inputs: Inputs) -> None:
        self._apply(name, inputs, renew=True)

    def update(self, name: str, old: Inputs, new: Inputs) -> None:
        self._apply(name, new, renew=self._noted(name) != _edition(old) or old.get("front") != new.get("front"))

    def read(self, name: str, inputs: Inputs) -> Inputs | None:
        if not running(self._ground.orthanc(name)):
            return inputs  # the node's own resource tells that; its links are in its database
        with closing(self._ground.client(name)) as client:
            actual: dict[str, Value] = {**inputs, **described(present(client))}
        files = self._ground.folder.node(name)
        actual["front"] = digest({path: read(files.root / path) for path in front_files(self._ground, name)})
        actual["sharing"] = digest({SHARING: read(files.root / SHARING)})
        return actual

    def delete(self, name: str, inputs: Inputs) -> None:
        """Taken out of the node, unless the node goes too: then they go with it."""
        if self._ground.dissolving or name not in {n.id for n in self._ground.topology.nodes}:
            return
        with closing(self._ground.client(name)) as client:
            _settle(client, Entries({}, {}, {}), renew=False)

    def _noted(self, name: str) -> str:
        """What the node holds, as it was noted beside its database when all of it was set."""
        return read(self._ground.folder.node(name).root / NOTE)

    def _apply(self, name: str, inputs: Inputs, renew: bool) -> None:
        ground = self._ground
        with closing(ground.client(name)) as client:
            _settle(client, desired(ground, name), renew)
        settle(ground, name)
        for path, text in shared(ground, name).items():
            place(ground.folder.node(name).root / path, text, ground.account, durable=False)
        # Not more durable than what it tells of: a power cut may take the last entries out of Orthanc's database.
        place(ground.folder.node(name).root / NOTE, _edition(inputs), ground.account, durable=False)


def present(client: "Orthanc") -> Entries:
    """What the node holds now."""
    return Entries(client.modalities(), client.peers(), client.servers())


def _settle(client: "Orthanc", goal: Entries, renew: bool) -> None:
    """Put what differs, delete what is too much. Passwords cannot be read back: `renew` puts all that have one."""
    there = present(client)
    said, meant = described(there), described(goal)
    writers = {
        "modalities": (client.put_modality, client.delete_modality, goal.modalities),
        "peers": (client.put_peer, client.delete_peer, goal.peers),
        "dicomweb": (client.put_server, client.delete_server, goal.dicomweb),
    }
    for group, (put, delete, bodies) in writers.items():
        for alias in said[group].keys() - bodies.keys():
            delete(alias)
        for alias, body in bodies.items():
            if said[group].get(alias) != meant[group][alias] or (renew and group != "modalities"):
                put(alias, body)


def _aliases(inputs: Inputs) -> dict[str, str]:
    """Each linked place with everything that is said of it."""
    found: dict[str, dict[str, Value]] = {}
    for group in (*GROUPS, "scanners"):
        entries = inputs.get(group, {})
        if isinstance(entries, Mapping):
            for alias, text in entries.items():
                found.setdefault(alias, {})[group] = text
    return {
        SCANNER + alias if "scanners" in entry else alias: json.dumps(entry, sort_keys=True)
        for alias, entry in found.items()
    }


def changes(old: Inputs, new: Inputs) -> tuple[str, ...]:
    """Links that come, go and change: "+RXB02", "-RXC01", "~RXA01"; so do scanners: "+scanner CT1"."""
    before, after = _aliases(old), _aliases(new)
    marks = [f"+{a}" for a in after.keys() - before.keys()] + [f"-{a}" for a in before.keys() - after.keys()]
    marks += [f"~{a}" for a in after.keys() & before.keys() if after[a] != before[a]]
    return tuple(sorted(marks, key=lambda mark: (mark[1:], mark[0])))


def link_words(details: tuple[str, ...]) -> str:
    """The same in a sentence."""
    parts = []
    for sign, verb in (("+", "added"), ("-", "removed"), ("~", "changed")):
        names = [d[1:] for d in details if d[0] == sign]
        scanners = [name.removeprefix(SCANNER) for name in names if name.startswith(SCANNER)]
        links = [name for name in names if not name.startswith(SCANNER)]
        parts += [f"{what} {verb}: {', '.join(of)}" for what, of in (("links", links), ("scanners", scanners)) if of]
    return "; ".join(parts)
