"""The network's single shared worklist, at its home node: DICOM's Unified Procedure Steps over DICOMweb.

    Request -> ups, service -> claims, subscriptions -> store, audit      C-FIND -> modality_worklist -> store

- `attributes` is the standard's table of a workitem's attributes; `workitem` says what may be in one, and when.
- `matching` reads search keys, `columns` makes SQL of those that the store has columns for.
- `book` is store, audit log and settings together: nothing is done to a workitem but by Book.act.
- `claims` and `pools`: who may report what, one at a time; `kept`: reports of who did not hold it.
- `transfers` and `courier`: whose images go where.
- `channel` and `frames`: events over WebSockets, which the front passes to a socket of its own.
- `plugin` alone speaks to Orthanc; all else is plain functions, tested without it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def start(orthanc: Any, folder: str, settings: Callable[[], Mapping[str, Any]], **means: Any) -> Any:
    """Called by the plugin while Orthanc loads it; `means` are those of plugin.Worklist."""
    from worklist.plugin import Worklist

    return Worklist(orthanc, Path(folder), settings, **means)
