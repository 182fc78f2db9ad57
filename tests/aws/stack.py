"""The real engine on a small program of a test's own, with the provider attached."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pulumi import automation

from provisioner.engine import engine_install
from provisioner.engine.engine_install import Engine

Program = Callable[[], None]


@dataclass
class Seen:
    """What the engine said that it does: `create vpc`, one line for each resource that does not stay as it is."""

    changes: list[str] = field(default_factory=list)

    def __call__(self, event: automation.EngineEvent) -> None:
        if event.resource_pre_event:
            step = event.resource_pre_event.metadata
            if step.op.value not in {"same", "read", "refresh"} and not step.type.startswith("pulumi:"):
                self.changes.append(f"{step.op.value} {step.urn.rsplit('::', 1)[-1]}")


class Stack:
    """One program's stack, in a folder of its own."""

    def __init__(self, folder: Path, provider: str, program: Program) -> None:
        options = automation.LocalWorkspaceOptions(
            work_dir=str(folder),
            pulumi_home=str(folder / "home"),
            pulumi_command=automation.PulumiCommand(str(engine().path.parents[1])),
            env_vars={
                "PULUMI_BACKEND_URL": f"file://{folder}",
                "PULUMI_CONFIG_PASSPHRASE": "test",
                "PULUMI_DEBUG_PROVIDERS": f"aws:{provider.rpartition(':')[2]}",
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
                "PULUMI_SKIP_UPDATE_CHECK": "true",
            },
        )
        self._stack = automation.create_or_select_stack("contract", "aws", program, opts=options)

    def up(self, program: Program | None = None) -> list[str]:
        seen = Seen()
        self._stack.up(program=program, on_event=seen)
        return sorted(seen.changes)

    def preview(self, program: Program | None = None) -> list[str]:
        seen = Seen()
        self._stack.preview(program=program, on_event=seen)
        return sorted(seen.changes)

    def drift(self) -> list[str]:
        """What a look at the world finds changed, and nothing is recorded of it."""
        seen = Drifted()
        self._stack.refresh(preview_only=True, on_event=seen)
        return sorted(seen.changes)

    def down(self) -> None:
        self._stack.destroy()


@dataclass
class Drifted(Seen):
    """`vpc: tagsAll`: one line for each property that is not as recorded; `vpc: gone` for what is not there."""

    def __call__(self, event: automation.EngineEvent) -> None:
        if event.res_outputs_event:
            step = event.res_outputs_event.metadata
            name = step.urn.rsplit("::", 1)[-1]
            if step.op.value == "delete":
                self.changes.append(f"{name}: gone")
            if step.op.value == "update":
                self.changes += [f"{name}: {each}" for each in step.diffs or []]


def engine() -> Engine:
    found = engine_install.find(os.environ)
    assert found, "the engine is not there: `make engine` installs it"
    return found
