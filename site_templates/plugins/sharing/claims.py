"""Who claims a study gets its images, without asking for them: the worklist's home looks at what is claimed.

To ask for a study again does no harm, so nothing of this is kept on the disk: only what the receiver lacks is sent.
"""

import json
from collections.abc import Callable

from sharing.errors import Unreachable
from sharing.exchange import trouble
from sharing.settings import Settings
from sharing.transport import Door

ENTRIES = "/netprov/worklist/entries?00741000=IN%20PROGRESS&limit=1000"
Claim = tuple[str, str, str]
"""Study Instance UID, the site that acquired it, the site that has claimed it."""


class Claims:
    """Followed at the home of the worklist, for one network."""

    def __init__(self, send: Callable[[str, str], object]) -> None:
        self._send = send
        self._served: set[Claim] = set()

    def follow(self, settings: Settings, itself: Door, to: Callable[[Settings, str], Door]) -> None:
        """See to claims that are new; `itself` is the worklist's door. Raises Unreachable, Refused."""
        status, said = itself.request("GET", ENTRIES)
        if status != 200:
            raise trouble(itself, status, said, "does not say what is claimed")
        claimed = {(e["study_uid"], e["site"], e["holder"]) for e in json.loads(said)["entries"] if e["holder"]}
        self._served &= claimed
        for claim in sorted(claimed - self._served):
            self._serve(claim, settings, to)
            self._served.add(claim)

    def _serve(self, claim: Claim, settings: Settings, to: Callable[[Settings, str], Door]) -> None:
        """By the hub, which holds it, or by the site that acquired it."""
        study, site, holder = claim
        keeper = settings.node if settings.hub else site
        if holder in (keeper, site):
            return
        if keeper == settings.node:
            self._send(study, holder)
            return
        door, order = to(settings, keeper), json.dumps({"study": study, "to": holder}).encode()
        status, said = door.request("POST", "/netprov/sharing/send", order, "application/json")
        if status != 200:
            raise Unreachable(str(trouble(door, status, said, f"does not send a study to {holder}")))
