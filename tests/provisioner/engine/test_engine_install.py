"""The engine is found without starting it twice, and is made whole or not at all.

Go and the SDK's download are stood in for by small programs of the same command line: the real ones take
minutes and a network. `make engine` and every live test use the real engine.
"""

import fcntl
import importlib.metadata
import os
import re
import subprocess
import sys
import textwrap
import threading
import time
import tomllib
from pathlib import Path

import pytest

from provisioner.engine.engine_install import ENGINE_VERSION, SOURCES, Engine, find, folder, go_needed, install
from provisioner.errors import NetprovError

ROOT = Path(__file__).parents[3]
ENGINE = f"""#!/bin/sh
echo started >> "$0.starts"
echo v{ENGINE_VERSION}
"""
GO = """#!/bin/sh
case "$1" in
version) echo "go version ${GO_IS:-go99.1.2} linux/amd64" ;;
build)
    echo "go: $GOFLAGS $CGO_ENABLED" >&2
    echo one >> "$(dirname "$0")/builds"
    [ -z "$GO_SAYS" ] || { echo "$GO_SAYS" >&2; exit 1; }
    while [ "$1" != -o ]; do shift; done
    cp "$(dirname "$0")/engine" "$2" ;;
esac
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment of its own, where every download is refused at once and no Go is installed."""
    (tmp_path / "bin").mkdir()
    refused = {f"{scheme}_proxy": "http://127.0.0.1:9" for scheme in ("http", "https", "HTTPS")}
    return {**refused, "PATH": f"{tmp_path}/bin:/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}


@pytest.fixture
def go(tmp_path: Path, environ: dict[str, str]) -> Path:
    """The folder of a `go` that builds an engine."""
    program(tmp_path / "bin/go", GO)
    program(tmp_path / "bin/engine", ENGINE)
    return tmp_path / "bin"


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def compiled(path: Path, version: str) -> Path:
    """An engine that is no script, so that its version may be remembered: a copy of a real program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    source = path.with_suffix(".c")
    log = f'fputs("x\\n", fopen("{path}.starts", "a"))'
    source.write_text(f'#include <stdio.h>\nint main(void) {{ {log}; puts("v{version}"); }}\n')
    subprocess.run(["cc", "-o", str(path), str(source)], check=True)
    return path


def starts(engine: Path) -> int:
    log = Path(f"{engine}.starts")
    return len(log.read_text().splitlines()) if log.exists() else 0


def quiet(_line: str) -> None:
    pass


def test_nothing_is_found_on_an_empty_machine(environ: dict[str, str]) -> None:
    assert find(environ) is None


def test_an_engine_of_the_pinned_version_on_path_is_used(tmp_path: Path, environ: dict[str, str]) -> None:
    there = program(tmp_path / "bin/pulumi", ENGINE)
    assert find(environ) == Engine(there, ENGINE_VERSION, "PATH")


@pytest.mark.parametrize("says", ["v3.258.0", "v3.259.1", "v3.259.0-dev", "v4.0.0", "", "no such option"])
def test_an_engine_of_another_version_on_path_is_passed_over(
    tmp_path: Path, environ: dict[str, str], says: str
) -> None:
    program(tmp_path / "bin/pulumi", f"#!/bin/sh\necho '{says}'\n")
    assert find(environ) is None


def test_the_version_of_an_engine_is_asked_once_for_each_file(tmp_path: Path, environ: dict[str, str]) -> None:
    engine = compiled(tmp_path / "bin/pulumi", ENGINE_VERSION)
    assert find(environ) and find(environ) and find(environ)
    assert starts(engine) == 1
    compiled(engine, "3.1.0")
    assert find(environ) is None
    assert starts(engine) == 2


def test_a_version_managers_shim_is_asked_every_time(tmp_path: Path, environ: dict[str, str]) -> None:
    engine = program(tmp_path / "bin/pulumi", ENGINE)
    assert find(environ) and find(environ)
    assert starts(engine) == 2


@pytest.mark.parametrize("notes", ["", "[]", "{", '{"%s": 1}', '{"%s": {"mark": null}}', "\x00"])
def test_damaged_notes_of_versions_are_ignored(tmp_path: Path, environ: dict[str, str], notes: str) -> None:
    engine = program(tmp_path / "bin/pulumi", ENGINE)
    folder(environ).mkdir(parents=True)
    (folder(environ) / "versions.json").write_text(notes.replace("%s", str(engine)))
    assert find(environ)


def test_an_engine_that_does_not_run_is_not_found(environ: dict[str, str]) -> None:
    engine = folder(environ) / ENGINE_VERSION / "bin/pulumi"
    for content in (b"", b"\x7fELF not really", b"#!/no/such/interpreter\n"):
        engine.parent.mkdir(parents=True, exist_ok=True)
        engine.write_bytes(content)
        engine.chmod(0o755)
        assert find(environ) is None


def test_an_engine_is_built_from_source_where_the_download_is_refused(go: Path, environ: dict[str, str]) -> None:
    said: list[str] = []
    engine = install(environ, said.append)
    assert (
        engine
        == find(environ)
        == Engine(folder(environ) / ENGINE_VERSION / "bin/pulumi", ENGINE_VERSION, "built from source")
    )
    assert "building it from source" in "\n".join(said)
    log = (folder(environ) / "install.log").read_text()
    assert "-mod=readonly -trimpath -p=2 0" in log, "modules exactly as go.sum has them, and no C"


def test_an_engine_is_installed_once(go: Path, environ: dict[str, str]) -> None:
    assert install(environ, quiet) == install(environ, quiet)
    assert (go / "builds").read_text() == "one\n"


def test_the_download_of_the_sdk_is_used_where_it_works(tmp_path: Path, environ: dict[str, str]) -> None:
    stand_in_for_the_sdk(tmp_path, environ, ENGINE)
    assert install(environ, quiet).origin == "downloaded"


def test_a_download_of_another_version_is_not_used(tmp_path: Path, environ: dict[str, str], go: Path) -> None:
    stand_in_for_the_sdk(tmp_path, environ, "#!/bin/sh\necho v3.1.0\n")
    assert install(environ, quiet).origin == "built from source"


def stand_in_for_the_sdk(tmp_path: Path, environ: dict[str, str], engine: str) -> None:
    sdk = tmp_path / "sdk/pulumi/automation.py"
    program(tmp_path / "downloaded", engine)
    sdk.parent.mkdir(parents=True)
    (sdk.parent / "__init__.py").write_text("")
    sdk.write_text(
        textwrap.dedent(f"""
        import pathlib, shutil
        class PulumiCommand:
            @classmethod
            def install(cls, root):
                pathlib.Path(root, "bin").mkdir(exist_ok=True)
                shutil.copy({str(tmp_path / "downloaded")!r}, f"{{root}}/bin/pulumi")
        """)
    )
    environ["PYTHONPATH"] = f"{tmp_path}/sdk:{ROOT}"


def test_a_refused_download_costs_no_wait(environ: dict[str, str], go: Path) -> None:
    started = time.monotonic()
    install(environ, quiet)
    assert time.monotonic() - started < 120, "a server that says no is not waited for"


def test_without_go_the_message_says_what_to_install(tmp_path: Path, environ: dict[str, str]) -> None:
    program(tmp_path / "bin/go", "#!/bin/sh\nexit 127\n")
    with pytest.raises(NetprovError, match="Go, which builds it from source, is not installed") as refused:
        install(environ, quiet)
    assert "install Go {}.{} or newer".format(*go_needed()) in refused.value.hint


def test_a_go_that_is_too_old_is_named(go: Path, environ: dict[str, str]) -> None:
    environ["GO_IS"] = "go1.19.8"
    with pytest.raises(NetprovError, match=r"Go 1\.19 is too old"):
        install(environ, quiet)


def test_a_failed_build_shows_its_last_line_and_leaves_nothing(go: Path, environ: dict[str, str]) -> None:
    environ.update(GO_SAYS="dial tcp: no such host", GO_IS="go1.22.1")
    with pytest.raises(NetprovError, match="no such host") as refused:
        install(environ, quiet)
    assert "is needed, here is 1.22" in refused.value.hint
    assert sorted(p.name for p in folder(environ).iterdir()) == ["install.lock", "install.log"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, environ: dict[str, str], go: Path) -> None:
    (tmp_path / ".cache").write_text("a file where the cache should be")
    with pytest.raises(NetprovError, match=f"cannot be installed in {tmp_path}/.cache/netprov/engine"):
        install(environ, quiet)


def test_what_a_killed_install_left_is_swept_and_replaced(go: Path, environ: dict[str, str]) -> None:
    left, broken = folder(environ) / ".new-1/bin", folder(environ) / ENGINE_VERSION / "bin"
    for place in (left, broken):
        place.mkdir(parents=True)
        (place / "pulumi").write_text("half")
    install(environ, quiet)
    assert not left.exists()
    assert find(environ)


def test_two_installs_at_once_build_once(go: Path, environ: dict[str, str]) -> None:
    said: list[str] = []
    folder(environ).mkdir(parents=True)
    with (folder(environ) / "install.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        waiting = threading.Thread(target=install, args=(environ, said.append))
        waiting.start()
        while not said:
            time.sleep(0.01)
        assert "waiting" in said[0]
        program(folder(environ) / ENGINE_VERSION / "bin/pulumi", ENGINE)
    waiting.join()
    assert not (go / "builds").exists()


def test_an_interrupt_ends_the_build_with_its_children(tmp_path: Path, environ: dict[str, str]) -> None:
    program(
        tmp_path / "bin/go",
        f'#!/bin/sh\n[ "$1" = version ] && echo go version go99.1 && exit\necho $$ > {tmp_path}/pid\nsleep 600\n',
    )
    script = "import os; from provisioner.engine.engine_install import install; install(os.environ, print)"
    run = subprocess.Popen(
        [sys.executable, "-P", "-c", script], env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    pid = tmp_path / "pid"
    while not (pid.exists() and pid.read_text().strip()):
        assert run.poll() is None
        time.sleep(0.02)
    run.send_signal(2)
    run.wait(timeout=180)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    assert not list(folder(environ).glob(".new-*"))


def test_the_engine_the_sdk_and_the_sources_are_one_version() -> None:
    assert importlib.metadata.version("pulumi") == ENGINE_VERSION
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"pulumi=={ENGINE_VERSION}" in project["dependencies"]
    module = (SOURCES / "go.mod").read_text()
    assert re.findall(r"github.com/pulumi/pulumi/[ps]\S+ v(\S+)", module) == [ENGINE_VERSION] * 2


def test_every_module_of_the_engine_has_its_hash() -> None:
    """Else `go build` fails on a fresh machine, after minutes."""
    modules = re.findall(r"^(?:require |\t)(\S+) (v\S+)", (SOURCES / "go.mod").read_text(), re.MULTILINE)
    hashed = (SOURCES / "go.sum").read_text()
    assert len(modules) > 100
    assert [name for name, version in modules if f"{name} {version}/go.mod h1:" not in hashed] == []
