"""`netprov plan --target aws --offline` of networks of 5, 20 and 42 sites, and how the number of resources grows.

The seconds allowed are of the machine that the figure was promised for, two cores with nothing else to do; the note has
the processor's own seconds, which a busy machine changes less.
"""

import sys

from network import Bench, home
from table import Row, to_json

ALLOWED = {5: 5.0, 20: 10.0, 42: 20.0}


def planned(bench: Bench, size: int) -> tuple[Row, int]:
    """Its row, and how many resources there would be."""
    command = ("plan", bench.define(size), "--target", "aws", "--offline")
    bench.run(*command)
    runs = [bench.run(*command) for _ in range(3)]
    best = min(runs, key=lambda each: each.seconds)
    count = len(bench.facts(*command)["resources"])
    note = f"{best.processor:.1f} s of the processor, {count} resources, the best of three"
    allowed = ALLOWED[size]
    return Row(
        "offline", f"plan for AWS of {size} sites", best.seconds, allowed, "s", f"{allowed:g} s allowed", 1.0, note
    ), count


def rows(sizes: list[int]) -> list[Row]:
    with home() as bench:
        found = {size: planned(bench, size) for size in sizes}
    fewest, most = min(sizes), max(sizes)
    each = {size: count / size for size, (_, count) in found.items()}
    grown = Row("offline", f"resources a site, {most} sites", each[most], each[fewest], "", f"{fewest} sites", 1.05)
    return [*(row for row, _ in found.values()), grown]


if __name__ == "__main__":
    sys.stdout.write(to_json(rows([int(word) for word in sys.argv[1:]] or list(ALLOWED))) + "\n")
