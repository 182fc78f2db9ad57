"""The network's CA and its certificates, on disk: made, renewed, rotated by overlap, and never in the state.

Orthanc and nginx read certificates when they start, so a certificate is named by its edition
(authority, trusted authorities, serial): a node whose running processes were started with another edition is
restarted by the node's own resource, one node at a time.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from provisioner.credentials import OPERATOR, Keys, forget_keys, load_keys
from provisioner.disk import place
from provisioner.engine.plan import Kind
from provisioner.engine.resource import Difference, Inputs
from provisioner.home import NetworkFolder
from stacks.local.account import give
from stacks.local.ground import Ground, claim

RENEW_BEFORE = timedelta(days=30)
"""How long before its end a node's certificate is renewed."""
LEAF_DAYS = 90
ROTATE_BEFORE = timedelta(days=LEAF_DAYS + 30)
"""How long before its end an authority is replaced: no certificate may outlive the one that signed it."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Which authority signs, and which ones are trusted. A rotation passes through three of them."""

    issuing: int
    trusted: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """What a set of certificates was made of."""

    issuing: int
    trusted: tuple[int, ...]
    serial: int
    scanners: tuple[str, ...]
    not_after: str

    @property
    def words(self) -> str:
        return f"{self.issuing}/{'+'.join(map(str, self.trusted))}/{self.serial}"


def stages(folder: NetworkFolder, now: datetime, rotate: bool) -> tuple[Stage, ...]:
    """The stages that this run has to pass through, the last one being where it ends.

    An interrupted rotation is taken up where it stopped. Trust in the new authority reaches every node before any
    certificate of it is used, and trust in the old one is dropped when none of its certificates is left.
    """
    at = current_stage(folder)
    if len(at.trusted) == 1:
        if not rotate and not _old(folder, at.issuing, now):
            return (at,)
        at = Stage(at.issuing, (at.issuing, at.issuing + 1))
    new = at.trusted[-1]
    path = (Stage(at.trusted[0], at.trusted), Stage(new, at.trusted), Stage(new, (new,)))
    return path[1:] if at.issuing == new else path


def _old(folder: NetworkFolder, generation: int, now: datetime) -> bool:
    """Whether an authority is near its end: noted beside it, since the library that reads it is slow to load."""
    note = folder.secrets / f"ca/{generation}/not_after"
    try:
        end = datetime.fromisoformat(note.read_text(encoding="ascii"))
    except (OSError, ValueError):
        from provisioner import pki

        end = pki.ensure_authority(folder.secrets / "ca", folder.id, generation, now).not_after
        place(note, end.isoformat())
    return end - now <= ROTATE_BEFORE


def current_stage(folder: NetworkFolder) -> Stage:
    """The stage that the last run reached."""
    try:
        noted = json.loads((folder.secrets / "ca/stage.json").read_text(encoding="utf-8"))
        return Stage(int(noted["issuing"]), tuple(int(g) for g in noted["trusted"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Stage(1, (1,))


def enter_stage(folder: NetworkFolder, stage: Stage) -> None:
    """Note the stage before anything of it is done, so that a killed run is taken up there."""
    place(folder.secrets / "ca/stage.json", json.dumps(asdict(stage)))


def keys_of(folder: NetworkFolder, stage: Stage | None = None) -> Keys:
    """What passwords derive from in this stage, by default the one that the last run reached: its generations are the
    authority's."""
    at = stage or current_stage(folder)
    return load_keys(folder.secrets, at.issuing, at.trusted)


def leave_stage(folder: NetworkFolder, stage: Stage) -> None:
    """After all of it was done: what no node takes any more is forgotten."""
    forget_keys(folder.secrets, stage.trusted)


def read_edition(folder: Path) -> Edition | None:
    """What the certificates in a folder were made of; None if there are none, or not all of them."""
    try:
        noted = json.loads((folder / "edition.json").read_text(encoding="utf-8"))
        return Edition(
            int(noted["issuing"]),
            tuple(int(g) for g in noted["trusted"]),
            int(noted["serial"]),
            tuple(str(s) for s in noted["scanners"]),
            str(noted["not_after"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def wanted(folder: Path, stage: Stage, scanners: tuple[str, ...], now: datetime, renew: bool) -> dict[str, str | int]:
    """The inputs of a certificate: the edition that is there, or the next one if that is due."""
    there = read_edition(folder)
    serial = there.serial if there else 1
    if there and (
        renew
        or (there.issuing, there.trusted, there.scanners) != (stage.issuing, stage.trusted, scanners)
        or datetime.fromisoformat(there.not_after) - now < RENEW_BEFORE
    ):
        serial += 1
    return {
        "issuing": stage.issuing,
        "trusted": "+".join(map(str, stage.trusted)),
        "serial": serial,
        "scanners": " ".join(scanners),
    }


def edition_words(inputs: Inputs) -> str:
    """The edition that inputs ask for, as the node's inputs name it."""
    return f"{inputs['issuing']}/{inputs['trusted']}/{inputs['serial']}"


class AuthorityResource:
    """The network's CA. Its inputs say which generations there are; its keys stay in secrets/ca."""

    kind = Kind.AUTHORITY

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def diff(self, name: str, old: Inputs, new: Inputs) -> Difference:
        if old == new:
            return Difference()
        why = "the network's certificate authority is being replaced" if old else "vouches for each node of the network"
        return Difference(("trusted",), why)

    def create(self, name: str, inputs: Inputs) -> None:
        from provisioner import pki

        for generation in str(inputs["trusted"]).split("+"):
            pki.ensure_authority(
                self._ground.folder.secrets / "ca", self._ground.topology.id, int(generation), self._ground.now
            )

    def read(self, name: str, inputs: Inputs) -> Inputs | None:
        folder = self._ground.folder.secrets / "ca"
        there = [g for g in str(inputs["trusted"]).split("+") if (folder / g / "ca.crt").exists()]
        return {**inputs, "trusted": "+".join(there)} if there else None

    def update(self, name: str, old: Inputs, new: Inputs) -> None:
        self.create(name, new)

    def delete(self, name: str, inputs: Inputs) -> None:
        """Left to the removal of the network's folder: while a node lives, its trust must be there."""


class CertificateResource:
    """The certificates of one node and its scanners, or of the operator."""

    kind = Kind.CERTIFICATE

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def diff(self, name: str, old: Inputs, new: Inputs) -> Difference:
        changed = tuple(sorted(key for key in new if old.get(key) != new[key]))
        if not old:
            return Difference((), "for netprov and whoever operates the network" if name == OPERATOR else "")
        if not changed:
            there = read_edition(self._folder(name))
            missing = there is None or there.words != edition_words(new)
            return Difference(("serial",), "its certificate files are missing") if missing else Difference()
        if "issuing" in changed or "trusted" in changed:
            return Difference(changed, "the certificate authority is being replaced")
        return Difference(changed, "its scanners changed" if changed == ("scanners", "serial") else "renewed in time")

    def create(self, name: str, inputs: Inputs) -> None:
        folder = self._folder(name)
        there = read_edition(folder)
        if there and there.words == edition_words(inputs):
            return
        self._issue(name, folder, inputs)

    def read(self, name: str, inputs: Inputs) -> Inputs | None:
        folder = self._folder(name)
        there = read_edition(folder)
        whole = all((folder / f"{self._stem(name)}.{kind}").exists() for kind in ("crt", "key"))
        if there is None or not whole:
            return None
        return {
            "issuing": there.issuing,
            "trusted": "+".join(map(str, there.trusted)),
            "serial": there.serial,
            "scanners": " ".join(there.scanners),
        }

    def update(self, name: str, old: Inputs, new: Inputs) -> None:
        self.create(name, new)

    def delete(self, name: str, inputs: Inputs) -> None:
        """The files go with the node's folder; until then its processes need them."""

    def _folder(self, name: str) -> Path:
        folder = self._ground.folder
        return folder.clients if name == OPERATOR else folder.node(name).root / "tls"

    def _stem(self, name: str) -> str:
        return OPERATOR if name == OPERATOR else "node"

    def _issue(self, name: str, folder: Path, inputs: Inputs) -> None:
        from provisioner import pki

        ground = self._ground
        account = None if name == OPERATOR else ground.account
        if name != OPERATOR:
            claim(ground, name)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        authorities = [
            pki.ensure_authority(ground.folder.secrets / "ca", ground.topology.id, int(g), ground.now)
            for g in str(inputs["trusted"]).split("+")
        ]
        issuing = next(a for a in authorities if a.generation == inputs["issuing"])
        place(folder / "trust.crt", pki.trust_bundle(authorities), account)
        own = pki.issue(issuing, ground.topology.id, name, ground.now, LEAF_DAYS)
        place(folder / f"{self._stem(name)}.key", own.key_pem, account)
        place(folder / f"{self._stem(name)}.crt", own.certificate_pem, account)
        scanners = tuple(s for s in str(inputs["scanners"]).split(" ") if s)
        for aet in scanners:
            given = pki.issue(issuing, ground.topology.id, f"{name}/{aet}", ground.now, LEAF_DAYS)
            place(ground.folder.clients / f"{name}-{aet}.key", given.key_pem)
            place(ground.folder.clients / f"{name}-{aet}.crt", given.certificate_pem)
        trusted = tuple(a.generation for a in authorities)
        edition = Edition(issuing.generation, trusted, int(str(inputs["serial"])), scanners, own.not_after.isoformat())
        place(folder / "edition.json", json.dumps(asdict(edition)), account)
        if account:
            give(folder, account)
