"""What is done at a site of a network that is reached from here: under the site's own certificate."""

import http.client
from collections.abc import Mapping, Sequence

from provisioner.links.topology import Topology
from provisioner.proving import worklist
from provisioner.proving.orthanc import NodeError
from provisioner.proving.probes import Attempt, Cards, request
from provisioner.proving.questions import Operator, Reach
from site_templates import association
from site_templates.association import Dialogue, Verdict

SECONDS = 20.0


class Near:
    """Hands of this process's own."""

    def __init__(self, topology: Topology, reach: Mapping[str, Reach], operator: Operator, cards: Cards) -> None:
        self._topology, self._reach, self._operator, self._cards = topology, reach, operator, cards

    def scan(self, node: str, images: Sequence[tuple[str, bytes]]) -> None:
        its, reach = self._topology.node(node), self._reach[node]
        card, scanner = self._cards.of(reach.certificate, reach.key), its.scanners[0]
        call = Dialogue(reach.endpoint.host, reach.endpoint.dicom_port, scanner.aet, its.aet, card)
        answer = association.send(call, SECONDS, images)
        if answer.verdict is not Verdict.DONE:
            raise NodeError(f"the scanner {scanner.aet} cannot store: {answer.words}")

    def as_site(self, reader: str, method: str, path: str) -> None:
        its, home = self._reach[reader], self._reach[self._topology.home]
        if its is home:
            worklist.ask(home.endpoint.http_port, home.internal, _asked(method, path, home.node))
            return
        login = self._operator.caller_login(reader, home.node)
        card = self._cards.of(its.certificate, its.key)
        attempt = Attempt(home.endpoint.host, home.endpoint.https_port, card, login.user, login.password, method, path)
        reply = request(attempt, SECONDS)
        if reply.status != http.client.OK:
            raise NodeError(f"{reader} is answered {reply.status or ''} {reply.words[:200]}")


def _asked(method: str, path: str, site: str) -> worklist.Asked:
    return worklist.Asked(method, path.removeprefix(f"{worklist.ROOT}/"), {} if method == "POST" else None, site=site)
