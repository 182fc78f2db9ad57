"""Packs of the user's own: a Python file beside the definition, or an installed package. Both are code that is run.

Only a definition that names one gets here. Whatever goes wrong becomes a trouble of that pack, which is an error: a
pack that cannot be asked has not been passed.
"""

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import ModuleType

from policies import RULES
from policies.own import last_line, own_pack
from policies.packs import PACKS, SYNTHETIC, Pack, Trouble

GROUP = "netprov.packs"
"""The entry points by which an installed package offers packs."""
ATTRIBUTE = "PACK"
VARIABLE, REFUSE = "NETPROV_OWN_PACKS", "refuse"
MOST_BYTES = 1 << 20
BUILT_IN = frozenset(pack.name for pack in (*PACKS, SYNTHETIC))


def own_packs(names: Iterable[str], beside: str, environ: Mapping[str, str]) -> Iterator[Pack]:
    """The packs that are no part of netprov; a name that no package offers is left to be told as unknown.

    Who checks strangers' definitions can forbid all of them: to name one is an error then.
    """
    refused = environ.get(VARIABLE, "") == REFUSE
    for name in dict.fromkeys(names):
        if name in BUILT_IN:
            continue
        message, hint = (
            f"the pack {name} is not loaded, as {VARIABLE}={REFUSE}",
            "a pack is code: read it, then allow it",
        )
        pack = unusable(name, message, hint) if refused else own_pack_of(name, beside)
        if pack is not None:
            yield pack


def own_pack_of(name: str, beside: str = "") -> Pack | None:
    """The pack in a file, or of an installed package; None where no package offers it."""
    return of_file(name, os.path.join(beside, name)) if _is_file(name) else _installed(name)  # noqa: PTH118


def _is_file(name: str) -> bool:
    return name.endswith(".py") or "/" in name


@cache
def of_file(name: str, path: str) -> Pack:
    """The pack in that file, under the name that the definition has for it."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as in examining
            source = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        return unusable(name, f"the pack {name} cannot be read: {reason}", "a path from the definition's own folder")
    if len(source) > MOST_BYTES:
        return unusable(name, f"the pack {name} is larger than 1 MiB", "a pack is a few rules")
    module = ModuleType(f"netprov_pack_{abs(hash(path))}")
    try:
        # Compiled here: importing it would leave a __pycache__ beside the definition.
        run = compile(source, name, "exec", dont_inherit=True)
        with contextlib.redirect_stdout(sys.stderr):
            exec(run, module.__dict__)  # noqa: S102 - a pack is code; docs/own-rules.md says so
    except (SyntaxError, ValueError) as error:
        where = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        return unusable(name, f"the pack {name} is no Python: {reason}{where}", "mend the file")
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a pack may raise anything
        return _raised(name, error)
    return _made(getattr(module, ATTRIBUTE, None), name)


def _installed(name: str) -> Pack | None:
    """The pack that an installed package offers under that name."""
    from importlib.metadata import entry_points  # only a definition that names a stranger pays for it

    offered = list(entry_points(group=GROUP, name=name))
    if not offered:
        return None
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return _made(offered[0].load(), name)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - as above
        return _raised(name, error)


def _made(made: object, name: str) -> Pack:
    if not isinstance(made, Pack):
        found = "none" if made is None else type(made).__name__
        return unusable(name, f"expected {ATTRIBUTE} = Pack(...) in {name}, found {found}", "see docs/own-rules.md")
    try:
        return own_pack(made, name, RULES)
    except Exception as error:  # noqa: BLE001 - a Pack may hold anything
        return _raised(name, error)


def _raised(name: str, error: BaseException) -> Pack:
    line, words = last_line(error.__traceback__, name), " ".join(str(error).split())[:200]
    told = f"{type(error).__name__}{f': {words}' if words else ''}{f', line {line}' if line else ''}"
    return unusable(name, f"the pack {name} cannot be loaded: {told}", "mend it; `netprov check --test` tries it alone")


def unusable(name: str, message: str, hint: str) -> Pack:
    """A pack of which nothing could be had."""
    return Pack(name, "", "", {}, troubles=(Trouble(message, hint),))
