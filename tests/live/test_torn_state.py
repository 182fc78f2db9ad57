"""What a kill of the engine can leave of its own files: the next plain `up` does not mind any of it.

The engine writes each file of its state as a draft beside it, which it renames; and its settings in place.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Home

pytestmark = pytest.mark.live

STACK = "netprov/severn"
SETTINGS = "Pulumi.severn.yaml"


def wrote(path: str, content: str) -> Callable[[Path], object]:
    return lambda engine: (engine / path).write_text(content)


DRAFTS = {
    f"locks/organization/{STACK}/0b1e.json.18ff.tmp": "",
    f"locks/organization/{STACK}/0b1f.json.18ff.tmp": '{"pid": 12',
    f"stacks/{STACK.partition('/')[0]}/severn.json.18ff.tmp": '{"version": 3, ',
    f"history/{STACK}/severn-1.history.json.18ff.tmp": '{"kind": ',
}
"""A lock that was never written and half of one, half a state beside the state, half a page of history."""


def drafts(engine: Path) -> None:
    for path, content in DRAFTS.items():
        (engine / "state/.pulumi" / path).write_text(content)


def both_states(engine: Path) -> None:
    for name in ("severn.json", "severn.json.bak"):
        (engine / "state/.pulumi/stacks/netprov" / name).write_text('{"version": 3, "check')


DAMAGE: dict[str, Callable[[Path], object]] = {
    "a draft of each file": drafts,
    "the state and its copy, both torn": both_states,
    "settings of no length": wrote(SETTINGS, ""),
    "half a key in the settings": wrote(SETTINGS, "encryptionsa"),
    "half a salt in the settings": wrote(SETTINGS, "encryptionsalt: v1:5jQ"),
}


@pytest.fixture(scope="module")
def severn(lasting_home: "Home") -> tuple["Home", str]:
    definition = lasting_home.hosted("severn", ("RXA01", "RXB01"))
    lasting_home.netprov("up", definition, "--yes", "--no-verify")
    return lasting_home, definition


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_up_does_not_mind(damage: Callable[[Path], object], severn: tuple["Home", str]) -> None:
    home, definition = severn
    engine = home.network("severn") / "engine"
    before = {p.pid for p in home.processes() if p.orthanc}
    damage(engine)
    home.netprov("up", definition, "--yes", "--no-verify")
    assert {p.pid for p in home.processes() if p.orthanc} == before
    assert not list((engine / "state").rglob("*.tmp"))
    assert (engine / SETTINGS).read_text().startswith("encryptionsalt: v1:")
    assert home.netprov("drift", "severn").returncode == 0


def test_the_engine_keeps_no_diary(severn: tuple["Home", str]) -> None:
    home, definition = severn
    kept = home.network("severn") / "engine/home/logs"
    kept.unlink()
    (kept / "old").mkdir(parents=True)
    home.netprov("up", definition, "--yes", "--no-verify")
    assert [p.name for p in kept.parent.iterdir()] == ["logs"]
    assert kept.read_bytes() == b""
