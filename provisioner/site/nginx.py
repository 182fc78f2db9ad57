"""nginx's files from their templates: no text from a definition can become syntax there."""

import re
from functools import cache
from typing import TYPE_CHECKING

from provisioner.errors import NetprovError
from site_templates import text as template

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment


def rendered(name: str, **values: object) -> str:
    """One of nginx's files. Raises NetprovError for a value that would be more than a word there."""
    return _environment().get_template(name).render(values)


@cache
def _environment() -> "SandboxedEnvironment":
    """One for all nodes: it keeps what it has compiled."""
    from jinja2 import FunctionLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment(
        loader=FunctionLoader(template),
        undefined=StrictUndefined,
        finalize=_word,  # what autoescape is to HTML
        trim_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )


def _word(value: object) -> object:
    """Each value that goes into nginx's files, if it cannot end a quoted string, open a variable or a block."""
    text = str(value)
    if re.fullmatch(r"[^\x00-\x1f\x7f\"'`$\\;{}#|]*", text) is None:
        raise NetprovError(
            f"{text!r} cannot stand in nginx's configuration",
            "use a folder, as NETPROV_HOME, whose name has no quotes and none of $ \\ ; { } # |",
        )
    return value
