"""What the program of the AWS target tells Pulumi of an example: no engine, no account."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.stack import wait_for_rpcs

from provisioner.definition.document import parse
from provisioner.definition.reader import read
from provisioner.home import NetworkFolder
from provisioner.links.linking import derive
from stacks.aws.design import Design, design
from stacks.aws.papers import papers
from stacks.aws.program import Wanted, program

EXAMPLES = Path(__file__).parents[3] / "examples"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TABLE, INGRESS = "aws:ec2/routeTable:RouteTable", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


@dataclass
class Told(Mocks):
    """Every resource that is registered, with its inputs; what it is known by is its name."""

    design: Design
    resources: list[MockResourceArgs] = field(default_factory=list)

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.resources.append(args)
        kind = args.typ.rsplit(":", 1)[-1].lower()
        state = {"arn": f"arn:{kind}:{args.name}", "ownerId": f"owner:{args.name}", **args.inputs}
        state |= {"prefixListId": f"pl:{args.name}", "zoneId": f"zone:{args.name}"}
        return f"{kind}:{args.name}", state

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]]]:
        raise AssertionError(f"a plan must not ask AWS anything: {args.token}")

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Inputs of all resources of one type, by name; `kind` is the end of its token."""
        return {each.name: each.inputs for each in self.resources if each.typ.endswith(kind)}

    @property
    def counts(self) -> Counter[str]:
        return Counter(each.typ for each in self.resources)

    def account(self, name: str, kind: str) -> str:
        """The provider of a resource: the slug of the account's owner."""
        found = next(each for each in self.resources if each.name == name and each.typ.endswith(kind))
        assert found.provider
        return found.provider.split("::")[-2].removeprefix("account-")


Told_ = Callable[[str], Told]


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told_:
    """The program's resources for a definition's text; each text once a session."""
    known: dict[str, Told] = {}

    def registered(text: str) -> Told:
        if text not in known:
            known[text] = _registered(text, NetworkFolder(tmp_path_factory.mktemp("home") / "network"))
        return known[text]

    return registered


def _registered(text: str, folder: NetworkFolder) -> Told:
    network, findings = read(parse("network.yaml", text.encode()))
    assert network is not None, findings
    topology = derive(network)
    drawn = design(network, topology)
    mocks = Told(drawn)
    certificates = papers(folder, tuple(each.node for each in drawn.placements), NOW)
    loops: list[asyncio.AbstractEventLoop] = []

    def begun() -> None:
        """The SDK makes a loop in each of its threads and leaves it open; these are closed."""
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    async def run() -> None:
        asyncio.get_running_loop().set_default_executor(pool)
        set_mocks(mocks, project="netprov", stack="test", preview=False)
        await program(Wanted(drawn, topology, certificates, protect=True))()
        await wait_for_rpcs()

    with ThreadPoolExecutor(4, initializer=begun) as pool:
        asyncio.run(run())
    for loop in loops:
        loop.close()
    return mocks


def example(name: str, aws: str = "{}") -> str:
    """An example's text, with these settings of the target."""
    text = (EXAMPLES / f"{name}.yaml").read_text().rstrip()
    head = "" if "\ndeployment:" in text else "\ndeployment:"
    return f"{text}{head}\n  aws: {aws}\n"
