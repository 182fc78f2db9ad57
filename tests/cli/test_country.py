"""Many definitions in one call: what each shares with the others is found, and nothing else changes."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policies import RULES

EXAMPLES = Path(__file__).parents[2] / "examples"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(example: str, *changes: tuple[str, str], name: str = "") -> Path:
        text = (EXAMPLES / f"{example}.yaml").read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / f"{name or example}.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def told(netprov: Any, folder: Path) -> list[str]:
    """What is found in a folder, without the folder's name."""
    lines = netprov("check", str(folder)).out.replace(f"{folder}/", "").splitlines()
    return [line for line in lines if line.endswith("]") and ".yaml:" in line]


def test_the_examples_have_nothing_in_common(netprov: Any) -> None:
    ended = netprov("check", str(EXAMPLES), "--format", "json")
    found = json.loads(ended.out)
    looked = [c for c in found["controls"] if "networks" in c["levels"]]
    assert len(looked) == 4 * 7
    assert {c["result"] for c in looked} == {"pass", "not applicable"}
    assert {c["reason"] for c in looked} - {""} == {
        "no member is in two networks",
        "all networks are of one environment",
    }


def test_one_network_alone_is_not_compared(netprov: Any) -> None:
    found = json.loads(netprov("check", str(EXAMPLES / "severn.yaml"), "--format", "json").out)
    (control,) = [c for c in found["controls"] if c["rule"] == "DCM-24"]
    reason = "it looks at several networks at once: not asked for"
    assert (control["result"], control["reason"]) == ("not applicable", reason)


def test_the_whole_country_is_judged_in_one_call(netprov: Any, tmp_path: Path) -> None:
    """22 networks, as many as England has, from two folders and a file, with no member in two of them."""
    text = (EXAMPLES / "severn.yaml").read_text(encoding="utf-8")
    south, north, single = tmp_path / "south", tmp_path / "north", tmp_path / "last.yaml"
    south.mkdir()
    north.mkdir()
    letters = "ABCDEFGHIJKLMNOPQRSTUV"
    for number, letter in enumerate(letters):
        path = single if letter == letters[-1] else (south, north)[number % 2] / f"{letter}.yaml"
        changed = text.replace("RX", f"R{letter}").replace("id: severn", f"id: severn-{letter.lower()}")
        path.write_text(changed, encoding="utf-8")
    began = time.process_time()
    ended = netprov("check", str(south), str(north), str(single), "--format", "json")
    took = time.process_time() - began
    found = json.loads(ended.out)
    assert (ended.code, len(found["definitions"]), found["errors"]) == (0, 22, 0)
    assert len(found["controls"]) == 22 * len(RULES)
    assert {c["result"] for c in found["controls"] if "networks" in c["levels"]} == {"pass", "not applicable"}
    assert took < 2


def test_what_two_networks_share_is_told_of_both_in_these_words(netprov: Any, write: Write) -> None:
    folder = write("severn").parent
    write("wye", ("RXJ", "RXA"))
    assert told(netprov, folder) == [
        "severn.yaml:28:5: warn: expected the primary network of RXA, one of severn, wye; found none [DCM-23]",
        "severn.yaml:38:14: error: expected RXA01 in this network alone, found it in wye too [DCM-24]",
        "wye.yaml:17:5: warn: expected the primary network of RXA, one of wye, severn; found none [DCM-23]",
        "wye.yaml:27:14: error: expected RXA01 in this network alone, found it in severn too [DCM-24]",
    ]


def test_two_networks_of_one_id_are_told(netprov: Any, write: Write) -> None:
    folder = write("severn").parent
    write("wye", ("id: wye", "id: severn"))
    assert told(netprov, folder)[0] == (
        "severn.yaml:15:7: error: expected an id that no other network has, found severn, "
        "as that of Wye Imaging Collaboration [GOV-13]"
    )


def test_a_test_network_that_meets_patients_images_is_told(netprov: Any, write: Write) -> None:
    folder = write("severn").parent
    place = ("external:\n", "external:\n  - {name: wye, kind: network, country: GB, aet: WYE, address: 192.0.2.9}\n")
    write("severn", place)
    write("wye", ("environment: test", "environment: production"), ("synthetic_data: true", "synthetic_data: false"))
    (line,) = [line for line in told(netprov, folder) if "CS-08" in line]
    assert line.endswith(
        "expected nothing in common with wye, a production network; found wye at WYE@192.0.2.9:2762 [CS-08]"
    )


def test_a_network_that_cannot_be_read_hides_no_other(netprov: Any, write: Write) -> None:
    folder = write("severn").parent
    write("wye", ("id: wye", "id: severn"))
    (folder / "torn.yaml").write_text("a: [")
    assert any("[GOV-13]" in line for line in told(netprov, folder))
    assert any(line.startswith("torn.yaml:") for line in told(netprov, folder))
