"""The network's logo, a file beside its definition, as part of what is deployed."""

import base64
from pathlib import Path

from provisioner.errors import Refused

KINDS = {".svg": ("image/svg+xml", (b"<svg", b"<?xml", b"<!--")), ".png": ("image/png", (b"\x89PNG\r\n\x1a\n",))}
LARGEST = 64 << 10
"""Bytes; it goes out with the worklist's page at every site."""


def embedded(path: Path) -> str:
    """A data: address. Raises Refused for a file that is not there, is too large, or is no picture of its kind."""
    kind, beginnings = KINDS[path.suffix.lower()]
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise Refused(
            f"the logo {path} cannot be read: {error.strerror}", "put it beside the definition, or remove `brand.logo`"
        ) from None
    if len(content) > LARGEST:
        raise Refused(f"the logo {path} is larger than {LARGEST >> 10} KiB", "save a smaller one")
    if not content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(beginnings) and not content.startswith(beginnings):
        raise Refused(f"the logo {path} is no {path.suffix[1:].upper()} file", "save it as what its name says")
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
