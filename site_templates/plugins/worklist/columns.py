"""What of a workitem is a column of its own, so that it is found without reading every dataset."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from worklist.dicomjson import Dataset, first, moment, text, values
from worklist.matching import Key, bounds, folded, listed
from worklist.workitem import PRIORITIES


@dataclass(frozen=True, slots=True)
class Column:
    """A column, how its value is taken from a dataset, and the keys that it answers."""

    name: str
    take: Callable[[Dataset], Any]
    paths: tuple[str, ...] = ()
    kind: str = "text"


def _of(*paths: str) -> Callable[[Dataset], str]:
    split = [tuple(path.split(".")) for path in paths]
    return lambda item: next((found for path in split if (found := _first(item, path))), "")


def _first(item: Dataset, path: tuple[str, ...]) -> str:
    return text(item, path[0]) if len(path) == 1 else first(item, *path)


def _column(name: str, *paths: str, kind: str = "text") -> Column:
    return Column(name, _of(*paths), paths, kind)


def _modalities(item: Dataset) -> str:
    found = [str(value) for tag in ("00080061", "00080060") for value in values(item, tag)]
    return "\\" + "".join(f"{modality}\\" for modality in dict.fromkeys(found))


def rank(item: Dataset) -> int:
    priority = text(item, "00741200")
    return PRIORITIES.index(priority) if priority in PRIORITIES else len(PRIORITIES)


COLUMNS = (
    _column("uid", "00080018", kind="uid"),
    _column("state", "00741000"),
    _column("priority", "00741200"),
    Column("rank", rank),
    Column("due", lambda item: moment(text(item, "00404011")), ("00404011",), "time"),
    Column("start", lambda item: moment(text(item, "00404005")), ("00404005",), "time"),
    _column("readiness", "00404041"),
    _column("label", "00741202"),
    _column("step_label", "00741204"),
    _column("station", "00404025.00080100"),
    _column("location", "00404027.00080100"),
    _column("code", "00404018.00080100"),
    Column("patient_name", lambda item: folded(text(item, "00100010")), ("00100010",), "name"),
    _column("patient_id", "00100020"),
    _column("patient_issuer", "00100021"),
    Column("birth_date", lambda item: text(item, "00100030"), ("00100030",), "date"),
    _column("accession", "00080050", "0040A370.00080050"),
    _column("study_uid", "0020000D", "0040A370.0020000D", "00404021.0020000D", kind="uid"),
    Column("modalities", _modalities, ("00080060", "00080061"), "list"),
    _column("body_part", "00180015"),
)
_ANSWERS = {path: column for column in COLUMNS for path in column.paths}


def columns_of(item: Dataset) -> dict[str, Any]:
    return {column.name: column.take(item) for column in COLUMNS}


@dataclass(frozen=True, slots=True)
class Where:
    """Keys as SQL, and those that only the dataset itself can answer."""

    sql: str
    values: tuple[Any, ...]
    rest: tuple[Key, ...]


def where(keys: Iterable[Key]) -> Where:
    """Raises Unreadable."""
    parts, given, rest = list[str](), list[Any](), list[Key]()
    for key in keys:
        column = _ANSWERS.get(".".join(key.path))
        if not key.value.strip():
            continue
        if column is None:
            if key.vr in ("DA", "DT", "TM"):
                bounds(key.value, key.vr)
            rest.append(key)
            continue
        sql, found = _condition(column, key)
        parts.append(sql)
        given += found
    return Where(" AND ".join(parts) or "1", tuple(given), tuple(rest))


def _condition(column: Column, key: Key) -> tuple[str, list[str]]:
    value = key.value.strip()
    if column.kind == "uid":
        found = listed(value)
        return f"{column.name} IN ({', '.join('?' * len(found))})", list(found)
    if column.kind in ("time", "date"):
        low, high = bounds(value, "DT" if column.kind == "time" else "DA")
        if column.kind == "date":
            low, high = low[:8], high[:8]
        return f"{column.name} BETWEEN ? AND ? AND {column.name} <> ''", [low, high]
    if column.kind == "list":
        return f"{column.name} GLOB ?", [f"*\\{_glob(value)}\\*"]
    if column.kind == "name":
        value = folded(value)
    if "*" in value or "?" in value:
        return f"{column.name} GLOB ?", [_glob(value)]
    return f"{column.name} = ?", [value]


def _glob(value: str) -> str:
    return value.replace("[", "[[]")
