"""Where netprov keeps a network: one folder each, under one home, so that `down` needs nothing else.

home/                        $NETPROV_HOME, or $XDG_STATE_HOME/netprov; /var/lib/netprov for root
  networks/<id>/
    network.json             what was last deployed: names, target, time (the registry of `netprov list`)
    definition.yaml          the definition as it was then
    run.lock, holder.json    who works on the network now
    backend.json, safe.json  where its state is, where that is not here, and which edition of it this folder has
    ports.json               node -> ports, allocated once
    secrets/                 master.key, master-<generation>.key, token, passphrase, ca/<generation>/ca.{key,crt}
    clients/                 operator.{crt,key} and one pair a scanner: <node>-<aet>.{crt,key}
    engine/                  the Pulumi backend and workspace
    logs/                    one log a run
    nodes/<node>/            one node: orthanc.json, nginx.conf, tls/, index/, storage/, logs
    postgres/                the private PostgreSQL, where one is used
"""

import errno
import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from provisioner.errors import NetprovError


def home(environ: Mapping[str, str]) -> Path:
    """The home folder that the environment asks for."""
    if environ.get("NETPROV_HOME"):
        return Path(environ["NETPROV_HOME"]).absolute()
    if environ.get("XDG_STATE_HOME"):
        return Path(environ["XDG_STATE_HOME"]).absolute() / "netprov"
    if os.geteuid() == 0:
        return Path("/var/lib/netprov")
    return _own_folder(environ) / ".local/state/netprov"


def private(path: Path) -> None:
    """Make a folder, and those above it that are missing, for its owner alone; one that is there is left as it is.

    Raises NotADirectoryError where something else has its name, PermissionError where none can be made.
    """
    for folder in (*reversed(path.parents), path):
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except FileExistsError:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from None
        except FileNotFoundError:  # the one above is there: no folder can be made in it, as in /proc
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(folder)) from None


def cache(environ: Mapping[str, str]) -> Path:
    """Where what can be made again is kept: the engine, the loopback library, and which homes have ports."""
    base = environ.get("XDG_CACHE_HOME")
    return (Path(base).absolute() if base else _own_folder(environ) / ".cache") / "netprov"


def _own_folder(environ: Mapping[str, str]) -> Path:
    """The account's own folder; HOME is unset or empty under cron, some CI runners and containers."""
    if environ.get("HOME"):
        return Path(environ["HOME"]).absolute()
    try:
        return Path(pwd.getpwuid(os.geteuid()).pw_dir)
    except KeyError:
        raise NetprovError(
            f"no folder to keep files in: HOME is not set and user {os.geteuid()} has no account here",
            "set NETPROV_HOME and XDG_CACHE_HOME to folders of yours",
        ) from None


@dataclass(frozen=True, slots=True)
class NodeFolder:
    """The files of one node."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "orthanc.json"

    @property
    def front(self) -> Path:
        return self.root / "nginx.conf"

    @property
    def door(self) -> Path:
        """The readers' door."""
        return self.root / "door/front.conf"

    @property
    def people(self) -> Path:
        """Names and hashed passwords of the site's readers; no run of `up` touches it."""
        return self.root / "door/people"

    @property
    def callers(self) -> Path:
        """nginx map of the client certificates that may call, and for what; replaced without a restart."""
        return self.root / "callers.conf"

    @property
    def users(self) -> Path:
        """Hashed passwords of the callers."""
        return self.root / "users.htpasswd"

    @property
    def certificate(self) -> Path:
        return self.root / "tls/node.crt"

    @property
    def key(self) -> Path:
        return self.root / "tls/node.key"

    @property
    def trust(self) -> Path:
        """The CA certificates that this node trusts; two while a CA is being rotated."""
        return self.root / "tls/trust.crt"

    @property
    def index(self) -> Path:
        return self.root / "index"

    @property
    def storage(self) -> Path:
        return self.root / "storage"

    @property
    def plugins(self) -> Path:
        return self.root / "plugins"

    @property
    def orthanc_log(self) -> Path:
        return self.root / "orthanc.log"

    @property
    def front_log(self) -> Path:
        return self.root / "front.log"

    @property
    def identity(self) -> Path:
        """identity.json: network, node and generation; written before anything else of the node exists."""
        return self.root / "identity.json"


@dataclass(frozen=True, slots=True)
class NetworkFolder:
    """The files of one network."""

    root: Path

    @property
    def id(self) -> str:
        return self.root.name

    @property
    def registry(self) -> Path:
        return self.root / "network.json"

    @property
    def definition(self) -> Path:
        return self.root / "definition.yaml"

    @property
    def lock(self) -> Path:
        return self.root / "run.lock"

    @property
    def holder(self) -> Path:
        return self.root / "holder.json"

    @property
    def backend(self) -> Path:
        return self.root / "backend.json"

    @property
    def safe(self) -> Path:
        return self.root / "safe.json"

    @property
    def ports(self) -> Path:
        return self.root / "ports.json"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def clients(self) -> Path:
        return self.root / "clients"

    @property
    def engine(self) -> Path:
        return self.root / "engine"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def nodes(self) -> Path:
        return self.root / "nodes"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    def node(self, node_id: str) -> NodeFolder:
        return NodeFolder(self.nodes / node_id)


def networks(home_folder: Path) -> tuple[NetworkFolder, ...]:
    """Every network of this home, by id."""
    root = home_folder / "networks"
    found = sorted(p for p in root.glob("[!.]*") if p.is_dir()) if root.is_dir() else []
    return tuple(NetworkFolder(p) for p in found)
