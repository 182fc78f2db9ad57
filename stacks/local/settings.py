"""Which settings the installed Orthanc knows: it passes over a misspelt one without a word."""

import subprocess
from pathlib import Path

from provisioner.disk import place
from provisioner.errors import NetprovError
from provisioner.site.render import orthanc_config, unknown_settings
from stacks.local.ground import ORTHANC, Ground, program
from stacks.local.site import site_of


def refuse_unknown(ground: Ground, cache: Path) -> None:
    """Raises NetprovError if a node would be given a setting that the installed version does not know."""
    known = _defaults(cache)
    sorts = {(node.kind, node.index): node for node in ground.topology.nodes}  # nodes of a sort have the same settings
    for node in sorts.values():
        unknown = unknown_settings(orthanc_config(site_of(ground, node.id)), known)
        if unknown:
            raise NetprovError(
                f"this machine's Orthanc does not know {', '.join(unknown)}, which node {node.id} needs",
                "install a version that does; `netprov doctor` shows which one is there",
            )


def _defaults(cache: Path) -> str:
    """The commented defaults that Orthanc writes of itself; asked once a build, since that is a process start."""
    binary = Path(program(ORTHANC))
    stat = binary.stat()
    kept = cache / f"orthanc-defaults-{stat.st_size}-{stat.st_mtime_ns}.json"
    if not kept.exists():
        asked = subprocess.run(
            [str(binary), "--config=/dev/stdout"], capture_output=True, text=True, timeout=30, check=False
        )
        if asked.returncode or "{" not in asked.stdout:
            raise NetprovError(f"{binary} does not say what its settings are: {asked.stderr.strip()[-200:]}")
        place(kept, asked.stdout)
    return kept.read_text(encoding="utf-8")
