"""Topology and live nodes -> Report: what is linked works, and what is not is refused."""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner.errors import NetprovError
from provisioner.links.topology import Topology
from provisioner.proving.questions import Operator, Question, Reach, Round

if TYPE_CHECKING:
    from provisioner.proving.proof import Course

__all__ = ["Check", "Operator", "Reach", "Report", "shown", "verify"]

UNREADABLE = (AttributeError, LookupError, OSError, TypeError, ValueError)
"""What comes of an answer in another shape than Orthanc's own: never a pass, and no reason to stop."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question put to the live network, and its answer."""

    name: str
    """What was asked: c-echo, peer, dicomweb-find, study-by-dicom, no-certificate, unknown-aet ..."""
    source: str
    target: str
    expected: str
    """works | refused"""
    passed: bool
    detail: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """Every check of one network, in a fixed order."""

    network: str
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(c for c in self.checks if not c.passed)


def verify(topology: Topology, reach: Mapping[str, Reach], operator: Operator, parallel: int = 16) -> Report:
    """Asks every node and every link, and removes what it has sent whatever happens.

    Three phases: each node says who it is and makes its synthetic studies; then all links and all refusals, side
    by side; then each node is swept. What needs a node that did not answer in the first phase is not asked.
    """
    from provisioner.proving.inquiry import Inquiry

    inquiry = Inquiry(topology, dict(reach), operator)
    try:
        first = _asked(inquiry.readbacks(), parallel, {})
        silent = {c.target: c.detail for c in first if c.name == "answers" and not c.passed}
        second = _asked((*inquiry.course.proofs(), *inquiry.rounds()), parallel, silent)
    finally:
        swept = _removed(inquiry.course, parallel)
    return Report(topology.id, first + second + swept)


def shown(course: "Course", parallel: int = 16) -> tuple[Check, ...]:
    """Only a study's whole way from each site, where a node can be asked for no more; and its removal."""
    try:
        found = _asked(course.proofs(), parallel, {})
    finally:
        swept = _removed(course, parallel)
    return found + swept


def _removed(course: "Course", parallel: int) -> tuple[Check, ...]:
    return _asked(course.erasures(), parallel, {}) + _asked(course.sweeps(), parallel, {})


def _asked(rounds: Iterable[Round], parallel: int, silent: Mapping[str, str]) -> tuple[Check, ...]:
    with ThreadPoolExecutor(parallel, "verify") as pool:
        futures = [pool.submit(_round, one, silent) for one in rounds]
        try:
            return tuple(check for future in futures for check in future.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _round(asked: Round, silent: Mapping[str, str]) -> list[Check]:
    try:
        return _answers(asked, silent)
    finally:
        asked.end()


def _answers(asked: Round, silent: Mapping[str, str]) -> list[Check]:
    questions = [asked.gate, *asked.questions] if asked.gate else list(asked.questions)
    down = next((f"not asked: node {node} does not answer" for node in asked.nodes if node in silent), "")
    if down or not asked.gate:
        return [_unasked(q, down) if down else _answer(q) for q in questions]
    gate = _answer(asked.gate)
    if gate.passed:
        return [gate, *(_answer(q) for q in asked.questions)]
    return [gate, *(_unasked(q, f"not asked, since {gate.name} does not work") for q in asked.questions)]


def _answer(question: Question) -> Check:
    began = time.monotonic()
    try:
        detail, passed = question.ask(), True
    except NetprovError as error:
        detail, passed = "; ".join(part for part in (error.message, error.hint) if part), False
    except UNREADABLE as error:
        detail, passed = f"the answer cannot be understood ({type(error).__name__}: {error})", False
    seconds = time.monotonic() - began
    return Check(question.name, question.source, question.target, question.expected, passed, detail, seconds)


def _unasked(question: Question, why: str) -> Check:
    return Check(question.name, question.source, question.target, question.expected, False, why, 0.0)
