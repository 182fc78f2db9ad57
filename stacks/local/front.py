"""A node's TLS front: who may call it, and taking new settings without dropping a connection."""

import signal
import time
from pathlib import Path

from provisioner.credentials import OPERATOR
from provisioner.disk import place
from provisioner.errors import NetprovError
from provisioner.links.linking import links_of
from provisioner.site.door import Door, door_files
from provisioner.site.render import link_files
from stacks.local import procfs
from stacks.local.ground import Ground, digest, read
from stacks.local.processes import running, signal_running, tail
from stacks.local.service import Service
from stacks.local.site import site_of

LOADED = "front.edition"
"""File of a node: which callers its running front was started or reloaded with."""
RELOAD_SECONDS = 15.0
TICK = 0.005


def front_files(ground: Ground, name: str) -> dict[str, str]:
    """Who may call a node's front, their hashed passwords, and the readers' door."""
    callers = links_of(ground.topology, name).callers
    logins = {c.node: ground.keys.peer(c.node, name) for c in callers} | {OPERATOR: ground.keys.operator(name)}
    site, home = site_of(ground, name), ground.topology.home
    door = Door(
        listen=f"{site.endpoint.host}:{site.endpoint.web_port}",
        home=ground.endpoint(home).https if home else "",
        login=ground.keys.peer(name, home).used.basic,
        internal=site.internal.used.basic,
    )
    return {
        **link_files(ground.topology.id, site, callers, logins),
        **door_files(ground.topology, site, door),
    }


def settle(ground: Ground, name: str) -> None:
    """Have the node's front know who may call; it is reloaded unless it does already.

    What the files say is no sign of that: a killed run, or the node's own repair, may have written them.
    """
    files, texts = ground.folder.node(name), front_files(ground, name)
    for path, text in texts.items():
        place(files.root / path, text, ground.account)
    if read(files.root / LOADED) != digest(texts):
        reload(ground.front(name))
        note_start(ground, name)


def note_start(ground: Ground, name: str) -> None:
    """Note what a front reads that is about to start with the files as they are."""
    place(ground.folder.node(name).root / LOADED, digest(front_files(ground, name)), ground.account, durable=False)


def reload(front: Service) -> None:
    """Have nginx read its files again; returns when the new worker serves and the old one takes no more calls.

    Raises NetprovError if nginx goes on with what it had.
    """
    master = running(front)
    if master is None:
        return
    before = set(procfs.children(master))
    signal_running(front, signal.SIGHUP)
    deadline = time.monotonic() + RELOAD_SECONDS
    while time.monotonic() < deadline:
        now = set(procfs.children(master))
        if now - before and not any(_accepts(worker) for worker in now & before):
            return
        time.sleep(TICK)
    raise NetprovError(f"a front does not take its new settings: {tail(front.log, 2)}", f"see {front.log}")


def _accepts(worker: int) -> bool:
    """Whether a worker still takes new connections: nginx renames one that is on its way out."""
    try:
        return b"shutting down" not in Path(f"/proc/{worker}/cmdline").read_bytes()
    except OSError:
        return False
