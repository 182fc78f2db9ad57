"""The examples on a rule's page, as networks: what it calls right must pass, what it calls wrong be found at its line.

A snippet is laid over a sound network: its top-level keys take the place of that network's, and what it does not
state is not there. In a FAIL, `# here` marks the lines that findings must point at. What a rule sees beyond the
definition stands under `rendered`, `planned` and `live`: a node's settings are laid over sound ones. Another network,
which is checked in the same run, stands under `beside`, and what changes in a running one under `change`.
"""

import re
import textwrap
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from policies.level import Change, Level, Seen, country
from policies.rule import Fault, Rule
from policies.settings import ALWAYS
from provisioner.definition.network import Network
from provisioner.findings import Path
from provisioner.record import changed, record
from provisioner.site.planned import NodeSettings, Planned

SOUND = """\
netprov: 1
network: {id: severn, name: Severn Imaging Network, environment: production}
operating_model: hosted
host: RXA
members:
  - {ods: RXA, name: Aldermoor, kind: foundation_trust, sites: [{ods: RXA01, name: Aldermoor General}]}
  - {ods: RXB, name: Brackenfield, kind: nhs_trust, sites: [{ods: RXB01, name: Brackenfield Royal}]}
platform: {region: eu-west-2, zones: 2, account_owner: RXA}
reporting: {worklist: {home: RXA01}}
"""
ANOTHER = """\
netprov: 1
operating_model: collaboration
members: [{ods: RXE, name: Elmstead, kind: nhs_trust, sites: [{ods: RXE09, name: Elmstead Infirmary}]}]
"""
"""What lies under a network that stands beside the one of the page."""
SOUND_ORTHANC = {
    **dict.fromkeys(ALWAYS, False),
    "AuthenticationEnabled": True,
    "DicomCheckCalledAet": True,
    "DicomTlsEnabled": True,
    "DicomTlsRemoteCertificateRequired": True,
    "ExecuteLuaEnabled": False,
    "HttpsVerifyPeers": True,
    "RemoteAccessAllowed": False,
    "RestApiWriteToFileSystemEnabled": False,
    "WebDavEnabled": False,
}
SOUND_NGINX = """\
ssl_verify_client on;
ssl_protocols TLSv1.2 TLSv1.3;
ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;
"""
MARK = "# here"
DAY = date(2026, 11, 24)
"""On which the examples of pages are asked."""

BEYOND = (Level.RENDERED, Level.PLANNED, Level.LIVE)
_BEYOND = re.compile(rf"^(?:beside|change|{'|'.join(BEYOND)}):.*\n(?:[ #].*\n|\n)*", re.MULTILINE)
_BESIDE = re.compile(r"^beside:\n((?: .*\n|\n)+)", re.MULTILINE)


@record
class Reading:
    """A text as it was read: its network, if it has no mistake, its values, and which line a place of it is in."""

    network: Network | None
    tree: Any
    line: Callable[[Path, bool], int]


Read = Callable[[str], Reading]


def snippets(rule: Rule, label: str) -> list[str]:
    """The YAML of each PASS or FAIL of the rule's page."""
    found = re.findall(rf"^{label}:\n((?:    .*\n|\n)+)", rule.manual + "\n", re.MULTILINE)
    return [textwrap.dedent(text).strip() + "\n" for text in found]


def laid_over(snippet: str, sound: str = SOUND) -> str:
    """The sound network, with the snippet's top-level keys in place of its own."""
    own = dict(re.findall(r"^([a-z_]+):((?:.*\n)(?:[ #].*\n|\n)*)", sound, re.MULTILINE))
    other = dict(re.findall(r"^([a-z_]+):((?:.*\n)(?:[ #].*\n|\n)*)", snippet, re.MULTILINE))
    if other.get("operating_model", " hosted\n").strip() != "hosted":
        own.pop("host", None)
    return "".join(f"{key}:{text}" for key, text in (own | other).items())


def complaints(rule: Rule, read: Read) -> Iterator[str]:
    """What is wrong with a rule or its page, one sentence each; nothing, if both say the same."""
    for label in ("PASS", "FAIL"):
        shown = snippets(rule, label)
        if not shown:
            yield f"{rule.id}: its page has no {label}"
        for number, snippet in enumerate(shown, 1):
            yield from _tried(rule, read, f"{rule.id}, {label} {number}", laid_over(snippet))


def _tried(rule: Rule, read: Read, what: str, text: str) -> Iterator[str]:
    reading, shown = looked(read, text)
    if shown is None:
        yield f"{what}: the definition cannot be read"
        return
    wanted = [number for number, written in enumerate(text.splitlines(), 1) if MARK in written]
    try:
        faults = tuple(rule.faults(shown.network, DAY, shown))
    except Exception as error:  # noqa: BLE001 - whatever the rule does, the other snippets are still tried
        yield f"{what}: the rule could not be evaluated ({error})"
        return
    found = sorted(reading.line(place(fault, reading.tree), fault.at_key) for fault in faults)
    if what.rpartition(", ")[2].startswith("FAIL") and not wanted:
        yield f"{what}: no line is marked with `{MARK}`"
    if found != wanted:
        yield f"{what}: expected findings in {_lines(text, wanted)}; found them in {_lines(text, found)}"


def looked(read: Read, text: str) -> tuple[Reading, Seen | None]:
    """The whole text, and what it shows; nothing where its definition cannot be read."""
    whole = read(text)
    definition = read(re.sub(_BEYOND, "", text)) if re.search(_BEYOND, text) else whole
    if definition.network is None:
        return whole, None
    beside = re.search(_BESIDE, text)
    shown = seen(definition.network, whole.tree)
    if beside is None:
        return whole, shown
    other = read(laid_over(textwrap.dedent(beside[1]), ANOTHER)).network
    if other is None:
        return whole, None
    known = country((definition.network, other))
    return whole, changed(shown, country=known, levels=(*shown.levels, Level.NETWORKS))


def seen(network: Network, tree: Any) -> Seen:
    """What a snippet shows beyond the definition."""
    nodes = {
        level: tuple(_node(name, stated) for name, stated in tree.get(level, {}).items())
        for level in (Level.RENDERED, Level.LIVE)
    }
    resources = tuple(
        Planned(each["kind"], each["name"], _plain(each.get("properties") or {}), each.get("provider") or "")
        for each in tree.get(Level.PLANNED, ())
    )
    levels = (Level.DEFINITION, *(level for level in (*BEYOND, Level.CHANGE) if level in tree))
    stated = tree.get(Level.CHANGE)
    change = Change(date.fromisoformat(stated["deployed"]), tuple(stated["what"])) if stated else None
    return Seen(network, nodes[Level.RENDERED], resources, nodes[Level.LIVE], change=change, levels=levels)


def place(fault: Fault, tree: Any) -> Path:
    """Where a fault is in the text of its snippet."""
    if fault.level is Level.DEFINITION:
        return fault.path
    if fault.level is not Level.PLANNED:
        return (fault.level.value, *fault.key)
    number = next(at for at, each in enumerate(tree[Level.PLANNED]) if each["name"] == fault.key[0])
    return (fault.level.value, number, "properties", *fault.key[1:])


def _node(name: str, stated: Any) -> NodeSettings:
    plain = _plain(stated)
    return NodeSettings(
        node=name,
        orthanc=SOUND_ORTHANC | plain.get("orthanc.json", {}),
        nginx=plain.get("nginx.conf", SOUND_NGINX),
        modalities=plain.get("modalities", {}),
        peers=plain.get("peers", {}),
        version=plain.get("version", "1.10.1"),
        certificate_days=plain.get("certificate_days", 88),
    )


def _plain(value: Any) -> Any:
    """A snippet's texts as the values that JSON has for them."""
    if isinstance(value, dict):
        return {key: _plain(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_plain(below) for below in value]
    if value in ("true", "false"):
        return value == "true"
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _lines(text: str, numbers: list[int]) -> str:
    lines = text.splitlines()
    return " and ".join(f"`{lines[number - 1].strip()}`" for number in numbers) or "no line"
