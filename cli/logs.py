"""`logs`: what a node, or its TLS front, has written."""

import sys
import time
from collections import deque
from pathlib import Path

import click

from cli.loading import node_folder
from cli.options import NodeName, node_network_option
from cli.session import Session, Usage
from cli.terminal import say
from provisioner.errors import Exit

HARMLESS = {code: None for code in range(32) if chr(code) not in "\n\t"} | {127: None}
"""What a log takes from a caller must not steer the reader's terminal."""
LOOK_AGAIN_SECONDS = 0.25


@click.command(epilog="Example: netprov logs RXA01 --follow")
@click.argument("node", type=NodeName())
@node_network_option
@click.option("--front", is_flag=True, help="The TLS front's log instead.")
@click.option("--lines", "-n", type=click.IntRange(0), default=100, show_default=True, help="How many lines.")
@click.option("--follow", "-f", is_flag=True, help="Go on as the log grows, until Ctrl-C.")
@click.pass_obj
def logs(session: Session, *, node: str, network: str, front: bool, lines: int, follow: bool) -> int:
    """Show the log of a node."""
    folder = node_folder(node.upper(), network, session)
    path = folder.front_log if front else folder.orthanc_log
    if not path.is_file():
        raise Usage(f"{node.upper()} has written no log: {path} is not there", "netprov status")
    position = _show_end(path, lines)
    if follow:
        _follow(path, position)
    return Exit.DONE


def _show_end(path: Path, lines: int) -> int:
    """Print the last lines; the position after them."""
    with path.open("rb") as file:
        last = deque(file, maxlen=lines)
        if last:
            say(_readable(b"".join(last)))
        return file.tell()


def _readable(data: bytes) -> str:
    return data.decode("utf-8", "replace").translate(HARMLESS)


def _follow(path: Path, position: int) -> None:
    """Print what is added until Ctrl-C, which is no failure here; a new file is read from its start."""
    try:
        while True:
            size = path.stat().st_size if path.exists() else 0
            position = 0 if size < position else position
            if size > position:
                with path.open("rb") as file:
                    file.seek(position)
                    # Not say(): a reader that has left is what ends this loop.
                    sys.stdout.write(_readable(file.read(size - position)))
                    sys.stdout.flush()
                position = size
            time.sleep(LOOK_AGAIN_SECONDS)
    except KeyboardInterrupt:
        return
