"""Who makes the calls to AWS: an attached provider, the user's plugin, or nobody, which is said."""

from pathlib import Path

import pytest

from provisioner.engine.engine import Workspace
from provisioner.errors import NetprovError
from provisioner.home import NetworkFolder
from stacks.aws.plugin import ATTACH, attached, lend, version


def workspace(root: Path, **environ: str) -> Workspace:
    return Workspace(
        NetworkFolder(root / "severn"), Path("/nowhere/pulumi"), {"HOME": str(root), "PATH": "", **environ}
    )


def test_a_provider_on_this_machine_is_attached() -> None:
    assert attached({ATTACH: "127.0.0.1:4711"}) == {"aws": 4711}
    assert attached({}) == {}


@pytest.mark.parametrize("told", ["4711", "10.0.0.1:4711", "127.0.0.1:", "127.0.0.1:x"])
def test_no_other_is(told: str) -> None:
    with pytest.raises(NetprovError, match=ATTACH):
        attached({ATTACH: told})


def test_without_a_plugin_the_command_is_told(tmp_path: Path) -> None:
    with pytest.raises(NetprovError) as refused:
        lend(workspace(tmp_path))
    assert f"/nowhere/pulumi plugin install resource aws {version()}" in refused.value.hint


def test_the_user_s_own_plugin_is_lent(tmp_path: Path) -> None:
    its = tmp_path / "elsewhere/plugins/resource-aws-v7.51.1"
    its.mkdir(parents=True)
    there = workspace(tmp_path, PULUMI_HOME=str(tmp_path / "elsewhere"))
    lend(there)
    lend(there)
    assert (there.folder.engine / "home/plugins/resource-aws-v7.51.1").is_dir()
