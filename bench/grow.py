"""One site joins a network of forty: what changes, and what restarts."""

import os
import sys

from network import Bench, home, sites
from table import Row, to_json

from stacks.local import procfs

SITES = 40


def started(bench: Bench) -> dict[str, tuple[int, int]]:
    """Service -> pid and start, which together are never used again."""
    found = {name: procfs.process(pid) for name, pid in bench.services().items()}
    return {name: (process.pid, process.started) for name, process in found.items() if process}


def rows(size: int) -> list[Row]:
    with home() as bench:
        first = bench.up(size).seconds
        before = started(bench)
        facts = bench.facts("up", bench.define(size + 1), "--yes", "--no-verify")
        after = started(bench)
        one = bench.up(size).seconds
        bench.down()
    joined = sites(size + 1)[-1]
    restarted = [name for name, seen in before.items() if after.get(name) != seen]
    touched = {str(event["name"]) for event in facts["outcome"]["done"]} - {joined}
    hub = sites(1)[0]
    return [
        Row("grow", f"one site joins {size}: processes restarted", len(restarted), 1.0, "", "", 0.0),
        Row("grow", f"one site joins {size}: other nodes changed than the hub", len(touched - {hub}), 1.0, "", "", 0.0),
        Row("grow", f"one site leaves {size + 1}", one, first, "s", f"{size} sites from nothing"),
    ]


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else int(os.environ.get("NETPROV_BENCH_SITES", SITES))
    sys.stdout.write(to_json(rows(count)) + "\n")
