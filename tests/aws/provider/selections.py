"""What AWS Backup's plans select: moto knows no selections, so the shelf's are listed by its own server."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto.backup.responses import BackupResponse

from tests.aws.provider.shelf import Shelf


@contextmanager
def selections_listed(shelf: Shelf) -> Iterator[None]:
    """Whoever asks moto for a plan's selections is told of those that the provider has made."""

    def listed(response: Any) -> str:
        plan = str(response.uri).rstrip("/").split("/")[-2]
        found = [
            {"SelectionId": key, "SelectionName": item["BackupSelection"]["SelectionName"], "BackupPlanId": plan}
            for (account, kind, key), item in shelf.items.items()
            if (account, kind, item.get("BackupPlanId")) == (response.current_account, "selection", plan)
        ]
        return json.dumps({"BackupSelectionsList": found})

    with pytest.MonkeyPatch.context() as patch:  # one cloud may run beside another
        patch.setattr(BackupResponse, "list_backup_selections", listed, raising=False)
        yield
