"""What is counted of the worklist, and for whom."""

from typing import Any

import pytest
from sharing.figures import exposition
from worklist import counting
from worklist.request import Caller, Refused

HEADS = {"name": "heads", "sites": ["RXC01"], "modalities": ["MR"]}
GENERAL = {"name": "general", "sites": ["RXB01"], "modalities": []}


def told(desk: Any, site: str = "operator") -> set[str]:
    return set(exposition(counting.figures(desk.book, Caller(site))).splitlines())


def test_by_state_site_and_pool(desk: Any) -> None:
    desk.settings["pools"] = [HEADS, GENERAL]
    desk.create(1)
    desk.create(2, t00404011={"vr": "DT", "Value": ["20200101000000"]})
    magnetic = {"vr": "CS", "Value": ["MR"]}
    desk.create(3, t00080060=magnetic, t00080061=magnetic)
    desk.claim("2.25.1", "RXB01")
    assert {
        'netprov_worklist_entries{site="RXA01",state="SCHEDULED"} 2',
        'netprov_worklist_entries{site="RXA01",state="IN PROGRESS"} 1',
        'netprov_worklist_overdue{site="RXA01"} 1',
        'netprov_worklist_pool_entries{pool="heads",state="SCHEDULED"} 1',
        'netprov_worklist_pool_entries{pool="general",state="IN PROGRESS"} 1',
        'netprov_worklist_pool_overdue{pool="general"} 1',
        'netprov_worklist_pool_overdue{pool="heads"} 0',
        'netprov_worklist_transfers{state="asked"} 1',
    } <= told(desk)
    assert 'netprov_worklist_entries{site="RXA01",state="SCHEDULED"} 1' in told(desk, "RXC01"), "what it may see"
    with pytest.raises(Refused):
        told(desk, "RXZ99")
