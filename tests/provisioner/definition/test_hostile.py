"""Files that were made to hurt: each is refused with a place, early and in little memory, in a process with limits."""

import resource
import subprocess
import sys

import pytest

from provisioner.definition.document import MOST_FINDINGS
from provisioner.definition.source import MOST_BYTES

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(12)
)
HOSTILE: dict[str, bytes] = {
    "alias bomb": BOMB.encode(),
    "deep list": b"[" * 20_000,
    "deep map": b"{a: " * 5_000,
    "deep blocks": b"".join(b" " * i + b"a:\n" for i in range(2_000)),
    "duplicate keys": b"a: 1\n" * (MOST_BYTES // 5),
    "duplicate keys in braces": b"a: {" + b"a," * (MOST_BYTES // 2 - 4) + b"}",
    "tab": b"a:\n\tb: 1\n",
    "latin-1": "name: Ålesund\n".encode("latin-1"),
    "utf-16": ("a: b\n" * 1_000).encode("utf-16"),
    "cycle": b"a: &a [1, *a]\n",
    "python tag": b"!!python/object/apply:os.system ['id']\n",
    "second document": b"a: 1\n---\na: 2\n",
    "50 MB string": b"a: '" + b"x" * 50_000_000 + b"'\n",
    "4 MiB string": b"a: '" + b"x" * (MOST_BYTES - 10) + b"'\n",
    "empty": b"",
    "scalar": b"just a word\n",
    "list as key": b"? [a, b]\n: 1\n",
    "broken": b"a: [1, 2\nb: }\n",
    "two million values": b"a: [" + b"a," * (MOST_BYTES // 2 - 4) + b"]",
    "a million lists": b"a: [" + b"[]," * (MOST_BYTES // 3 - 4) + b"]",
    "a million anchors": b"a: [" + b"&a a," * (MOST_BYTES // 5 - 4) + b"]",
    "a million substitutions": b"a: [" + b'"${",' * (MOST_BYTES // 5 - 4) + b"]",
    "a million unknown keys": b"".join(b"k%d: 1\n" % i for i in range(150_000)),
    "nothing but zeros": b"\0" * MOST_BYTES,
    "nothing but tabs": b"\t\n" * (MOST_BYTES // 2),
    "nothing but braces": b"{" * MOST_BYTES,
    "nothing but questions": b"? " * (MOST_BYTES // 2),
}
READER = """
import re, sys
from provisioner.definition.document import parse
from provisioner.definition.reader import read
from provisioner.report import text
document = parse("hostile", sys.stdin.buffer.read(4 * 1024 * 1024 + 1))
network, found = read(document)
assert network is None
# The peak of this program alone: getrusage counts the process that it was forked from too.
print(len(document.findings) + len(found), re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
print(text(document, (*document.findings, *found)))
"""


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (20, 20))  # a hang, on however slow a machine
    resource.setrlimit(resource.RLIMIT_DATA, (400 << 20, 400 << 20))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_a_place_in_little_memory(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READER], input=HOSTILE[name], capture_output=True, check=False, preexec_fn=limited
    )
    assert done.returncode == 0, done.stderr.decode()[-500:]
    head, _, words = done.stdout.decode().partition("\n")
    count, peak_kib = map(int, head.split())
    assert 0 < count <= 2 * MOST_FINDINGS + 10
    assert peak_kib < 200 * 1024
    assert words.startswith(("hostile:1:", "hostile:2:"))
    assert len(words) < 1_000_000
