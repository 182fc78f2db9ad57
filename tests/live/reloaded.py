"""nginx reads its files again, as `up` has it do after it has changed who may call."""

import os
import signal
import time
from pathlib import Path

PATIENCE = 120.0


def reloaded(master: int) -> None:
    """Comes back when new workers alone serve."""
    deadline = time.monotonic() + PATIENCE
    while not (before := workers(master)):
        assert time.monotonic() < deadline, "it has no worker"
        time.sleep(0.02)
    os.kill(master, signal.SIGHUP)
    while not (now := workers(master)) or now & before:
        assert time.monotonic() < deadline, "the workers of before still serve"
        time.sleep(0.02)


def workers(master: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{master}/task/{master}/children").read_text().split()}
