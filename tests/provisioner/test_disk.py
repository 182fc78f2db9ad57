"""A file is placed whole or not at all, for its owner alone, and never through somebody else's link."""

import os
from pathlib import Path

import pytest

from provisioner.disk import place, write_new


def test_a_file_is_made_with_the_folders_above_it(tmp_path: Path) -> None:
    path = tmp_path / "a/b/secret"
    assert place(path, "word")
    assert path.read_text() == "word"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [folder.stat().st_mode & 0o077 for folder in (tmp_path / "a", tmp_path / "a/b")] == [0, 0]


def test_what_stands_there_already_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    place(path, "word")
    before = path.stat().st_ino
    assert not place(path, "word")
    assert path.stat().st_ino == before
    assert place(path, "other")
    assert path.read_text() == "other"


def test_a_file_that_is_no_text_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\xff\xfe")
    assert place(path, "word")
    assert path.read_text() == "word"


@pytest.mark.parametrize("hard", [False, True])
def test_a_draft_that_was_left_or_laid_there_is_not_written_through(tmp_path: Path, hard: bool) -> None:
    victim, path = tmp_path / "victim", tmp_path / "file"
    victim.write_text("keep")
    draft = tmp_path / ".file.new"
    if hard:
        draft.hardlink_to(victim)
    else:
        draft.symlink_to(victim)
    place(path, "word")
    assert victim.read_text() == "keep"
    assert path.read_text() == "word"
    assert not path.is_symlink()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "victim"]


def test_a_new_file_must_be_new(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        write_new(path, b"word")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give a file away")
def test_a_file_is_given_to_its_owner_before_it_is_in_place(tmp_path: Path) -> None:
    class Nobody:
        uid, gid = 65534, 65534

    place(tmp_path / "file", "word", Nobody())
    found = (tmp_path / "file").stat()
    assert (found.st_uid, found.st_gid) == (65534, 65534)
