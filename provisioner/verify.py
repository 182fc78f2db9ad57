"""Topology and live nodes -> Report: what is linked works, and what is not is refused."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One question put to the live network, and its answer."""

    name: str
    """What was asked: c-echo, peer, dicomweb, study, no-certificate, foreign-certificate, unknown-aet ..."""
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
