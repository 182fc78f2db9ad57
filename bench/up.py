"""`netprov up` beside its floor: the floor script, and a bare no-op `pulumi up` of as many resources.

Sizes come as arguments (by default 5 20 42). Each round runs netprov, the floor and Pulumi in turn from nothing.
"""

import json
import os
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import recipe
from network import Bench, home
from table import Row, to_json
from timing import run, slope

from provisioner.engine.engine_install import find
from stacks.local import procfs

HERE = Path(__file__).parent
ROUNDS = 3
GROWTH = 1.15
UP, UP_LARGE, NO_OP, MEMORY_MIB = 1.3, 2.2, 1.2, 60.0
LARGE = 42


@dataclass
class Figures:
    """Seconds of each round at one size."""

    up: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    pulumi: list[float] = field(default_factory=list)
    no_op: list[float] = field(default_factory=list)
    memory_mib: float = 0.0

    def medians(self) -> tuple[float, float, float, float]:
        up, floor, pulumi, no_op = map(statistics.median, (self.up, self.floor, self.pulumi, self.no_op))
        return up, floor, pulumi, no_op


def measure(bench: Bench, size: int, rounds: int) -> Figures:
    figures = Figures()
    place = bench.path / f"recipe-{size}"
    for _ in range(rounds):
        figures.up.append(bench.up(size).seconds)
        if not place.exists():
            recipe.save(bench.folder, place)
            figures.memory_mib = memory_mib(bench, size)
        count = resources(bench)
        for _ in range(2):
            figures.no_op.append(bench.up(size).seconds)
            figures.pulumi.append(pulumi(bench, size, count))
        bench.down()
        figures.floor.append(floor(bench, place))
    return figures


def floor(bench: Bench, place: Path) -> float:
    """Seconds of the floor script, on the same files in the same place."""
    recipe.restore(bench.folder, place)
    script = [sys.executable, str(HERE / "floor_script.py"), str(place / "recipe.json")]
    done = run(script, bench.environ, bench.path / "floor")
    if done.code:
        raise SystemExit(f"the floor script failed: {(bench.path / 'floor.err').read_text()}")
    bench.end_all()
    recipe.clear(bench.folder)
    return done.seconds


def pulumi(bench: Bench, size: int, count: int) -> float:
    """Seconds of a bare no-op `pulumi up --skip-preview`."""
    engine = find(os.environ)
    assert engine is not None
    folder = bench.path / f"pulumi-{size}"
    command = [sys.executable, str(HERE / "pulumi_floor.py"), str(engine.path), str(folder), str(count)]
    if not folder.exists():
        run(command, bench.environ)
    return run(command, bench.environ).seconds


def resources(bench: Bench) -> int:
    """How many resources the network has in the engine's state, the stack and provider aside."""
    (state,) = bench.folder.engine.glob("state/.pulumi/stacks/*/*.json")
    return sum(1 for r in json.loads(state.read_text())["checkpoint"]["latest"]["resources"] if r.get("custom")) - 1


def memory_mib(bench: Bench, size: int) -> float:
    """Memory of one node with its front: shared pages by share, nginx's worker included."""
    pids = bench.services().values()
    return sum(procfs.memory_mib(each) for pid in pids for each in (pid, *procfs.children(pid))) / size


def rows_of(size: int, figures: Figures) -> list[Row]:
    up, script, bare, no_op = figures.medians()
    both = "the floor script + a bare no-op pulumi up"
    return [
        Row("up", f"{size} sites from nothing", up, script + bare, "s", both, UP),
        Row("up", f"{size} sites, the script alone", up, script, "s", "the floor script", UP_LARGE)
        if size >= LARGE
        else Row("up", f"{size} sites, the script alone", up, script, "s", "the floor script"),
        Row("up", f"{size} sites, nothing to do", no_op, bare, "s", "a bare no-op pulumi up", NO_OP),
        Row("up", f"{size} sites, memory of a node with its front", figures.memory_mib, 1.0, "MiB", "", MEMORY_MIB),
    ]


def growth(figures: dict[int, Figures]) -> Row:
    """How the time of a site grows with the number of sites: 1 is not at all."""
    exponent = slope([(size, statistics.median(f.up)) for size, f in figures.items()])
    sizes = f"{min(figures)} to {max(figures)}"
    return Row("up", f"exponent of time over sites, {sizes}", exponent, 1.0, "", "", GROWTH)


def main(sizes: Sequence[int]) -> list[Row]:
    figures: dict[int, Figures] = {}
    for size in sizes:
        with home() as bench:
            figures[size] = measure(bench, size, ROUNDS if size <= LARGE else 1)
    rows = [row for size in sizes for row in rows_of(size, figures[size])]
    return [*rows, growth(figures)] if len(sizes) > 1 else rows


if __name__ == "__main__":
    chosen = [int(word) for word in sys.argv[1:]] or [5, 20, LARGE]
    sys.stdout.write(to_json(main(chosen)) + "\n")
