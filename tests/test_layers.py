"""Who may import whom, one home for each third-party package, no cycles, small modules: read from the syntax trees.

Imports inside functions count too: they are late for speed, never to get round a rule.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("provisioner", "stacks", "policies", "cli", "site_templates")
MAY_IMPORT = {
    "provisioner": ("provisioner", "site_templates"),
    "stacks": ("stacks", "provisioner", "site_templates"),
    "policies": (
        "policies",
        "provisioner.definition.choices",
        "provisioner.definition.network",
        "provisioner.definition.organisation",
        "provisioner.definition.formats",
        "provisioner.findings",
        "provisioner.record",
        # what a rule looks at beyond the definition: pure values, and pure functions of the network
        "provisioner.site.planned",
        "provisioner.links.reach",
        "provisioner.definition.countries",
        "provisioner.links.flows",
        "provisioner.definition.hub",
    ),
    "cli": OURS,
    "site_templates": ("site_templates",),
}
PARTS = ("definition", "links", "engine", "site", "proving")
"""Of provisioner: each may import those before it, and what stands beside them; two beside them look into a part."""
BESIDE = {"provisioner.report": ("definition",), "provisioner.doctor": ("engine",)}
ENGINE = ("provisioner.engine.engine", "provisioner.engine.engine_install", "provisioner.engine.provider", "stacks")
HOMES = {
    "yaml": ("provisioner.definition.libyaml",),
    "jinja2": ("provisioner.site.nginx", "cli.reporting.page"),
    "orthanc_api_client": ("provisioner.proving.orthanc",),
    "requests": ("provisioner.proving.orthanc",),
    "urllib3": ("provisioner.proving.orthanc",),
    "cryptography": ("provisioner.pki", "provisioner.engine.sealing"),
    "pulumi": ENGINE,
    "grpc": ENGINE,
    "google": ENGINE,
    "click": ("cli",),
    "orthanc": ("site_templates.plugins",),  # what Orthanc gives to the Python that it runs
    # A plugin's packages, by the names that they have inside Orthanc.
    "sharing": ("site_templates.plugins",),
    "worklist": ("site_templates.plugins",),
    "images": ("site_templates.plugins",),
    "pulumi_aws": ("stacks.aws",),
    "boto3": ("provisioner.engine.amazon",),
    "botocore": ("provisioner.engine.amazon",),
}
A_RULE_MAY = (
    *("collections", "dataclasses", "datetime", "difflib", "enum", "functools", "inspect", "itertools", "json", "re"),
    *("textwrap", "types", "typing"),
)
"""Of Python's own. A policy is a pure function of the network: its answer is the same tomorrow, elsewhere."""
LONGEST_MODULE, LONGEST_FUNCTION = 350, 50


@dataclass(frozen=True, slots=True)
class Module:
    """One of our files."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]


@cache
def modules(tops: tuple[str, ...] = OURS) -> tuple[Module, ...]:
    return tuple(
        Module(name_of(path), path, ast.parse(path.read_text()))
        for top in tops
        for path in sorted((ROOT / top).rglob("*.py"))
    )


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(module: Module) -> Iterator[str]:
    """Every module that it imports; `from provisioner import pki` counts as provisioner.pki."""
    names = {each.name for each in modules()}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.name}:{node.lineno}: an import from `.` hides its layer"
            assert node.module
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            found = [name for name in inner if name in names]
            yield from found
            if len(found) < len(inner):
                yield node.module


def within(name: str, homes: tuple[str, ...]) -> bool:
    return any(name == home or name.startswith(f"{home}.") for home in homes)


def test_all_modules_are_found() -> None:
    assert {module.package for module in modules()} == set(OURS)
    assert len(modules()) > len(OURS)


def test_layers_are_kept() -> None:
    """cli over stacks and policies, which do not see each other, over provisioner."""
    broken = (
        f"{module.name} imports {name}"
        for module in modules()
        for name in imports(module)
        if name.partition(".")[0] in OURS and not within(name, MAY_IMPORT[module.package])
    )
    assert sorted(set(broken)) == []


def test_parts_of_provisioner_are_in_order() -> None:
    broken = (
        f"{module.name} imports {name}"
        for module in modules()
        if module.package == "provisioner"
        for name in imports(module)
        if part(name) and part(name) not in below(module.name)
    )
    assert sorted(set(broken)) == []


def part(name: str) -> str:
    """The part that a module is in; empty where it is in none."""
    return next((each for each in PARTS if within(name, (f"provisioner.{each}",))), "")


def below(name: str) -> tuple[str, ...]:
    """The parts that a module may import, its own among them."""
    own = part(name)
    return PARTS[: PARTS.index(own) + 1] if own else BESIDE.get(name, ())


def test_each_third_party_package_has_one_home() -> None:
    known = set(sys.stdlib_module_names) | set(OURS)
    foreign = [(m, name) for m in modules() for name in imports(m) if name.partition(".")[0] not in known]
    broken = (
        f"{module.name} imports {name}"
        for module, name in foreign
        if not within(module.name, HOMES.get(name.partition(".")[0], ()))
    )
    assert sorted(set(broken)) == []


def test_policies_have_no_way_to_the_outside() -> None:
    broken = (
        f"{module.name} imports {name}"
        for module in modules()
        if module.package == "policies"
        for name in imports(module)
        if name.partition(".")[0] not in OURS and not within(name, A_RULE_MAY)
    )
    assert sorted(set(broken)) == []


def test_no_modules_import_each_other() -> None:
    graph = {module.name: set(imports(module)) for module in modules()}
    cycle = next((found for start in graph if (found := way_back(graph, start))), None)
    assert cycle is None, " -> ".join(cycle or ())


def way_back(graph: dict[str, set[str]], start: str) -> tuple[str, ...] | None:
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for following in graph.get(way[-1], ()):
            if following == start:
                return (*way, start)
            if following not in seen:
                seen.add(following)
                ways.append((*way, following))
    return None


def test_modules_and_functions_are_small() -> None:
    all_of_it = modules((*OURS, "tests", "bench"))
    long_modules = (
        f"{m.name}: {lines} lines"
        for m in all_of_it
        if (lines := len(m.path.read_text().splitlines())) > LONGEST_MODULE
    )
    long_functions = (
        f"{module.name}.{node.name}: {lines} lines"
        for module in all_of_it
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    )
    assert [*long_modules, *long_functions] == []


def test_the_top_packages_import_nothing() -> None:
    """`import provisioner.findings` must not pay for the rest of its package."""
    for top in ("provisioner", "cli", "site_templates"):
        module = next(m for m in modules() if m.name == top)
        assert [name for name in imports(module) if name.partition(".")[0] not in sys.stdlib_module_names] == []


def test_tests_are_no_packages() -> None:
    """An `__init__.py` in tests/policies would hide the real policies."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []


HEAVY = ("boto3", "cryptography", "grpc", "jinja2", "orthanc_api_client", "pulumi", "requests", "stacks")


@pytest.mark.parametrize(
    "arguments", [["--version"], ["check", "examples/severn.yaml"], ["schema"]], ids=lambda a: a[0]
)
def test_light_commands_load_no_engine(arguments: list[str]) -> None:
    """0.2 s each, of a budget of 0.08 s for `check`."""
    script = f"""
import sys
from cli.main import main
sys.argv[1:] = {arguments!r}
try:
    code = main()
except SystemExit as end:
    code = end.code
sys.exit(code or sorted(set({HEAVY!r}) & set(sys.modules)) or 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
