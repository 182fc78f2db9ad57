"""One frame as a picture: where Orthanc renders it, and with which window."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

LARGEST = 4096
NAME = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{8}){4}")
UID = re.compile(r"[0-9]+(\.[0-9]+)*")


class Unfit(Exception):
    """What is asked for is no picture."""


def address(image: str, frame: str, asked: Mapping[str, str]) -> str:
    """Below Orthanc's root. The window is applied there, to all bits of the image; raises Unfit."""
    if not NAME.fullmatch(image) or not re.fullmatch(r"[0-9]{1,6}", frame):
        raise Unfit("an image is named by its id and the number of its frame")
    query: dict[str, str] = {}
    if "width" in asked or "center" in asked:
        center, width = _real(asked.get("center", "")), _real(asked.get("width", ""))
        if width <= 0:
            raise Unfit("a window is wider than nothing")
        query |= {"window-center": f"{center:g}", "window-width": f"{width:g}"}
    if asked.get("size"):
        size = asked["size"]
        if not re.fullmatch(r"[0-9]{1,4}", size) or not 0 < int(size) <= LARGEST:
            raise Unfit(f"a size is 1 to {LARGEST}")
        query |= {"width": size, "height": size, "smooth": "1"}
    return f"/instances/{image}/frames/{int(frame)}/rendered" + (f"?{urlencode(query)}" if query else "")


def _real(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        raise Unfit("a window is two numbers, center and width") from None
    if not abs(found) < 1e7:
        raise Unfit("a window is two numbers, center and width")
    return found
