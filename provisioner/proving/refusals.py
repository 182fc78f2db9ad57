"""What must be refused, node by node, and for the right reason.

Each node's doors are first opened properly (the gate), so that a refusal is known to come from what is wrong with
the caller and not from a node that is down.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from ssl import SSLContext

from provisioner.definition.choices import Operation
from provisioner.engine.plan import Endpoint
from provisioner.links.topology import Topology
from provisioner.proving.probes import Admitted, Attempt, Cards, Reply, request
from provisioner.proving.questions import REFUSED, WORKS, Operator, Question, Reach, Round
from site_templates import association
from site_templates.association import Dialogue, Service, Verdict

STRANGER = "NETPROV_STRANGER"
SECONDS = 5.0
WEB_PAIRS = 2000
"""Unlinked pairs to be tried on HTTPS; in larger networks each node is tried with as many callers as fit."""
DICOM_CALLERS = 5
"""Unlinked callers that each node is tried with on DICOM: the list of its modalities, read back, tells the rest."""
CUT_OFF = frozenset({Verdict.TLS, Verdict.CLOSED})
UNHEARD = frozenset({Verdict.UNKNOWN_CALLING, Verdict.NOT_PERMITTED})
NARROWED = ((Operation.STORE, association.STORE), (Operation.FIND, association.FIND))


@dataclass(frozen=True, slots=True)
class Doors:
    """One node as its callers see it, and whoever may be a caller."""

    topology: Topology
    reach: dict[str, Reach]
    operator: Operator
    cards: Cards
    foreign: SSLContext
    """A certificate of a node's name, from an authority of another network."""
    target: str

    # -- HTTPS --------------------------------------------------------------------------------------------------

    def web(self) -> Round:
        """Who is refused on HTTPS, and on Orthanc's own HTTP behind it."""
        good = self._attempt()
        stranger = replace(good, tls=self.foreign)
        own = self._endpoint.http_port
        asked: dict[str, Callable[[], str]] = {
            "no-certificate": partial(_no_card, replace(good, tls=self.cards.nobody())),
            "foreign-certificate": partial(_no_card, stranger),
            "wrong-password": partial(_turned_away, replace(good, password="wrong"), (401,)),  # noqa: S106
            "no-password": partial(_turned_away, replace(good, user=""), (401, 403)),
            "borrowed-password": partial(_turned_away, replace(good, tls=self._card(self.target)), (401, 403)),
            "default-account": partial(self._default_account, good),
            "http-in-clear": partial(_no_card, replace(good, tls=None)),
            "http-behind-the-front": partial(_turned_away, Attempt(good.host, own, None), (401,)),
        }
        return self._round(asked, Question("https", "", self.target, WORKS, partial(_let_in, good)))

    def _default_account(self, good: Attempt) -> str:
        """orthanc/orthanc is what Orthanc makes of an empty list of users."""
        account = replace(good, user="orthanc", password="orthanc")  # noqa: S106
        _turned_away(replace(account, tls=None, port=self._endpoint.http_port), (401,))
        return _turned_away(account, (401, 403))

    # -- DICOM --------------------------------------------------------------------------------------------------

    def dicom(self) -> Round:
        """Who is refused on the DICOM port."""
        known, good = self._known_caller()
        card = self._card(self.target)
        stranger = replace(good, calling=STRANGER, tls=card)
        asked: dict[str, Callable[[], str]] = {
            "dicom-no-certificate": partial(_cut_off, replace(good, tls=self.cards.nobody())),
            "dicom-foreign-certificate": partial(_cut_off, replace(good, tls=self.foreign)),
            "dicom-in-clear": partial(_cut_off, replace(good, tls=None)),
            "unknown-aet": partial(_unheard, stranger, frozenset({Verdict.UNKNOWN_CALLING})),
            "wrong-called-aet": partial(_unheard, replace(good, called=STRANGER), frozenset({Verdict.UNKNOWN_CALLED})),
        }
        gate = partial(_echoed, good) if known else partial(_heard, stranger)
        return self._round(asked, Question("dicom-tls", "", self.target, WORKS, gate))

    def scanners(self) -> Round:
        """A scanner of the site may store, and may not look around."""
        questions: list[Question] = []
        for scanner in self.topology.node(self.target).scanners:
            call = replace(self._call(scanner.aet), tls=self._card(self.target))
            find = partial(_unheard, call, UNHEARD, association.FIND)
            questions.append(Question("scanner-echo", scanner.aet, self.target, WORKS, partial(_echoed, call)))
            questions.append(Question("scanner-find", scanner.aet, self.target, REFUSED, find))
        return Round((self.target,), tuple(questions))

    # -- other nodes --------------------------------------------------------------------------------------------

    def unlinked(self) -> Round:
        """Nodes of the network, with their real certificates and passwords, that no link lets in here."""
        most = max(1, WEB_PAIRS // len(self.topology.nodes))
        asked = (
            self._unlinked("unlinked-https", most, self._https_refused),
            self._unlinked("unlinked-dicom", DICOM_CALLERS, self._dicom_refused),
        )
        return Round((self.target,), tuple(question for question in asked if question))

    def _unlinked(self, name: str, most: int, ask: Callable[[str], str]) -> Question | None:
        every = self._without_link()
        chosen = _spread(every, most, sorted(self.reach).index(self.target))
        words = f"{len(chosen)} of {len(every)} unlinked nodes"
        refused = partial(_all_refused, chosen, ask, words)
        return Question(name, words, self.target, REFUSED, refused) if chosen else None

    def narrowed(self) -> Round:
        """Nodes that are linked, and ask for what their link does not permit."""
        questions: list[Question] = []
        for flow in self.topology.flows:
            if flow.target != self.target or flow.source not in self.reach or not flow.operations:
                continue
            for operation, service in NARROWED:
                if operation in flow.operations:
                    continue
                ask = partial(self._both_refused, flow.source, service)
                questions.append(Question(f"{operation}-not-permitted", flow.source, self.target, REFUSED, ask))
        return Round((self.target,), tuple(questions))

    def _without_link(self) -> list[str]:
        """Callers with nothing to seek here, those whose link only leads the other way included."""
        linked = {f.source for f in self.topology.flows if f.target == self.target and f.operations}
        return [n for n in sorted(self.reach) if n != self.target and n not in linked]

    def _https_refused(self, caller: str) -> str:
        return _turned_away(self._attempt_of(caller), (401, 403))

    def _dicom_refused(self, caller: str) -> str:
        """Who may be called from here is a known name here, and still may do nothing."""
        called = any(f.source == self.target and f.target == caller and f.operations for f in self.topology.flows)
        return _unheard(self._call_of(caller), UNHEARD if called else frozenset({Verdict.UNKNOWN_CALLING}))

    def _both_refused(self, caller: str, service: Service) -> str:
        store = service is association.STORE
        path = "/instances" if store else "/dicom-web/studies?limit=1"
        attempt = replace(self._attempt_of(caller), method="POST" if store else "GET", path=path)
        return f"{_turned_away(attempt, (403,))}; {_unheard(self._call_of(caller), UNHEARD, service)}"

    # -- who calls ----------------------------------------------------------------------------------------------

    @property
    def _endpoint(self) -> Endpoint:
        return self.reach[self.target].endpoint

    def _card(self, node: str) -> SSLContext:
        return self.cards.of(self.reach[node].certificate, self.reach[node].key)

    def _attempt(self) -> Attempt:
        card = self.cards.of(self.operator.certificate, self.operator.key)
        login = self.operator.logins[self.target]
        return Attempt(self._endpoint.host, self._endpoint.https_port, card, login.user, login.password)

    def _attempt_of(self, caller: str) -> Attempt:
        login = self.operator.caller_login(caller, self.target)
        return Attempt(self._endpoint.host, self._endpoint.https_port, self._card(caller), login.user, login.password)

    def _call(self, calling: str) -> Dialogue:
        called = self.topology.node(self.target).aet
        return Dialogue(self._endpoint.host, self._endpoint.dicom_port, calling, called, self._card(self.target))

    def _call_of(self, caller: str) -> Dialogue:
        return replace(self._call(self.topology.node(caller).aet), tls=self._card(caller))

    def _known_caller(self) -> tuple[bool, Dialogue]:
        """Somebody who may C-ECHO here, for comparison; without any, the node's answer to a stranger must do."""
        for flow in self.topology.flows:
            if flow.target == self.target and flow.source in self.reach and Operation.ECHO in flow.operations:
                return True, self._call_of(flow.source)
        for scanner in self.topology.node(self.target).scanners:
            return True, self._call(scanner.aet)
        return False, self._call(STRANGER)

    def _round(self, asked: dict[str, Callable[[], str]], gate: Question) -> Round:
        questions = tuple(Question(name, "", self.target, REFUSED, ask) for name, ask in asked.items())
        return Round((self.target,), questions, gate)


def _spread(every: Sequence[str], most: int, start: int) -> list[str]:
    """At most so many, evenly spread, beginning elsewhere for each node."""
    if len(every) <= most:
        return list(every)
    return sorted(every[(start + index * len(every) // most) % len(every)] for index in range(most))


def _all_refused(callers: Sequence[str], ask: Callable[[str], str], words: str) -> str:
    admitted = []
    for caller in callers:
        try:
            ask(caller)
        except Admitted as error:
            admitted.append(f"{caller}: {error.message}")
    if admitted:
        raise Admitted("; ".join(admitted), "`netprov up` sets the node's links again")
    return f"{words} refused"


def _let_in(attempt: Attempt) -> str:
    reply = request(attempt, SECONDS)
    if reply.status != 200:
        raise Admitted(f"HTTPS does not work for the operator either: {_said(reply)}", "`netprov up` mends the front")
    return "200 with certificate and password"


def _turned_away(attempt: Attempt, statuses: tuple[int, ...]) -> str:
    reply = request(attempt, SECONDS)
    if reply.status not in statuses:
        raise Admitted(f"{attempt.method} {attempt.path} was to be refused, and got: {_said(reply)}")
    return str(reply.status)


def _no_card(attempt: Attempt) -> str:
    """nginx says 400 and why, or TLS itself ends the conversation."""
    reply = request(attempt, SECONDS)
    why = next((word for word in ("No required SSL", "SSL certificate error", "plain HTTP") if word in reply.words), "")
    if reply.refused_by_tls or (reply.status == 400 and why):
        return f"400: {why}" if why else f"TLS: {reply.words}"
    raise Admitted(f"was to be refused for its certificate, and got: {_said(reply)}")


def _said(reply: Reply) -> str:
    return str(reply.status) if reply.status else reply.words


def _echoed(call: Dialogue) -> str:
    answer = association.ask(call, SECONDS)
    if answer.verdict is not Verdict.DONE:
        raise Admitted(f"C-ECHO as {call.calling} does not work: {answer.words}", "`netprov up` mends the node")
    return f"C-ECHO answered to {call.calling}"


def _heard(call: Dialogue) -> str:
    answer = association.ask(call, SECONDS)
    if answer.verdict is not Verdict.UNKNOWN_CALLING:
        raise Admitted(f"DICOM TLS does not work: {answer.words}", "`netprov up` mends the node")
    return "DICOM TLS answers"


def _cut_off(call: Dialogue) -> str:
    """Refused before any DICOM is spoken."""
    answer = association.ask(call, SECONDS)
    if answer.verdict not in CUT_OFF:
        raise Admitted(f"was to be cut off before any DICOM, and got: {answer.verdict}")
    return answer.words


def _unheard(call: Dialogue, verdicts: frozenset[Verdict], service: Service = association.ECHO) -> str:
    answer = association.ask(call, SECONDS, service)
    if answer.verdict not in verdicts:
        raise Admitted(f"{service.words} as {call.calling} was to be refused, and got: {answer.words}")
    return answer.words
