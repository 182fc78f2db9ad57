"""All the rounds of one verification: which questions a topology gives rise to, and the clients that ask them."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from ssl import SSLContext

from provisioner import pki
from provisioner.errors import NetprovError
from provisioner.links.topology import Flow, Topology
from provisioner.proving.exchanges import USES, Exchange
from provisioner.proving.hands import Near
from provisioner.proving.orthanc import NodeError, Orthanc
from provisioner.proving.probes import Cards
from provisioner.proving.proof import Course
from provisioner.proving.questions import WORKS, Operator, Question, Reach, Round
from provisioner.proving.readback import Readback
from provisioner.proving.refusals import Doors
from provisioner.proving.synthetic import this_run

SECONDS = 10.0
DRAWER = ".verify-"
ABANDONED_SECONDS = 60.0


class Inquiry:
    """One verification of one network, from its first question to its last sweep."""

    def __init__(self, topology: Topology, reach: dict[str, Reach], operator: Operator) -> None:
        self._topology = topology
        self._reach = reach
        self._operator = operator
        self._now = datetime.now(UTC)
        self._run = this_run()
        self._cards = Cards(operator.trust)
        self._foreign = self._stranger()
        hands = Near(topology, reach, operator, self._cards)
        self.course = Course(topology, hands, self._run, self._client, reach.keys())

    def readbacks(self) -> Iterator[Round]:
        """Each node, in the order of the topology."""
        for node in self._topology.nodes:
            reach = self._reach.get(node.id)
            if reach is None:
                yield Round((), (), Question("answers", "", node.id, WORKS, _not_deployed))
                continue
            client = self._client(node.id)
            readback = Readback(self._topology, reach, client, self._run)
            gate, questions = readback.questions(self._cards, self._operator, USES, self._now)
            yield Round((), questions, gate, client.close)

    def rounds(self) -> Iterator[Round]:
        """Each link in each direction, then each node's refusals."""
        nodes = {node.id for node in self._topology.nodes}
        for flow in self._topology.flows:
            if nodes.issuperset((flow.source, flow.target)) and flow.operations:
                yield self._exchange(flow)
        for node in self._topology.nodes:
            if node.id in self._reach:
                doors = Doors(self._topology, self._reach, self._operator, self._cards, self._foreign, node.id)
                yield from (doors.web(), doors.dicom(), doors.scanners(), doors.narrowed(), doors.unlinked())

    def _exchange(self, flow: Flow) -> Round:
        both = (flow.source, flow.target)
        if not self._reach.keys() >= set(both):
            return Round(both, (Question("link", *both, WORKS, _not_deployed),))
        here, there = self._client(flow.source), self._client(flow.target)
        ends = self._topology.node(flow.source), self._topology.node(flow.target)
        questions = Exchange(flow, ends, (here, there), self._run).questions()
        return Round(both, questions, end=partial(_close, here, there))

    def _client(self, node: str) -> Orthanc:
        reach = self._reach[node]
        address = f"http://{reach.endpoint.host}:{reach.endpoint.http_port}"
        return Orthanc(address, reach.internal.user, reach.internal.password, node=node, timeout=SECONDS)

    def _stranger(self) -> SSLContext:
        """A certificate with a node's own name, from an authority that only calls itself this network's.

        Made beside netprov's own certificates and gone once it is loaded: `down`, or the next verification, removes
        what a kill between the two leaves.
        """
        shelf = self._operator.trust.parent
        try:
            for leftover in shelf.glob(f"{DRAWER}*"):
                if self._now.timestamp() - leftover.stat().st_mtime > ABANDONED_SECONDS:
                    shutil.rmtree(leftover, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix=DRAWER, dir=shelf) as drawer:
                return self._cards.of(*self._foreign_pair(Path(drawer)))
        except OSError as error:
            raise NetprovError(f"cannot make a certificate for comparison in {shelf}: {error.strerror}") from None

    def _foreign_pair(self, drawer: Path) -> tuple[Path, Path]:
        subject = next(iter(self._reach), "RXA01")
        authority = pki.ensure_authority(drawer / "ca", self._topology.id, 1, self._now)
        issued = pki.issue(authority, self._topology.id, subject, self._now)
        certificate, key = drawer / "stranger.crt", drawer / "stranger.key"
        certificate.write_text(issued.certificate_pem, encoding="ascii")
        key.touch(mode=0o600)
        key.write_text(issued.key_pem, encoding="ascii")
        return certificate, key


def _close(*clients: Orthanc) -> None:
    for client in clients:
        client.close()


def _not_deployed() -> str:
    raise NodeError("is not deployed", "`netprov up` deploys it")
