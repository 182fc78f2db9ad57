"""Passwords are derived from one key, and the key is made once."""

import base64
import hashlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from provisioner.credentials import (
    distinguished_name,
    fingerprint,
    forget_keys,
    htpasswd_line,
    load_keys,
    load_master,
    password,
)
from provisioner.errors import NetprovError

MASTER = bytes(range(32))


def test_a_master_key_is_made_once_and_kept(tmp_path: Path) -> None:
    first = load_master(tmp_path / "secrets")
    assert len(first) == 32
    assert load_master(tmp_path / "secrets") == first
    assert [p.name for p in (tmp_path / "secrets").iterdir()] == ["master.key"]


def test_each_generation_has_a_key_and_user_names_of_its_own(tmp_path: Path) -> None:
    old, both, new = (load_keys(tmp_path, used, taken) for used, taken in ((1, (1,)), (2, (1, 2)), (2, (2,))))
    assert both.peer("RXA01", "HUB").taken == (old.peer("RXA01", "HUB").used, new.peer("RXA01", "HUB").used)
    assert both.peer("RXA01", "HUB").used == new.peer("RXA01", "HUB").used
    assert [each.user for each in both.operator("HUB").taken] == ["operator", "operator.2"]
    assert [each.user for each in both.internal("HUB").taken] == ["netprov", "netprov.2"]
    assert new.user("RXA01") == "RXA01.2"
    assert len({each.password("postgres:HUB") for each in (old, new)}) == 2
    assert len({each.identity for each in (old, both, new)}) == 1


def test_keys_that_nobody_takes_are_removed_but_for_the_first_that_names_the_network(tmp_path: Path) -> None:
    load_keys(tmp_path, 3, (1, 2, 3))
    forget_keys(tmp_path, (3,))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["master-3.key", "master.key"]


def test_only_the_owner_can_read_the_master_key(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_master(tmp_path / "secrets")
    finally:
        os.umask(before)
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "secrets/master.key").stat().st_mode & 0o777 == 0o600


def test_an_open_secrets_folder_is_closed(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir(mode=0o755)
    load_master(tmp_path / "secrets")
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_a_damaged_master_key_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "master.key").write_bytes(b"short")
    with pytest.raises(NetprovError, match="damaged: 5 bytes where 32 are needed"):
        load_master(tmp_path)
    assert (tmp_path / "master.key").read_bytes() == b"short"


def test_drafts_of_a_killed_run_are_swept_away(tmp_path: Path) -> None:
    (tmp_path / ".master.key.123.abcd").write_bytes(b"half")
    load_master(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["master.key"]


def test_processes_that_start_together_get_one_key(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(4) as pool:
        keys = pool.map(load_master, [tmp_path / "secrets"] * 8)
    assert len(set(keys)) == 1


def test_a_kill_at_any_moment_leaves_no_part_of_a_key(tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; from provisioner.credentials import load_master as m; "
    script += "print(flush=True); [m(Path(sys.argv[1]) / str(n)) for n in range(100000)]"
    child = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    for folder in tmp_path.iterdir():
        assert len(load_master(folder)) == 32


def test_a_password_depends_on_key_and_label_alone() -> None:
    assert password(MASTER, "orthanc:RXA01") == password(MASTER, "orthanc:RXA01")
    assert password(MASTER, "orthanc:RXA01") != password(MASTER, "orthanc:RXA02")
    assert password(MASTER, "orthanc:RXA01") != password(bytes(32), "orthanc:RXA01")


def test_a_password_is_256_bits_in_letters_that_need_no_quoting() -> None:
    text = password(MASTER, "peer:RXA01>HUB")
    assert len(text) == 43
    assert len(base64.urlsafe_b64decode(text + "=")) == 32


def test_a_fingerprint_is_twelve_digits_and_stable() -> None:
    assert fingerprint("secret") == "2bb80d537b1d"


def test_a_password_line_is_stable_and_can_be_checked() -> None:
    line = htpasswd_line("HUB", "secret")
    assert line == htpasswd_line("HUB", "secret")
    user, _, rest = line.partition(":{SSHA}")
    raw = base64.b64decode(rest)
    assert user == "HUB"
    assert hashlib.sha1(b"secret" + raw[20:], usedforsecurity=False).digest() == raw[:20]


def test_two_users_with_one_password_get_different_lines() -> None:
    assert htpasswd_line("A", "x").removeprefix("A") != htpasswd_line("B", "x").removeprefix("B")


@pytest.mark.parametrize("user", ["", "a:b", "a\nroot", "a\x00"])
def test_a_user_name_that_breaks_the_file_is_refused(user: str) -> None:
    with pytest.raises(NetprovError, match="cannot be a user name"):
        htpasswd_line(user, "x")


def test_a_distinguished_name_reads_as_nginx_writes_it() -> None:
    assert distinguished_name("severn", "RXA01/CT_1") == "serialNumber=RXA01/CT.1,O=severn"
