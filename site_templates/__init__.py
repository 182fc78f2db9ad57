"""All that lands on a site: templates, plugins and profiles; data, with the functions that find it."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path


def text(name: str) -> str:
    """One template, by its name relative to this folder."""
    return files("site_templates").joinpath(name).read_text(encoding="utf-8")


def path(name: str) -> Path:
    """The file of one template, for programs that read it themselves (the C compiler)."""
    return Path(str(files("site_templates").joinpath(name)))


@cache
def web() -> Mapping[str, str]:
    """The page of the shared worklist, by its files' names relative to this folder."""
    root = path("web")
    return {f"web/{file.name}": file.read_text(encoding="utf-8") for file in sorted(root.glob("*")) if file.is_file()}


@cache
def plugins() -> Mapping[str, str]:
    """Everything that Orthanc's Python runs or shows, by its name relative to this folder."""
    root = path("plugins")
    files = (file for file in sorted(root.rglob("*")) if file.is_file() and file.suffix != ".pyc")
    return {f"plugins/{file.relative_to(root)}": file.read_text(encoding="utf-8") for file in files}
