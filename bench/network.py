"""Deployed networks for the benchmarks: a home of their own, netprov as a process, and nothing left afterwards."""

import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from timing import Run, netprov, run

from provisioner.home import NetworkFolder
from stacks.local import procfs

NETWORK = "bench"


def sites(count: int) -> tuple[str, ...]:
    """Site codes, ten to a trust: RAA01 to RAA10, RAB01 ..."""
    return tuple(f"RA{chr(65 + i // 10)}{i % 10 + 1:02d}" for i in range(count))


def definition(count: int) -> str:
    """A hosted hub network of `count` sites, the first of which is the hub: so many nodes."""
    codes = sites(count)
    members = sorted({code[:3] for code in codes} | {"RAA", "RAZ"})
    lines = [
        "netprov: 1",
        f"network: {{id: {NETWORK}, name: Bench, environment: test, synthetic_data: true}}",
        "operating_model: hosted",
        "host: RAA",
        f"reporting: {{worklist: {{home: {codes[0]}}}}}",
        "members:",
    ]
    for member in members:
        lines += [f"  - ods: {member}", f"    name: Trust {member}", "    kind: foundation_trust"]
        own = [f"      - {{ods: {code}, name: Hospital {code}}}" for code in codes if code.startswith(member)]
        lines += ["    sites:", *own] if own else []
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Bench:
    """One home."""

    path: Path
    environ: Mapping[str, str]

    @property
    def folder(self) -> NetworkFolder:
        return NetworkFolder(self.path / "state/networks" / NETWORK)

    def run(self, *arguments: str) -> Run:
        """netprov to its end, which must be a good one."""
        said = self.path / "said"
        done = run([netprov(), *arguments], self.environ, said)
        if done.code:
            logs = "".join(log.read_text() for log in sorted(self.folder.logs.glob("engine-*.log")))
            raise SystemExit(
                f"netprov {' '.join(arguments)}: exit {done.code}\n{said.read_text()}{_errors(said)}{logs}"
            )
        return done

    def facts(self, *arguments: str) -> dict[str, Any]:
        self.run(*arguments, "--format", "json")
        facts: dict[str, Any] = json.loads((self.path / "said").read_text())
        return facts

    def define(self, count: int) -> str:
        path = self.path / f"sites-{count}.yaml"
        path.write_text(definition(count))
        return str(path)

    def up(self, count: int) -> Run:
        return self.run("up", self.define(count), "--yes", "--no-verify")

    def down(self) -> Run:
        return self.run("down", NETWORK, "--yes", "--delete-studies")

    def services(self) -> dict[str, int]:
        """Service -> pid, as the nodes' own notes say."""
        found = {}
        for note in sorted(self.folder.nodes.glob("*/*.pid")):
            pid = next((int(w) for w in note.read_text().split() if w.isdigit()), 0)
            if procfs.process(pid):
                found[f"{note.parent.name}/{note.stem}"] = pid
        return found

    def end_all(self) -> None:
        """End every process whose command names this home, by pid."""
        while found := _processes(str(self.path)):
            for pid in found:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)


def _errors(said: Path) -> str:
    path = Path(f"{said}.err")
    return path.read_text() if path.exists() else ""


def _processes(home: str) -> tuple[int, ...]:
    """Processes whose command names the home, and what these have forked (nginx's workers name nothing)."""
    named = {pid for pid in procfs.pids() if home in procfs.command(pid)}
    forked = {child for pid in named for child in procfs.children(pid)}
    return tuple(sorted((named | forked) - {os.getpid()}))


@contextmanager
def home() -> Iterator[Bench]:
    """A home that lasts as long as the block."""
    path = Path(tempfile.mkdtemp(prefix="netprov-bench-"))
    path.chmod(0o711)
    bench = Bench(path, dict(os.environ) | {"NETPROV_HOME": str(path / "state"), "CI": "1"})
    try:
        yield bench
    finally:
        bench.end_all()
        shutil.rmtree(path, ignore_errors=True)
