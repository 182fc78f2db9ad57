"""Twenty planted canaries, and every password and key that netprov makes: nowhere but where they must be.

A canary is a secret that stands in the user's environment, or by mistake in the definition. What netprov makes
itself is derived here again from the network's own master key, so that it can be searched for.
"""

import base64
import itertools
import json
import os
import re
import secrets
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from living import contents, everything

from provisioner.credentials import password

if TYPE_CHECKING:
    from conftest import Home

pytestmark = pytest.mark.live

NETWORK = "severn"
SITES = ("RXA01", "RXB01")
ENVIRONMENT = (
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "PULUMI_CONFIG_PASSPHRASE"),
    *("PULUMI_ACCESS_TOKEN", "PGPASSWORD", "GITHUB_TOKEN", "CI_JOB_TOKEN", "ARM_CLIENT_SECRET", "GOOGLE_CREDENTIALS"),
    *("VAULT_TOKEN", "ORTHANC_PASSWORD", "ORTHANC__REGISTERED_USERS", "SMTP_PASSWORD"),
)
JSON = ("--format", "json")
CHANGES = (
    *(("check",), ("check", *JSON), ("plan",), ("plan", *JSON), ("up", "--yes"), ("plan",)),
    *(("plan", "--rotate", "certificates", *JSON), ("up", "--yes", "--refresh", "--rotate", "certificates", *JSON)),
)
"""Before anything is there, when all is as it should be, and when there is something to do."""
MISTAKES = {
    "database": "platform: {storage: {index: postgresql, postgresql: 'postgresql://netprov:%s@db.example.org/'}}\n",
    "place": (
        "external: [{name: archive, kind: archive, country: GB, protocol: dicomweb,"
        " url: 'https://reader:%s@pacs.example.org/dicom-web/'}]\n"
    ),
    "unknown-key": "password: %s\n",
    "unknown-key-inside": "platform: {region: local, password: %s}\n",
    "substitution": "platform: {hub: {name: '${AWS_SECRET_ACCESS_KEY:-%s}'}}\n",
}
PLACES_OF_SECRETS = re.compile(
    r"secrets/.*|clients/[^/]+\.(key|curl)|"
    r"nodes/[^/]+/(tls/[^/]+\.key|orthanc\.json|nginx\.conf|callers\.conf|sharing\.json|door/front\.conf|index/.*)"
)
"""Where a secret must lie: files that only their owner can read, and that nothing else is allowed to copy."""


def canary(name: str) -> str:
    return f"canary-{name.lower()}-{secrets.token_hex(12)}"


@pytest.fixture
def canaries() -> dict[str, str]:
    return {name: canary(name) for name in ENVIRONMENT} | {
        "HTTPS_PROXY": f"http://user:{canary('proxy')}@127.0.0.1:9/",
    }


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_secret_in_the_definition_is_refused_and_not_repeated(mistake: str, home: "Home") -> None:
    planted = canary(mistake)
    path = Path(home.hosted(NETWORK, SITES))
    path.write_text(path.read_text() + MISTAKES[mistake] % planted)
    for command in (("check",), ("check", "--format", "json"), ("plan",), ("up", "--yes")):
        done = home.netprov(command[0], str(path), *command[1:], code=1, AWS_SECRET_ACCESS_KEY=planted)
        assert planted not in done.stdout + done.stderr, command
    assert not home.network(NETWORK).exists()


def test_no_secret_is_where_it_need_not_be(home: "Home", canaries: dict[str, str]) -> None:
    path = home.hosted(NETWORK, SITES)
    said: dict[str, str] = {}
    children: dict[str, bytes] = {}
    with watched(home, children):
        for command in ((c, path, *more) for c, *more in CHANGES):
            said[f"{len(said)} {' '.join(command[:1])}"] = spoken(home, command, canaries)
        for command in asked():
            said[f"{len(said)} {' '.join(command)}"] = spoken(home, command, canaries)
        assert_private(home)
        wanted = {k: v.encode() for k, v in canaries.items()} | generated(home.network(NETWORK))
        files = dict(kept(home.network(NETWORK)))
        said["down"] = spoken(home, ("down", NETWORK, "--yes"), canaries)
    for program in ("pulumi", "Orthanc", "nginx"):
        assert any(program in name for name in children), program
    assert any("stacks" in name for name in files)
    for where in ({k: v.encode() for k, v in said.items()}, files, children):
        assert hits(where, wanted) == []


def asked() -> tuple[tuple[str, ...], ...]:
    """Every command that looks at a network, in each of its formats."""
    commands = ("status", "outputs", "verify", "drift")
    both = itertools.product(commands, ((), JSON))
    return (
        *((c, NETWORK, *form) for c, form in both),
        *(("logs", site, *more) for site in SITES for more in ((), ("--front",))),
        ("list",),
    )


def spoken(home: "Home", command: tuple[str, ...], canaries: Mapping[str, str]) -> str:
    done = home.netprov(*command, code=None, **canaries)
    assert done.returncode in (0, 5), f"{command}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@contextmanager
def watched(home: "Home", children: dict[str, bytes]) -> Iterator[None]:
    """Collect arguments and environment of every process of the home but netprov's own, as long as the block runs."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            for process in home.processes(at_a_glance=True):
                # Between fork and exec a child is netprov still, with no arguments to be seen.
                if process.argv.strip() and "bin/netprov" not in process.argv:
                    children.setdefault(f"{process.pid} {process.argv[:60]}", b"")
                    children[f"{process.pid} {process.argv[:60]}"] += process.argv.encode() + environment(process.pid)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def generated(network: Path) -> dict[str, bytes]:
    """Everything secret that netprov made for this network, in the forms in which it could leak."""
    master = (network / "secrets/master.key").read_bytes()
    nodes = [path.name for path in (network / "nodes").iterdir()]
    labels = [f"{kind}:{node}" for kind in ("orthanc", "operator", "postgres") for node in nodes]
    labels += [f"peer:{a}>{b}" for a, b in itertools.permutations(nodes, 2)]
    found = {label: password(master, label).encode() for label in labels}
    found |= {"master": master, "master hex": master.hex().encode(), "master base64": base64.b64encode(master)}
    found |= {name: (network / "secrets" / name).read_bytes().strip() for name in ("token", "passphrase")}
    for path, text in contents(network):
        if path.suffix == ".key" and path.name != "master.key":
            found[str(path)] = text.splitlines()[1]
    return found


def kept(network: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of the network in which no secret has to be."""
    for path, text in contents(network):
        if not PLACES_OF_SECRETS.fullmatch(str(path.relative_to(network))):
            yield str(path), text


def hits(places: Mapping[str, bytes], wanted: Mapping[str, bytes]) -> list[str]:
    return [f"{name} in {place}" for place, text in places.items() for name, secret in wanted.items() if secret in text]


def assert_private(home: "Home") -> None:
    """Files 0600 and folders 0700; root's home, its networks and the network may be passed through, not listed."""
    state = home.path / "state"
    passable = {state, state / "networks", home.network(NETWORK), home.network(NETWORK) / "nodes"}
    open_to_others = []
    for path in everything(state):
        try:
            found = path.lstat().st_mode
        except FileNotFoundError:  # since it was listed: a journal of SQLite, a draft
            continue
        mode = stat.S_IMODE(found)
        if stat.S_ISLNK(found) or mode & 0o077 == 0:
            continue
        if not (os.geteuid() == 0 and path in passable and mode == 0o711):
            open_to_others.append(f"{path.relative_to(state)} {mode:o}")
    assert open_to_others == []


def test_the_engines_state_holds_no_secret_and_no_path_of_this_machine(home: "Home") -> None:
    home.netprov("up", home.hosted(NETWORK, SITES), "--yes", "--no-verify")
    (path,) = home.network(NETWORK).glob("engine/state/.pulumi/stacks/*/*.json")
    for resource in json.loads(path.read_text())["checkpoint"]["latest"]["resources"]:
        assert not {"stackTrace", "sourcePosition"} & set(resource), resource["urn"]
    home.netprov("down", NETWORK, "--yes")
