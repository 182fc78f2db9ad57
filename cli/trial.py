"""`check --test`: the examples on the pages of a pack's rules, run before anybody is judged by them."""

from collections.abc import Iterator

from cli.packs import own_pack_of
from cli.session import Usage
from cli.terminal import counted, say
from policies.packs import Pack
from policies.pages import Reading, complaints, snippets
from provisioner.definition.document import parse
from provisioner.definition.reader import read
from provisioner.errors import Exit


def tried(names: tuple[str, ...]) -> int:
    """Try each pack, say what is wrong with it, and refuse if anything is."""
    found = [(name, tuple(_wrong(name, _pack(name)))) for name in names]
    say("\n".join(line for _, lines in found for line in lines))
    return Exit.REFUSED if any(": error: " in line for _, lines in found for line in lines) else Exit.DONE


def _pack(name: str) -> Pack:
    pack = own_pack_of(name)
    if pack is None:
        raise Usage(
            f"there is no pack {name}", "a Python file, as ./ours.py, or the name of an installed package's pack"
        )
    return pack


def _wrong(name: str, pack: Pack) -> Iterator[str]:
    """A line for each thing that is wrong, or one that says that nothing is."""
    told = [f"{name}: error: {t.message.removeprefix(f'{name}: ')}\n   try: {t.hint}" for t in pack.troubles]
    told += [f"{name}: error: {complaint}" for rule in pack.rules for complaint in complaints(rule, read_snippet)]
    if told:
        yield from told
        return
    examples = sum(len(snippets(rule, label)) for rule in pack.rules for label in ("PASS", "FAIL"))
    rules = f"{counted(len(pack.rules), 'rule')}, {counted(examples, 'example')}"
    yield f"{name}: {rules}: every page says what its rule does"


def read_snippet(text: str) -> Reading:
    """A snippet as netprov reads it."""
    document = parse("snippet", text.encode())
    return Reading(read(document)[0], document.value, lambda path, at_key: document.where(path, at_key).line)
