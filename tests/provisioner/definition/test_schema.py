"""The JSON Schema: well formed, in step with the reader on whole files, and strict where an editor can be."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from provisioner.definition.document import parse
from provisioner.definition.grammar import Kind, shape
from provisioner.definition.network import Network
from provisioner.definition.reader import read
from provisioner.definition.schema import json_schema

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "examples").glob("*.yaml")) + sorted((ROOT / "tests/documents/good").iterdir())
WRITTEN_FOR_THE_READER = ("everything.yaml", "odd_but_clear.yaml")
"""These hold codes without quotes and numbers in quotes: to an editor 01234567 is a number, to the reader a code."""


class Editor(yaml.SafeLoader):
    """What an editor makes of the file: YAML 1.2, where only numbers, true, false and null are no texts."""


Editor.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"(?:true|false)\Z", "tf"),
    ("null", r"(?:~|null|)\Z", ["~", "n", ""]),
    ("int", r"[-+]?[0-9]+\Z", "-+0123456789"),
    ("float", r"[-+]?[0-9]+\.[0-9]+\Z", "-+0123456789"),
):
    Editor.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


def validator() -> Any:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def complaints(text: str) -> list[str]:
    value = json.loads(text) if text.startswith("{") else yaml.load(text, Editor)  # noqa: S506
    return [error.message for error in validator().iter_errors(value)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_what_the_reader_takes_an_editor_takes(file: Path) -> None:
    network, found = read(parse(file.name, file.read_bytes()))
    assert network is not None
    assert found == ()
    if file.name not in WRITTEN_FOR_THE_READER:
        assert complaints(file.read_text("utf-8-sig")) == []


def test_the_whole_grammar_is_taken_once_codes_are_in_quotes() -> None:
    text = (ROOT / "tests/documents/good/everything.yaml").read_text()
    assert complaints(text.replace("company_number: 01234567", 'company_number: "01234567"')) == []


SMALL = "netprov: 1\nnetwork: {id: severn, name: S, environment: test}\noperating_model: hosted\nmembers: []\n"


@pytest.mark.parametrize(
    "more",
    [
        "colour: red",
        "topology: ring",
        "host: rxa",
        "platform: {zones: 0}",
        "platform: {zones: 1.5}",
        "platform: {mfa: yes}",
        "platform: {storage: {retention_years: many}}",
        "platform: {backup: {last_restore_test: 31/03/2026}}",
        "deployment: {aws: {cidr: 10.0.0.0/33}}",
        "policies: {packs: [nhs, nhs]}",
        "policies: {waivers: [{rule: RES-01}]}",
        "links: [{from: RXA01}]",
        "platform: eu-west-2",
        "external: {name: night}",
        "members: [{ods: RXA, name: '', kind: nhs_trust}]",
    ],
)
def test_what_an_editor_can_see_it_refuses_as_the_reader_does(more: str) -> None:
    text = SMALL.replace("members: []\n", "") + more if more.startswith("members") else SMALL + more
    assert complaints(text)
    assert read(parse("x", text.encode()))[0] is None


def test_it_starts_from_what_is_good() -> None:
    assert complaints(SMALL) == []


def test_every_key_is_described_and_every_pattern_is_one_that_browsers_know() -> None:
    schema = json_schema()
    mappings = [schema, *schema["$defs"].values()]
    for mapping in mappings:
        assert mapping["additionalProperties"] is False
        for word, described in mapping["properties"].items():
            assert described["description"], word
            pattern = described.get("items", described).get("pattern", "")
            assert not re.search(r"\\[AZz]|\(\?[P<i]", pattern), pattern
            for example in described.get("items", described).get("examples", ()):
                assert re.search(pattern, example)


def test_each_class_is_defined_once_and_used() -> None:
    schema = json_schema()
    uses = set(re.findall(r"#/\$defs/(\w+)", str(schema)))
    assert uses == set(schema["$defs"])
    assert set(schema["properties"]) == {field.word for field in shape(Network).fields}
    assert schema["required"] == ["netprov", "network", "operating_model", "members"]
    assert {f.word for f in shape(Network).fields if f.kind is Kind.CHOICE} == {"operating_model", "topology"}
