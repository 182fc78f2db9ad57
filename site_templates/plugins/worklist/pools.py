"""Who may see and who may claim: the pools of sharing.json.

A pool names what it takes (modalities, body parts, priorities, acquiring members; an empty list means any) and the
sites that report it (an empty list: all). What no pool takes, every site may report: nothing is left unreported for
want of a pool.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from worklist.request import OPERATOR
from worklist.store import Entry

Settings = Mapping[str, Any]
PROVING = "netprov^verify"
"""The patient of `netprov verify`, as a name is kept for matching."""
PROVED = f"patient_name = '{PROVING}'"
_REAL = f"+patient_name <> '{PROVING}'"
PRIORITIES = {"STAT": "HIGH", "ROUTINE": "MEDIUM"}


def may_report(settings: Settings, site: str, entry: Entry) -> bool:
    if site not in settings["sites"]:
        return False
    taking = taken_by(settings, entry)
    return not taking or any(not pool["sites"] or site in pool["sites"] for pool in taking)


def taken_by(settings: Settings, entry: Entry) -> list[Mapping[str, Any]]:
    """The pools that it falls into."""
    row = entry.row
    facts = (entry.modalities, row["body_part"], row["priority"], row["member"])
    return [pool for pool in settings["pools"] if takes(pool, *facts)]


def may_see(settings: Settings, site: str, entry: Entry) -> bool:
    """Who acquired it, who holds it, and who may report it."""
    if site == OPERATOR:
        return True
    own = entry.row["site"] == site or entry.row["member"] == member_of(settings, site)
    return own or entry.row["holder"] == site or may_report(settings, site, entry)


def member_of(settings: Settings, site: str) -> str:
    return str(settings["sites"].get(site, {}).get("member", ""))


def name_of(settings: Settings, site: str) -> str:
    return str(settings["sites"].get(site, {}).get("name", ""))


def reporters(settings: Settings, entry: Entry) -> list[str]:
    return [site for site in settings["sites"] if may_report(settings, site, entry)]


def scope(settings: Settings, site: str) -> tuple[str, list[str]]:
    """may_see as SQL, without what verification puts there for a moment: nobody is to read that."""
    sql, given = seen(settings, site)
    return f"{_REAL} AND ({sql})", given


def seen(settings: Settings, site: str) -> tuple[str, list[str]]:
    """may_see as SQL."""
    if site == OPERATOR:
        return "1", []
    if site not in settings["sites"]:
        return "0", []
    own, given = "site = ? OR holder = ? OR member = ?", [site, site, member_of(settings, site)]
    all_pools = [taken_by_sql(pool) for pool in settings["pools"]]
    if not all_pools:
        return "1", []
    mine = [taken_by_sql(pool) for pool in settings["pools"] if not pool["sites"] or site in pool["sites"]]
    parts = [own, *(f"({sql})" for sql, _ in mine), f"NOT ({' OR '.join(f'({sql})' for sql, _ in all_pools)})"]
    for _, found in (*mine, *all_pools):
        given += found
    return " OR ".join(parts), given


def takes(pool: Mapping[str, Any], modalities: Sequence[str], body_part: str, priority: str, member: str) -> bool:
    return all(
        not (wanted := _wanted(pool, name)) or any(value in wanted for value in found)
        for name, found in (
            ("modalities", modalities),
            ("body_parts", (body_part,)),
            ("priorities", (priority,)),
            ("members", (member,)),
        )
    )


def taken_by_sql(pool: Mapping[str, Any]) -> tuple[str, list[str]]:
    """What one pool takes, as SQL."""
    parts, given = list[str](), list[str]()
    if pool.get("modalities"):
        parts.append("(" + " OR ".join(["instr(modalities, ?) > 0"] * len(pool["modalities"])) + ")")
        given += [f"\\{modality}\\" for modality in pool["modalities"]]
    for name, column in (("body_parts", "body_part"), ("priorities", "priority"), ("members", "member")):
        wanted = _wanted(pool, name)
        if wanted:
            parts.append(f"{column} IN ({', '.join('?' * len(wanted))})")
            given += wanted
    return " AND ".join(parts) or "1", given


def _wanted(pool: Mapping[str, Any], name: str) -> Sequence[str]:
    """A definition knows STAT too; a workitem has three priorities (PS3.3 C.30.1)."""
    found: Sequence[str] = pool.get(name) or ()
    return [PRIORITIES.get(each.upper(), each.upper()) for each in found] if name == "priorities" else found
