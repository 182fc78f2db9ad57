"""What all nodes share is on the disk once; a node that finds it changed is found to drift, and is mended."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Home

pytestmark = pytest.mark.live


def test_plugins_and_pages_are_there_once_and_mended(home: "Home") -> None:
    """Every node has loaded a plugin, and is restarted; a page is read from the disk each time, and nobody is."""
    file = home.hosted("severn", ("RXA01", "RXB01"))
    home.netprov("up", file, "--yes", "--no-verify")
    nodes = home.network("severn") / "nodes"
    for path, restarted in (("plugins/netprov_node.py", 2), ("door/web/index.html", 0)):
        one, other = (nodes / site / path for site in ("RXA01", "RXB01"))
        assert one.samefile(other)
        before = {p.pid for p in home.processes() if p.orthanc}
        shared = nodes / "RXA01" / path
        text = shared.read_text()
        shared.write_text(text + "\n# edited by hand\n")
        assert "files" in home.netprov("drift", "severn", code=5).stdout
        home.netprov("up", file, "--yes", "--refresh", "--no-verify")
        assert shared.read_text() == text
        assert len({p.pid for p in home.processes() if p.orthanc} - before) == restarted
        home.netprov("drift", "severn")


def test_a_folder_of_an_earlier_version_gives_way_to_the_link(home: "Home") -> None:
    file = home.hosted("severn", ("RXA01",))
    home.netprov("up", file, "--yes", "--no-verify")
    plugins = home.network("severn") / "nodes/RXA01/plugins"
    plugins.unlink()
    plugins.mkdir()
    Path(plugins, "old.py").touch()
    assert "files" in home.netprov("drift", "severn", code=5).stdout
    home.netprov("up", file, "--yes", "--refresh", "--no-verify")
    assert plugins.is_symlink()
