"""`check`: what it refuses, and its facts as text, JSON and JUnit."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from policies import RULES

EXAMPLE = (Path(__file__).parents[2] / "examples/severn.yaml").read_text(encoding="utf-8")
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
NAMESAKE = ("name: Severn Imaging Network", "name: Aldermoor NHS Foundation Trust")


@pytest.fixture
def definition(tmp_path: Path) -> Any:
    def written(*changes: tuple[str, str], more: str = "") -> str:
        text = EXAMPLE
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "severn.yaml"
        path.write_text(text + more, encoding="utf-8")
        return str(path)

    return written


def facts(netprov: Any, *arguments: str) -> Any:
    return json.loads(netprov("check", "--format", "json", *arguments).out)


@pytest.mark.parametrize(
    ("broken", "fail_on", "code"),
    [
        ((), "info", 0),
        ((NAMESAKE,), "error", 0),
        ((NAMESAKE,), "warn", 1),
        ((("host: RXA", "host: RXB"),), "error", 1),
    ],
)
@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit", "html", "oscal"])
def test_what_weighs_too_much_is_refused(
    broken: tuple[tuple[str, str], ...], fail_on: str, code: int, form: str, netprov: Any, definition: Any
) -> None:
    assert netprov("check", definition(*broken), "--fail-on", fail_on, "--format", form).code == code


def test_a_waived_finding_passes_every_gate_unless_waivers_do_not_count(netprov: Any, definition: Any) -> None:
    path = definition(NAMESAKE, more=WAIVER)
    assert netprov("check", path, "--fail-on", "info").code == 0
    assert netprov("check", path, "--fail-on", "warn", "--no-waivers").code == 1


@pytest.mark.parametrize("text", ["a: [", "network: 3\n"])
def test_what_cannot_be_read_is_refused_and_no_rule_was_evaluated(text: str, tmp_path: Path, netprov: Any) -> None:
    path = tmp_path / "torn.yaml"
    path.write_text(text)
    found = facts(netprov, str(path))
    assert {control["result"] for control in found["controls"]} == {"not evaluated"}
    assert {control["reason"] for control in found["controls"]} == {"the definition cannot be read"}
    assert found["errors"]
    assert netprov("check", str(path), "--format", "html").code == 1


def test_text_lists_every_verdict_if_asked(netprov: Any, definition: Any) -> None:
    told = netprov("check", "--passes", definition(NAMESAKE, more=WAIVER)).out.partition("  framework  ")[0]
    lines = [line for line in told.splitlines() if line.startswith(("pass ", "waived ", "not applicable "))]
    assert len(lines) == len(RULES)
    assert any(line.startswith("waived          GOV-02  ") for line in lines)
    assert any("(the pack uk-only does not ask it)" in line for line in lines)


def test_several_definitions_are_told_apart(netprov: Any, definition: Any) -> None:
    other = str(Path(__file__).parents[2] / "examples/wye.yaml")
    found = facts(netprov, definition(NAMESAKE), other)
    assert [d["network"] for d in found["definitions"]] == ["severn", "wye"]
    assert len(found["controls"]) == 2 * len(RULES)
    assert {f["file"] for f in found["findings"]} == {found["definitions"][0]["file"]}


def test_the_facts_keep_to_their_published_schema(netprov: Any, definition: Any, tmp_path: Path) -> None:
    schema = json.loads(netprov("schema", "--of", "check").out)
    Draft202012Validator.check_schema(schema)
    torn = tmp_path / "torn.yaml"
    torn.write_text("a: [")
    found = facts(netprov, definition(NAMESAKE, more=WAIVER), str(torn))
    Draft202012Validator(schema).validate(found)


def test_a_control_cites_its_evidence_and_a_waiver_says_who_and_how_long(netprov: Any, definition: Any) -> None:
    found = facts(netprov, definition(NAMESAKE, more=WAIVER))
    (control,) = [c for c in found["controls"] if c["rule"] == "GOV-02"]
    (evidence,) = [found["findings"][number] for number in control["findings"]]
    assert (control["result"], evidence["severity"], evidence["weight"]) == ("waived", "info", "warn")
    assert evidence["waiver"] == {
        "subject": "severn",
        "author": "Network manager",
        "approved_by": "SRO",
        "reason": "a new name in May",
        "reference": "SEV-W-1",
        "until": "2027-05-01",
        "days_left": 158,
    }
    assert found["waived"] == 1


def test_a_definition_that_is_named_twice_is_judged_once(netprov: Any, definition: Any) -> None:
    path = definition(NAMESAKE)
    assert len(facts(netprov, path, path)["controls"]) == len(RULES)


def test_a_folder_stands_for_the_definitions_in_it(netprov: Any, tmp_path: Path) -> None:
    examples = Path(__file__).parents[2] / "examples"
    found = facts(netprov, str(examples), str(examples / "severn.yaml"))
    assert [Path(d["file"]) for d in found["definitions"]] == sorted(examples.glob("*.yaml"))
    assert netprov("check", str(examples)).out.splitlines()[-1].startswith(f"{len(found['definitions'])} definitions: ")
    ended = netprov("check", str(tmp_path))
    assert (ended.code, ended.err.splitlines()[0]) == (2, f"netprov: error: there is no definition in {tmp_path}")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("severn.yml", "did you mean severn.yaml?"),
        ("./sevrn.yaml", "did you mean ./severn.yaml?"),
        ("other.yaml", "netprov init writes a first one"),
        ("nowhere/severn.yaml", "netprov init writes a first one"),
    ],
)
def test_a_file_that_is_not_there_may_have_been_another(
    name: str, hint: str, netprov: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "severn.yaml").touch()
    monkeypatch.chdir(tmp_path)
    ended = netprov("check", name)
    assert ended.code == 2
    assert ended.err == f"netprov: error: cannot read {name}: no such file or directory\n  try: {hint}\n"


def test_junit_has_a_case_for_each_rule(netprov: Any, definition: Any) -> None:
    told = netprov("check", "--format", "junit", definition(NAMESAKE)).out
    suite = ET.fromstring(told)  # noqa: S314 - our own
    cases = {case.attrib["name"].partition(" ")[0]: case for case in suite}
    assert set(cases) == {rule.id for rule in RULES}
    assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
    assert int(suite.attrib["skipped"]) == len(suite.findall("testcase/skipped"))
    failure = cases["GOV-02"].find("failure")
    assert failure is not None
    assert failure.attrib["type"] == "warn"
    assert cases["RES-02"].find("skipped") is not None
    assert list(cases["GOV-04"]) == []


def test_junit_skips_what_is_waived_and_says_by_whom(netprov: Any, definition: Any) -> None:
    told = netprov("check", "--format", "junit", definition(NAMESAKE, more=WAIVER)).out
    (case,) = [c for c in ET.fromstring(told) if c.attrib["name"].startswith("GOV-02 ")]  # noqa: S314 - our own
    assert [child.tag for child in case] == ["skipped"]
    assert (
        "waived: approved by SRO (asked for by Network manager), reference SEV-W-1, until 2027-05-01 (158 days left)"
        in told
    )


def test_junit_fails_what_is_no_policy(tmp_path: Path, netprov: Any) -> None:
    path = tmp_path / "torn.yaml"
    path.write_text("a: [")
    suite = ET.fromstring(netprov("check", "--format", "junit", str(path)).out)  # noqa: S314 - our own
    assert [c.attrib["name"].partition(" ")[0] for c in suite if c.find("failure") is not None] == ["SHP-01", "SYN-05"]


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit", "html", "oscal"])
@pytest.mark.parametrize("more", [(), ("--level", "rendered"), ("--framework", "DSPT")], ids=" ".join)
def test_no_socket_is_opened(
    form: str, more: tuple[str, ...], netprov: Any, definition: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a check opens no socket")

    monkeypatch.setattr("socket.socket", refuse)
    assert netprov("check", "--format", form, *more, definition()).code == 0


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit", "html", "oscal"])
def test_a_rule_that_breaks_has_an_exit_code_of_its_own(form: str, netprov: Any, definition: Any) -> None:
    def breaks(_: object) -> Any:
        raise ZeroDivisionError
        yield

    rule, check = RULES[-1], RULES[-1].check
    object.__setattr__(rule, "check", breaks)
    try:
        ended = netprov("check", "--format", form, definition())
    finally:
        object.__setattr__(rule, "check", check)
    assert ended.code == 3
    assert "ZeroDivisionError" in ended.out
