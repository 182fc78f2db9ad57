"""The logo that a definition names."""

from pathlib import Path

import pytest

from cli.logo import LARGEST, embedded
from provisioner.errors import Refused

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        ("a.svg", b"\xef\xbb\xbf \n<?xml version='1.0'?><svg/>", "image/svg+xml"),
        ("a.PNG", PNG, "image/png"),
    ],
)
def test_a_picture_becomes_an_address_that_holds_it(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert embedded(tmp_path / name).startswith(f"data:{kind};base64,")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.svg", None, "cannot be read: No such file"),
        ("a.svg", b"", "is no SVG file"),
        ("a.svg", PNG, "is no SVG file"),
        ("a.png", b"<svg/>", "is no PNG file"),
        ("a.png", PNG + bytes(LARGEST), "is larger than 64 KiB"),
    ],
)
def test_whatever_is_no_such_picture_is_refused(tmp_path: Path, name: str, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(Refused, match=words) as refused:
        embedded(tmp_path / name)
    assert refused.value.hint
