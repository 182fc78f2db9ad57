"""Accounts of services: who they are, what they may enter, and what is given to them."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.errors import NetprovError
from provisioner.home import NetworkFolder
from stacks.local.account import Account, account_named, give, passage, prepare_home, reachable, service_account

STRANGER = Account("stranger", "stranger", 65533, 65533, (65533,))


@pytest.fixture
def top() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as root:
        Path(root).chmod(0o711)
        yield Path(root)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_an_ordinary_user_runs_services_as_himself() -> None:
    assert service_account(1000) is None


def test_root_runs_services_as_the_account_of_the_package() -> None:
    account = service_account(0)
    assert account
    assert account.user == "orthanc"
    assert account.uid != 0
    assert account.gid in account.groups


def test_a_missing_account_is_told_with_its_package() -> None:
    with pytest.raises(NetprovError, match="no account no-such-user") as caught:
        account_named("no-such-user", "some-package")
    assert "apt-get install some-package" in caught.value.hint


def test_the_home_of_root_can_be_passed_through_and_not_listed(top: Path) -> None:
    folder = NetworkFolder(top / "home/networks/severn")
    prepare_home(folder, STRANGER)
    assert [mode(path) for path in (top / "home", folder.root.parent, folder.root, folder.nodes)] == [0o711] * 4
    prepare_home(folder, STRANGER)


def test_the_home_of_a_user_is_his_alone(top: Path) -> None:
    folder = NetworkFolder(top / "home/networks/severn")
    prepare_home(folder, None)
    assert [mode(path) for path in (top / "home", folder.root.parent, folder.root, folder.nodes)] == [0o700] * 4


def test_a_home_that_was_there_keeps_its_mode_but_for_what_is_needed(top: Path) -> None:
    for before, after in ((0o1777, 0o1777), (0o755, 0o755), (0o700, 0o711)):
        top.chmod(before)
        prepare_home(NetworkFolder(top / "networks/severn"), STRANGER)
        assert mode(top) == after


def test_a_folder_that_the_account_may_not_enter_is_named(top: Path) -> None:
    closed = top / "closed"
    folder = NetworkFolder(closed / "home/networks/severn")
    folder.root.mkdir(parents=True)
    closed.chmod(0o750)
    with pytest.raises(NetprovError, match=f"may not enter {closed}") as caught:
        prepare_home(folder, STRANGER)
    assert "NETPROV_HOME=/var/lib/netprov" in caught.value.hint
    reachable(folder.root, None)


def test_a_home_that_cannot_be_made_is_told_in_words(top: Path) -> None:
    (top / "file").touch()
    with pytest.raises(NetprovError, match="cannot be made or changed: Not a directory"):
        prepare_home(NetworkFolder(top / "file/home/networks/severn"), None)


def test_owner_group_and_others_are_told_apart(top: Path) -> None:
    found = top.stat()
    for uid, gid, bits, open_ in (
        (found.st_uid, 1, 0o011, False),
        (found.st_uid, 1, 0o100, True),
        (found.st_uid + 1, found.st_gid, 0o101, False),
        (found.st_uid + 1, found.st_gid, 0o010, True),
        (found.st_uid + 1, found.st_gid + 1, 0o110, False),
        (found.st_uid + 1, found.st_gid + 1, 0o001, True),
    ):
        top.chmod(0o600 & ~0o111 | bits)
        account = Account("x", "x", uid, gid, (gid,))
        if open_:
            reachable(top, account)
        else:
            with pytest.raises(NetprovError, match="may not enter"):
                reachable(top, account)
    top.chmod(0o700)


def test_what_is_given_is_given_whole_and_links_are_not_followed(top: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    outside, folder = top / "outside", top / "node"
    outside.mkdir()
    (outside / "file").touch()
    (folder / "deep/er").mkdir(parents=True)
    (folder / "deep/er/file").touch()
    (folder / "link").symlink_to(outside)
    give(folder, STRANGER)
    assert {path.lstat().st_uid for path in (folder, *folder.rglob("*"))} == {STRANGER.uid}
    assert {path.stat().st_uid for path in (outside, outside / "file")} == {0}


def test_a_passage_has_one_mode_whatever_it_had(top: Path) -> None:
    for before in (0o777, 0o700):
        top.chmod(before)
        passage(top, STRANGER)
        assert mode(top) == 0o711
