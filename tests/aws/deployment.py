"""netprov as its users run it, on a network of the examples, with the cloud in the place of AWS."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from provisioner.definition.document import parse
from provisioner.definition.network import Network
from provisioner.definition.reader import read
from provisioner.links.linking import derive
from provisioner.links.topology import Topology
from stacks.aws.design import Design, design

NETPROV = Path(sys.executable).with_name("netprov")
EXAMPLES = Path(__file__).parents[2] / "examples"
IMAGES = (
    f"    orthanc_image: registry.internal/orthanc@sha256:{'a' * 64}\n"
    f"    nginx_image: registry.internal/nginx@sha256:{'b' * 64}\n"
)
PASSED_ON = ("PATH", "PYTHONPATH", "HOME", "TMPDIR", "LANG", "XDG_CACHE_HOME")


@dataclass(frozen=True)
class Deployment:
    """One example with its settings of the target, in a home of its own."""

    folder: Path
    reach: dict[str, str] = field(repr=False)
    """How netprov reaches the cloud."""
    text: str = field(repr=False)

    @property
    def file(self) -> Path:
        return self.folder / "network.yaml"

    @property
    def network(self) -> Network:
        network, findings = read(parse("network.yaml", self.text.encode()))
        assert network, findings
        return network

    @property
    def topology(self) -> Topology:
        return derive(self.network)

    @property
    def design(self) -> Design:
        return design(self.network, self.topology)

    def edited(self, old: str, new: str) -> "Deployment":
        assert self.text.count(old) == 1, old
        return Deployment(self.folder, self.reach, self.text.replace(old, new))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        self.file.write_text(self.text, encoding="utf-8")
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        return subprocess.Popen(
            [str(NETPROV), *arguments],
            env=kept | self.reach | {"NETPROV_HOME": str(self.folder / "state"), "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
        )

    def netprov(self, *arguments: str, code: int = 0) -> str:
        """Run to the end; what it printed."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=300)
        if process.returncode != code:
            pytest.fail(f"netprov {' '.join(arguments)}: exit {process.returncode}, not {code}\n{out}\n{err}")
        return out

    def up(self) -> str:
        return self.netprov("up", str(self.file), "--target", "aws", "--yes", "--no-verify")

    def facts(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.netprov(*arguments, "--format", "json", code=code))


def example(name: str, settings: str, folder: Path, reach: dict[str, str]) -> Deployment:
    """An example's text, with these lines of `deployment.aws`."""
    text = (EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")
    head = "" if "\ndeployment:" in text else "\ndeployment:\n"
    folder.mkdir(parents=True, exist_ok=True)
    return Deployment(folder, reach, f"{text.rstrip()}\n{head}  aws:\n{IMAGES}{settings}")
