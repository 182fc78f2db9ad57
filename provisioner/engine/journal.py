"""What one run of the engine asked for, and how each step of it ended."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from provisioner.engine.plan import Action, Drift, Event, Kind, State, Step
from provisioner.errors import NetprovError


class Journal:
    """What the engine asked for in this run, in order: for progress, plans, drift and the outcome."""

    def __init__(self, listen: Callable[[Event], None]) -> None:
        self.steps: dict[tuple[Kind, str], Step] = {}
        self.events: list[Event] = []
        self.drifts: list[Drift] = []
        self._listen = listen
        self._guard = threading.Lock()

    def plan(self, step: Step) -> None:
        with self._guard:
            self.steps[step.kind, step.name] = step

    def say(self, event: Event) -> None:
        with self._guard:
            if event.state is not State.STARTED:
                self.events.append(event)
            self._listen(event)

    def drift(self, drifts: list[Drift]) -> None:
        with self._guard:
            self.drifts += [d for d in drifts if d not in self.drifts]

    @contextmanager
    def step(self, action: Action, kind: Kind, name: str) -> Iterator[None]:
        """Say that a step starts, and how it ended."""
        began = time.monotonic()
        self.say(Event(State.STARTED, action, kind, name))
        try:
            yield
        except Exception as error:
            self.say(Event(State.FAILED, action, kind, name, words(error), time.monotonic() - began))
            raise
        self.say(Event(State.DONE, action, kind, name, "", time.monotonic() - began))


def words(error: Exception) -> str:
    """An error as one sentence with its hint."""
    if isinstance(error, NetprovError):
        return f"{error.message}; try: {error.hint}" if error.hint else error.message
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror.lower()}{where}"
    return f"{type(error).__name__}: {error}"
