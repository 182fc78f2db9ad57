"""What our scripts tell in a node's log: lines of JSON, each under one word."""

import json
from typing import Any


def lines(logs: Any, group: str, stream: str, word: str, **more: Any) -> list[dict[str, Any]]:
    """What our scripts have told under one word in one stream, the oldest first; `more` limits when."""
    found: list[dict[str, Any]] = []
    token = ""
    while True:
        given = {**more, "nextToken": token} if token else more
        try:
            page = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, **given)
        except logs.exceptions.ResourceNotFoundException:
            return found
        messages = (each["message"] for each in page["events"] if each["message"].startswith("{"))
        found += [told for told in map(json.loads, messages) if told.get("netprov") == word]
        if page["nextForwardToken"] == token:
            return found
        token = page["nextForwardToken"]
