"""What one node says of itself, against what it should be: Orthanc passes over a misspelt setting in silence."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from provisioner.credentials import INTERNAL_USER
from provisioner.definition.choices import IndexKind
from provisioner.links.linking import links_of
from provisioner.links.topology import Node, NodeLinks, Topology
from provisioner.proving.orthanc import NodeError, Orthanc
from provisioner.proving.probes import Cards, presented
from provisioner.proving.questions import WORKS, Operator, Question, Reach
from provisioner.proving.synthetic import Run, sweep

# The security list of the Orthanc Book, as far as it can be read back.
HARDENED: dict[str, object] = {
    "AuthenticationEnabled": True,
    "DicomAlwaysAllowEcho": False,
    "DicomAlwaysAllowFind": False,
    "DicomAlwaysAllowFindWorklist": False,
    "DicomAlwaysAllowGet": False,
    "DicomAlwaysAllowMove": False,
    "DicomAlwaysAllowStore": False,
    "DicomCheckCalledAet": True,
    "DicomTlsEnabled": True,
    "DicomTlsRemoteCertificateRequired": True,
    "ExecuteLuaEnabled": False,
    "HttpsVerifyPeers": True,
    "OrthancExplorerEnabled": False,
    "RemoteAccessAllowed": False,
    "RestApiWriteToFileSystemEnabled": False,
    "WebDavEnabled": False,
}
LEAST_LIFE = timedelta(days=1)


class Readback:
    """One node's account of itself, and the synthetic studies that the rest of the verification needs."""

    def __init__(self, topology: Topology, reach: Reach, node: Orthanc, run: Run) -> None:
        self._links: NodeLinks = links_of(topology, reach.node)
        self._topology = topology
        self._expected: Node = topology.node(reach.node)
        self._reach = reach
        self._node = node
        self._run = run

    def questions(
        self, cards: Cards, operator: Operator, uses: Iterable[str], now: datetime
    ) -> tuple[Question, tuple[Question, ...]]:
        """Whether it answers at all, and then the rest."""
        name = self._reach.node

        def certificate() -> str:
            return self._certificate(cards, operator, now)

        def synthetic() -> str:
            return self._synthetic(uses)

        asked = {
            "identity": self._identity,
            "plugins": self._plugins,
            "settings": self._settings,
            "entries": self._entries,
            "certificate": certificate,
            "synthetic": synthetic,
        }
        questions = tuple(Question(key, "", name, WORKS, ask) for key, ask in asked.items())
        return Question("answers", "", name, WORKS, self._system), questions

    def _system(self) -> str:
        system = self._node.system()
        told = (system.get("DicomAet"), system.get("DicomPort"), system.get("Name"))
        meant = (self._expected.aet, self._reach.endpoint.dicom_port, self._expected.name)
        if told != meant:
            raise NodeError(f"answers as {_words(told)}, and should be {_words(meant)}", "`netprov up` sets it right")
        return f"{self._expected.aet}, Orthanc {system.get('Version')}"

    def _identity(self) -> str:
        told = self._node.identity()
        if (told.get("network"), told.get("node")) != (self._topology.id, self._reach.node):
            raise NodeError(f"says that it is node {told.get('node')} of network {told.get('network')}")
        return f"node {told['node']} of network {told['network']}"

    def _plugins(self) -> str:
        wanted = {"dicom-web", "python"}
        if self._expected.index is IndexKind.POSTGRESQL:
            wanted.add("postgresql-index")
        missing = sorted(wanted.difference(self._node.plugins()))
        if missing:
            raise NodeError(
                f"has not loaded {', '.join(missing)}", "install Debian's orthanc-* packages, then `netprov up`"
            )
        return ", ".join(sorted(wanted))

    def _settings(self) -> str:
        loaded = self._node.settings()
        wrong = [f"{k} is {loaded.get(k, 'not set')}" for k, v in HARDENED.items() if loaded.get(k) != v]
        users = sorted(loaded.get("RegisteredUsers", {}))
        if {user.partition(".")[0] for user in users} != {INTERNAL_USER}:  # two generations of it, in a rotation
            wrong.append(f"its users are {', '.join(users) or 'none'}")
        if not loaded.get("LimitFindResults"):
            wrong.append("answers to one query are not limited")
        if wrong:
            raise NodeError("; ".join(wrong), "`netprov up` sets it again")
        return f"{len(HARDENED) + 2} security settings as they should be"

    def _entries(self) -> str:
        """The node knows whom it is linked with, for what it is linked, and nobody else."""
        modalities = {
            alias: (
                entry["AET"],
                entry["UseDicomTls"],
                *sorted(k for k, v in entry.items() if v is True and k in ALLOW),
            )
            for alias, entry in self._node.modalities().items()
        }
        wanted = {
            e.alias: (e.aet, e.tls, *sorted(key for key, word in ALLOW.items() if word in e.allow))
            for e in self._links.modalities
        }
        wrong = _differences("modality", modalities, wanted)
        wrong += _differences("peer", dict.fromkeys(self._node.peers()), {e.alias: None for e in self._links.peers})
        wrong += _differences(
            "DICOMweb server", dict.fromkeys(self._node.servers()), {e.alias: None for e in self._links.dicomweb}
        )
        if wrong:
            raise NodeError("; ".join(wrong), "`netprov up` sets its links again")
        return f"{len(wanted)} modalities, {len(self._links.peers)} peers, {len(self._links.dicomweb)} DICOMweb servers"

    def _certificate(self, cards: Cards, operator: Operator, now: datetime) -> str:
        """Both doors show the same certificate, of this network, with some life left."""
        card = cards.of(operator.certificate, operator.key)
        endpoint = self._reach.endpoint
        shown, ends = presented(endpoint.host, endpoint.https_port, card)
        if presented(endpoint.host, endpoint.dicom_port, card)[0] != shown:
            raise NodeError("HTTPS and DICOM show different certificates", "`netprov up` restarts the older one")
        if ends - now < LEAST_LIFE:
            raise NodeError(f"its certificate ends on {ends:%Y-%m-%d %H:%M} UTC", "`netprov up` renews it")
        return f"{(ends - now).days} days left"

    def _synthetic(self, uses: Iterable[str]) -> str:
        """Sweeps what a killed run has left, then stores this run's own studies."""
        swept = sweep(self._node)
        images = [image for use in uses for image in self._run.study(self._reach.node, use).instances]
        for image in images:
            stored = self._node.post("/instances", image.file)
            if stored["ID"] != image.identifier or stored["Status"] != "Success":
                raise NodeError(f"a synthetic image was stored as {stored['Status']}")
        left = f", {swept} patients of a killed run removed" if swept else ""
        return f"{len(images)} synthetic images stored{left}"


ALLOW = {
    "AllowEcho": "echo",
    "AllowFind": "find",
    "AllowFindWorklist": "worklist",
    "AllowGet": "get",
    "AllowMove": "move",
    "AllowStore": "store",
}


def _differences(kind: str, there: Mapping[str, object], wanted: Mapping[str, object]) -> list[str]:
    wrong = [f"{kind} {alias} is missing" for alias in sorted(wanted.keys() - there.keys())]
    wrong += [f"{kind} {alias} is not in the definition" for alias in sorted(there.keys() - wanted.keys())]
    both = sorted(wanted.keys() & there.keys())
    return wrong + [f"{kind} {alias} is {_words(there[alias])}" for alias in both if there[alias] != wanted[alias]]


def _words(value: object) -> str:
    return ", ".join(str(word) for word in value) if isinstance(value, tuple) else str(value)
