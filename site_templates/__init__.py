"""All that lands on a site: templates, plugins and profiles; data, with the two functions that find it."""

from importlib.resources import files
from pathlib import Path


def text(name: str) -> str:
    """One template, by its name relative to this folder."""
    return files("site_templates").joinpath(name).read_text(encoding="utf-8")


def path(name: str) -> Path:
    """The file of one template, for programs that read it themselves (the C compiler)."""
    return Path(str(files("site_templates").joinpath(name)))
