"""Bundles: the same bytes from the same definition, no change that goes unseen, and what differs between two."""

import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples/severn.yaml"
TIME = ("--time", "2026-11-24T09:30:00Z")
NAMES = {
    *("README.txt", "SHA256SUMS", "manifest.json", "network.svg", "reach.txt"),
    *("report.html", "report.json", "report.oscal.json", "report.sarif", "report.txt", "report.xml"),
}
NAMESAKE = ("name: Severn Imaging Network", "name: Aldermoor NHS Foundation Trust")
DIRECTOR = ("    network_director: Severn network manager\n", "")
PRODUCTION = ("environment: test", "environment: production")
WAIVER = """
policies:
  waivers:
    - rule: GOV-02
      subject: severn
      reason: a new name in May
      reference: SEV-W-1
      author: Network manager
      approved_by: SRO
      until: 2027-05-01
"""

Bundle = Callable[..., Path]


@pytest.fixture
def bundle(tmp_path: Path, netprov: Any) -> Bundle:
    def made(name: str, *changes: tuple[str, str], more: str = "") -> Path:
        text = EXAMPLE.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        folder = tmp_path / f"definition of {name}"
        folder.mkdir()
        (folder / "severn.yaml").write_text(text + more, encoding="utf-8")
        ended = netprov("report", str(folder / "severn.yaml"), "-o", str(tmp_path / name), *TIME)
        assert ended.code in (0, 1), ended.err
        return tmp_path / name

    return made


def test_a_bundle_holds_every_form_and_says_what_was_judged(bundle: Bundle) -> None:
    folder = bundle("audit")
    assert {path.name for path in folder.iterdir()} == NAMES
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["time"], manifest["result"]) == ("2026-11-24T09:30:00+00:00", "accepted")
    assert manifest["definition"]["network"] == "severn"
    assert manifest["definition"]["bytes"] == EXAMPLE.stat().st_size
    assert set(manifest["files"]) == NAMES


def test_the_same_definition_at_the_same_time_gives_the_same_bytes(bundle: Bundle) -> None:
    one, other = bundle("one"), bundle("other")
    assert {p.name: p.read_bytes() for p in one.iterdir()} == {p.name: p.read_bytes() for p in other.iterdir()}
    assert bundle("one.zip").read_bytes() == bundle("other.zip").read_bytes()


def test_time_is_given_or_the_builds_or_now(tmp_path: Path, netprov: Any) -> None:
    def time(name: str) -> str:
        assert netprov("report", str(EXAMPLE), "-o", str(tmp_path / name)).code == 0
        return str(json.loads((tmp_path / name / "manifest.json").read_text())["time"])

    assert time("now") == "2026-11-24T09:30:00+00:00"
    netprov.environ["SOURCE_DATE_EPOCH"] = "1800000000"
    assert time("build") == "2027-01-15T08:00:00+00:00"
    ended = netprov("report", str(EXAMPLE), "-o", str(tmp_path / "never"), "--time", "soon")
    assert (ended.code, ended.err.splitlines()[0]) == (2, "netprov: error: soon is no time")


def test_waivers_are_judged_on_the_day_of_the_bundle(tmp_path: Path, bundle: Bundle, netprov: Any) -> None:
    bundle("before", NAMESAKE, more=WAIVER)
    definition = tmp_path / "definition of before/severn.yaml"
    netprov("report", str(definition), "-o", str(tmp_path / "after"), "--time", "2027-05-02")
    told = netprov("report", "diff", str(tmp_path / "before"), str(tmp_path / "after"))
    assert told.code == 5
    assert [line.split()[0] for line in told.out.splitlines() if line.startswith("  ")] == ["GOV-02", "WVR-01"]


def test_what_policies_refuse_is_drawn_and_what_cannot_be_linked_is_not(bundle: Bundle) -> None:
    owner, link = ("account_owner: RXA", "account_owner: Severn"), ("to: RXC01", "to: RXB01")
    nothing: set[str] = set()
    for name, change, missing in (("policies", owner, nothing), ("links", link, {"network.svg"})):
        folder = bundle(name, change)
        assert json.loads((folder / "manifest.json").read_text())["result"] == "refused"
        assert {path.name for path in folder.iterdir()} == NAMES - missing
        assert ("data:image/svg+xml" in (folder / "report.html").read_text(encoding="utf-8")) == (not missing)


def test_a_refused_definition_has_a_bundle_too(bundle: Bundle, tmp_path: Path, netprov: Any) -> None:
    folder = bundle("refused", ("host: RXA", "host: RXZ"))
    assert {path.name for path in folder.iterdir()} == NAMES - {"network.svg", "reach.txt"}
    assert json.loads((folder / "manifest.json").read_text())["result"] == "refused"
    torn = tmp_path / "torn.yaml"
    torn.write_text("a: [")
    assert netprov("report", str(torn), "-o", str(tmp_path / "torn")).code == 1
    assert netprov("report", "--verify", str(tmp_path / "torn")).code == 0


@pytest.mark.parametrize("name", ["audit", "audit.zip"])
def test_what_is_there_is_never_overwritten(name: str, bundle: Bundle, netprov: Any) -> None:
    path = bundle(name)
    ended = netprov("report", str(EXAMPLE), "-o", str(path), *TIME)
    assert (ended.code, ended.err.splitlines()[0]) == (2, f"netprov: error: {path} is there already")


@pytest.mark.parametrize("name", ["audit", "audit.zip"])
def test_an_intact_bundle_is_told_by_its_seal(name: str, bundle: Bundle, netprov: Any) -> None:
    ended = netprov("report", "--verify", str(bundle(name)))
    assert ended.code == 0
    assert ended.out.split()[-1].isalnum()
    assert len(ended.out.split()[-1]) == 64


def test_a_changed_byte_of_a_zip_is_found_wherever_it_is(bundle: Bundle, netprov: Any) -> None:
    path = bundle("audit.zip")
    whole = path.read_bytes()
    places = random.Random(1).sample(range(len(whole)), 60)
    for place in (*places, *range(len(whole) - 22, len(whole)), *range(60)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert netprov("report", "--verify", str(path)).code == 4, place
    for other in (whole[:-1], whole + b"\n"):
        path.write_bytes(other)
        assert netprov("report", "--verify", str(path)).code == 4


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_changed_file_is_named(name: str, bundle: Bundle, netprov: Any) -> None:
    folder = bundle("audit")
    whole = (folder / name).read_bytes()
    for place in (0, len(whole) // 2, len(whole) - 1):
        (folder / name).write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        ended = netprov("report", "--verify", str(folder))
        assert ended.code == 4
        assert name == "SHA256SUMS" or f"{name}: changed" in ended.err
    (folder / name).unlink()
    ended = netprov("report", "--verify", str(folder))
    assert ended.code == 4
    assert f"{name}: missing" in ended.err


def test_a_file_that_leaves_with_its_sum_is_missed(bundle: Bundle, netprov: Any) -> None:
    folder = bundle("audit")
    (folder / "report.json").unlink()
    sums = (folder / "SHA256SUMS").read_text().splitlines(keepends=True)
    (folder / "SHA256SUMS").write_text("".join(line for line in sums if "report.json" not in line))
    ended = netprov("report", "--verify", str(folder))
    assert (ended.code, ended.err.splitlines()[0]) == (4, "report.json: missing")


def test_what_is_added_is_found(bundle: Bundle, netprov: Any) -> None:
    folder = bundle("audit")
    (folder / "more").mkdir()
    (folder / "link").symlink_to(folder / "report.txt")
    (folder / "note.txt").write_text("")
    ended = netprov("report", "--verify", str(folder))
    assert ended.code == 4
    assert ended.err.splitlines()[:3] == ["link: added", "more: added", "note.txt: added"]


def test_a_file_that_became_a_link_is_changed(bundle: Bundle, netprov: Any, tmp_path: Path) -> None:
    folder = bundle("audit")
    (folder / "report.txt").rename(tmp_path / "elsewhere.txt")
    (folder / "report.txt").symlink_to(tmp_path / "elsewhere.txt")
    assert "report.txt: changed" in netprov("report", "--verify", str(folder)).err


def test_a_zip_that_was_packed_anew_is_found(bundle: Bundle, netprov: Any) -> None:
    folder = bundle("audit")
    path = folder.with_suffix(".zip")
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name in sorted(NAMES):
                archive.write(folder / name, name)
        assert netprov("report", "--verify", str(path)).code == 4


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip", None])
def test_what_is_no_bundle_is_said_to_be_none(content: bytes | None, tmp_path: Path, netprov: Any) -> None:
    path = tmp_path / "audit.zip"
    if content is not None:
        path.write_bytes(content)
    ended = netprov("report", "--verify", str(path))
    assert ended.code == (2 if content is None else 4)
    assert "Traceback" not in ended.err
    assert str(path) in ended.err


def test_an_empty_folder_is_no_intact_bundle(tmp_path: Path, netprov: Any) -> None:
    assert netprov("report", "--verify", str(tmp_path)).code == 4


def test_diff_says_what_is_worse_better_and_newly_waived(bundle: Bundle, netprov: Any) -> None:
    before = bundle("before", PRODUCTION, NAMESAKE, ("  dispute_terms: SEV-HOST-1, schedule 7\n", ""))
    after = bundle("after.zip", PRODUCTION, NAMESAKE, DIRECTOR, more=WAIVER)
    ended = netprov("report", "diff", "--format", "json", str(before), str(after))
    changes = json.loads(ended.out)
    assert {key: [change["rule"] for change in own] for key, own in changes.items()} == {
        "worse": ["GOV-08"],
        "newly_waived": ["GOV-02"],
        "better": ["GOV-11"],
    }
    assert "approved by SRO (asked for by Network manager), reference SEV-W-1" in changes["newly_waived"][0]["what"]
    assert ended.code == 5


def test_what_weighs_more_than_before_is_worse(bundle: Bundle, netprov: Any) -> None:
    abroad = ("        cidr: 10.23.1.0/24", "        cidr: 10.23.1.0/24\n        region: us-west-2")
    test, production = bundle("test", abroad), bundle("production", PRODUCTION, abroad)
    worse = json.loads(netprov("report", "diff", "--format", "json", str(test), str(production)).out)["worse"]
    assert "was warn)" in [c["what"].rpartition(" (")[2] for c in worse if c["rule"] == "RES-01"]
    better = json.loads(netprov("report", "diff", "--format", "json", str(production), str(test)).out)["better"]
    assert "RES-01" in [change["rule"] for change in better]


def test_rules_that_nobody_could_evaluate_are_worse(bundle: Bundle, tmp_path: Path, netprov: Any) -> None:
    torn = tmp_path / "torn.yaml"
    torn.write_text("a: [")
    netprov("report", str(torn), "-o", str(tmp_path / "torn"), *TIME)
    told = netprov("report", "diff", str(bundle("sound")), str(tmp_path / "torn"))
    assert "RES-01  warn: " not in told.out
    assert "Images are kept in the UK: not evaluated, the definition cannot be read" in told.out
    again = netprov("report", "diff", str(tmp_path / "torn"), str(tmp_path / "sound"))
    assert (again.code, again.out.partition(":")[0]) == (0, "better")


def test_a_bundle_does_not_differ_from_itself(bundle: Bundle, netprov: Any) -> None:
    path = str(bundle("audit"))
    ended = netprov("report", "diff", path, path)
    assert (ended.code, ended.out) == (0, "nothing got better or worse, and nothing is newly waived\n")


def test_changed_bundles_are_not_compared(bundle: Bundle, netprov: Any) -> None:
    one, other = bundle("one"), bundle("other")
    (other / "report.json").write_text("{}")
    assert netprov("report", "diff", str(one), str(other)).code == 4


@pytest.mark.parametrize("arguments", [(), ("network.yaml",), ("diff", "a"), ("--verify", "a", "b"), ("a", "b")])
def test_wrong_usage_is_told(arguments: tuple[str, ...], netprov: Any) -> None:
    ended = netprov("report", *arguments)
    assert (ended.code, "try: netprov report" in ended.err) == (2, True)
