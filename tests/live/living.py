"""Looking into a folder that is in use: what has been taken away since it was listed was there, and is no longer."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def everything(folder: Path) -> Iterator[Path]:
    """The folder and all that is below it; no link is followed."""
    yield folder
    for place, folders, files in os.walk(folder):
        yield from (Path(place, name) for name in (*folders, *files))


def contents(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Of every plain file below it."""
    for path in everything(folder):
        with suppress(FileNotFoundError):
            if path.is_file():
                yield path, path.read_bytes()
