"""Whom services run as: an unprivileged account where netprov runs as root, the user everywhere else.

And what that asks of folders: the account must be able to pass through every folder above its own, without being
able to list them (0711), and owns its own alone (0700).
"""

import grp
import os
import pwd
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from provisioner.errors import NetprovError
from provisioner.home import NetworkFolder

SETPRIV = "/usr/bin/setpriv"


@dataclass(frozen=True, slots=True)
class Account:
    """An account of this machine."""

    user: str
    group: str
    uid: int
    gid: int
    groups: tuple[int, ...]

    @property
    def prefix(self) -> tuple[str, ...]:
        """What stands before a command to run it as this account, with no way back to more rights."""
        groups = ",".join(str(group) for group in self.groups)
        return (SETPRIV, f"--reuid={self.uid}", f"--regid={self.gid}", f"--groups={groups}", "--no-new-privs", "--")


def account_named(user: str, package: str) -> Account:
    """The account that a Debian package makes."""
    try:
        entry = pwd.getpwnam(user)
        group = grp.getgrgid(entry.pw_gid).gr_name
    except KeyError:
        raise NetprovError(
            f"this machine has no account {user}, which services run as when netprov runs as root",
            f"apt-get install {package}, or run netprov as an ordinary user",
        ) from None
    groups = tuple(sorted(os.getgrouplist(user, entry.pw_gid)))
    return Account(user, group, entry.pw_uid, entry.pw_gid, groups)


def service_account(euid: int | None = None) -> Account | None:
    """Whom Orthanc and nginx run as; None stands for the user who runs netprov."""
    return account_named("orthanc", "orthanc") if (os.geteuid() if euid is None else euid) == 0 else None


def database_account(euid: int | None = None) -> Account | None:
    """Whom PostgreSQL runs as, which refuses to run as root; None stands for the user who runs netprov."""
    return account_named("postgres", "postgresql") if (os.geteuid() if euid is None else euid) == 0 else None


def give(path: Path, account: Account) -> None:
    """Make the account the owner of a file, or of a folder with all that is in it. Links are not followed."""
    _own(path.lstat(), account, str(path), None)
    if path.is_symlink() or not path.is_dir():
        return
    # By open folders, so that an account that swaps a folder for a link meanwhile gains nothing.
    for _, folders, files, descriptor in os.fwalk(path, follow_symlinks=False):
        for name in (*folders, *files):
            try:
                found = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                _own(found, account, name, descriptor)
            except FileNotFoundError:
                continue  # a running service's own, gone meanwhile


def _own(found: os.stat_result, account: Account, name: str, folder: int | None) -> None:
    if (found.st_uid, found.st_gid) != (account.uid, account.gid):
        os.chown(name, account.uid, account.gid, dir_fd=folder, follow_symlinks=False)


def passage(path: Path, account: Account | None) -> None:
    """Make a folder that the account may pass through but not list; without an account, the user's alone."""
    path.mkdir(parents=True, exist_ok=True)
    mode = 0o711 if account else 0o700
    if stat.S_IMODE(path.stat().st_mode) != mode:
        path.chmod(mode)


def private(path: Path, account: Account | None) -> None:
    """Make a folder that is the account's alone."""
    path.mkdir(mode=0o700, exist_ok=True)
    if account:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
    if stat.S_IMODE(path.stat().st_mode) != 0o700:
        path.chmod(0o700)


def prepare_home(folder: NetworkFolder, account: Account | None) -> None:
    """Make the folders down to a network's nodes. Raises NetprovError where the account cannot come through."""
    networks = folder.root.parent
    try:
        _enterable(networks.parent, account)
        for path in (networks, folder.root, folder.nodes):
            passage(path, account)
    except OSError as error:
        raise NetprovError(
            f"{error.filename} cannot be made or changed: {error.strerror}", "choose another place by NETPROV_HOME"
        ) from None
    reachable(folder.nodes, account)


def _enterable(home: Path, account: Account | None) -> None:
    # A home that is there already may be a folder of the user's with more in it: nothing is taken from its mode.
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode = stat.S_IMODE(home.stat().st_mode)
    if account and mode | 0o011 != mode:
        home.chmod(mode | 0o011)


def reachable(path: Path, account: Account | None) -> None:
    """Raises NetprovError if the account cannot enter a folder that leads to this path, or the path itself."""
    if account is None:
        return
    closed = next(_closed(path.resolve(), account), None)
    if closed:
        raise NetprovError(
            f"{path} is out of reach for the account {account.user}, which services run as: it may not enter {closed}",
            f"choose another place, NETPROV_HOME=/var/lib/netprov for instance, or chmod o+x {closed}",
        )


def _closed(path: Path, account: Account) -> Iterator[Path]:
    """The folders on the way, from the root, that the account may not enter."""
    for folder in (*reversed(path.parents), path):
        found = folder.stat()
        if not stat.S_ISDIR(found.st_mode):
            continue
        if found.st_uid == account.uid:
            bit = stat.S_IXUSR
        else:
            bit = stat.S_IXGRP if found.st_gid in account.groups else stat.S_IXOTH
        if not found.st_mode & bit:
            yield folder
