"""`make up` on a machine that lacks what it needs and may not install it: one sentence, and what to do.

The machine is this one, with its Orthanc covered up by a mount that nobody else sees; PATH decides what may install.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COVER = "mount --bind /dev/null /usr/sbin/Orthanc && exec "
NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups "
LACKS = "netprov: this machine lacks what netprov needs: orthanc\n"

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="covering a program up needs root"),
    pytest.mark.skipif(not shutil.which("unshare"), reason="needs util-linux"),
]


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that every user may look into, as pytest's own are not."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


def programs(folder: Path, *but: str, **scripts: str) -> str:
    """A PATH with all that this machine has but these, and with these scripts."""
    for place in ("/usr/sbin", "/usr/bin"):
        for program in Path(place).iterdir():
            if program.name not in {*but, *scripts} and not (folder / program.name).exists():
                (folder / program.name).symlink_to(program)
    for name, text in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    return str(folder)


def make_up(path: str, user: str = "") -> tuple[int, str]:
    """`make up`, of a file that does not exist, lest a machine that lacks nothing deploys anything."""
    done = subprocess.run(
        ["unshare", "--mount", "/bin/sh", "-c", f"{COVER}{user}make up NETWORK=/nonexistent.yaml"],
        cwd=ROOT,
        env={"PATH": path, "HOME": "/nonexistent"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("but", "scripts", "user", "advice"),
    [
        (("apt-get",), {}, "", "this is not Debian or Ubuntu: install by this system's own means Orthanc 1.10.1"),
        (("sudo",), {}, NOBODY, "ask the administrator of this machine to run: apt-get install -y orthanc\n"),
        # There is nobody to type a password.
        ((), {"sudo": "exit 1"}, NOBODY, "sudo apt-get install -y orthanc\n"),
    ],
    ids=["another distribution", "no sudo", "sudo that asks"],
)
def test_what_may_not_be_installed_is_named_with_what_to_do(
    but: tuple[str, ...], scripts: dict[str, str], user: str, advice: str, folder: Path
) -> None:
    code, told = make_up(programs(folder, *but, **scripts), user)
    assert code == 2, told
    assert told.startswith(f"{LACKS}  try: {advice}"), told
