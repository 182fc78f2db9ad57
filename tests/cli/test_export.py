"""`check --export`: the resolved network for rules in other languages, in a form that is published and kept."""

import json
import os
import subprocess
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from jsonschema import Draft202012Validator

EXAMPLES = Path(__file__).parents[2] / "examples"
GOOD = sorted((Path(__file__).parents[1] / "documents/good").iterdir())
REGO = EXAMPLES / "packs"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "netprov/bench"
"""Where the benchmarks build conftest."""
CONFTEST = which("conftest") or which("conftest", path=str(CACHE))


def exported(netprov: Any, path: Path) -> Any:
    ended = netprov("check", "--export", str(path))
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


@pytest.mark.parametrize("path", [*sorted(EXAMPLES.glob("*.yaml")), *GOOD], ids=lambda path: path.name)
def test_every_network_keeps_to_the_published_schema(path: Path, netprov: Any) -> None:
    schema = json.loads(netprov("schema", "--of", "export").out)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(exported(netprov, path))


def test_defaults_are_filled_in_and_words_are_those_of_the_file(netprov: Any) -> None:
    definition = exported(netprov, EXAMPLES / "severn.yaml")["definition"]
    (site,) = definition["members"][2]["sites"]
    assert (site["aet"], site["modalities"], site["region"]) == ("", [], "")
    assert definition["links"][0]["from"] == "RXB01"
    assert definition["platform"]["backup"]["last_restore_test"] == "2026-10-06"
    assert definition["legal_entity"] is None
    assert "path" not in json.dumps(list(definition["members"][0]))


def test_what_netprov_makes_of_it_is_there(netprov: Any) -> None:
    found = exported(netprov, EXAMPLES / "severn.yaml")
    assert [node["id"] for node in found["topology"]["nodes"]] == ["RXA01", "RXA02", "RXB01", "RXB02", "RXC01"]
    assert found["topology"]["home"] == "RXA01"
    assert found["reach"]["origins"]["RXB02"] == "RXB"
    assert found["reach"]["holders"]["night-reporting"]["country"] == "GB"
    step = {"source": "RXA01", "target": "night-reporting", "means": "sent", "pools": ["general"]}
    assert step in found["reach"]["steps"]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_positions_are_those_of_the_file(path: Path, netprov: Any) -> None:
    found = exported(netprov, path)
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, member in enumerate(found["definition"]["members"]):
        line, column = map(int, found["positions"][f"/members/{number}/ods"].split(":"))
        assert lines[line - 1][column - 1 :].startswith(member["ods"])


def test_policies_have_no_say_in_it(netprov: Any, tmp_path: Path) -> None:
    path = tmp_path / "severn.yaml"
    path.write_text((EXAMPLES / "severn.yaml").read_text().replace("host: RXA", "host: RXB"))
    assert exported(netprov, path)["definition"]["host"] == "RXB"


def test_what_cannot_be_read_is_no_json(netprov: Any, tmp_path: Path) -> None:
    path = tmp_path / "torn.yaml"
    path.write_text("a: [")
    ended = netprov("check", "--export", str(path))
    assert (ended.code, ended.out) == (1, "")
    assert netprov("check", "--export", str(path), str(path)).code == 2


FOUND = [
    "severn.yaml:118:14: pool neuro is read by 1 site alone [OUR-03]",
    "severn.yaml:28:10: images of RXA can end up in IN: night-reporting [OUR-04]",
    "severn.yaml:60:10: images of RXB can end up in IN: night-reporting [OUR-04]",
    "severn.yaml:91:10: images of RXC can end up in IN: night-reporting [OUR-04]",
]


@pytest.mark.skipif(not CONFTEST, reason="no conftest: `make bench` builds it")
def test_the_example_in_rego_finds_what_it_is_for(
    netprov: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("severn.yaml").write_text((EXAMPLES / "severn.yaml").read_text().replace("country: GB", "country: IN", 1))
    told = netprov("check", "--export", "severn.yaml").out
    command = [str(CONFTEST), "test", "--parser", "json", "--policy", str(REGO), "--output", "json", "-"]
    done = subprocess.run(command, input=told, capture_output=True, text=True, check=False)
    (result,) = json.loads(done.stdout)
    assert sorted(failure["msg"] for failure in result["failures"]) == FOUND
