"""Where a network's state is: in its own folder, or where several people and machines reach it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from provisioner.disk import place
from provisioner.errors import Exit, NetprovError
from provisioner.home import NetworkFolder, private

URL, SECRETS = "NETPROV_BACKEND", "NETPROV_SECRETS_PROVIDER"
BUCKET, KMS = "s3", "awskms"
KINDS = (BUCKET, "gs", "azblob", "file", "https")
UNDERSTOOD = {"region", "profile"}
"""What an address may say beside the bucket or key: what the engine and netprov read alike."""


class Unfit(NetprovError):
    """The command line names a place that cannot hold a state."""

    code = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Address:
    """A bucket and what is before each name in it, or a key."""

    name: str
    prefix: str
    region: str
    profile: str


@dataclass(frozen=True, slots=True)
class Backend:
    """Where the engine writes, and what its secrets are kept under."""

    url: str = ""
    """Empty for the network's own folder."""
    secrets: str = ""
    """Empty for a passphrase in the network's own folder."""

    @property
    def in_bucket(self) -> bool:
        """Whether it is a bucket of S3: people who share it then share all that a network needs."""
        return self.url.startswith(f"{BUCKET}://")

    @property
    def bucket(self) -> Address:
        return address(self.url)

    @property
    def key(self) -> Address:
        return address(self.secrets)

    def secrets_of(self, network: str) -> str:
        """The engine's name for the secrets of one network: a key's policy can tell networks apart by it."""
        if not self.secrets.startswith(f"{KMS}://"):
            return self.secrets or "passphrase"
        return f"{self.secrets}{'&' if '?' in self.secrets else '?'}context_network={network}"

    def words(self) -> str:
        return f"{self.url}, its secrets under {self.secrets or 'a passphrase in the own folder'}"


def address(url: str) -> Address:
    """The parts of a bucket's or a key's address. Raises Unfit."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    if odd := sorted(query.keys() - UNDERSTOOD):
        raise Unfit(
            f"{url}: netprov does not know `{odd[0]}`",
            "region and profile may stand there; where AWS is, AWS_ENDPOINT_URL says",
        )
    path = parts.path.strip("/")
    whole = f"{parts.netloc}/{path}".strip("/")
    name, prefix = (whole, "") if parts.scheme == KMS else (parts.netloc, f"{path}/" if path else "")
    if not name:
        raise Unfit(f"{url} names nothing", "as in s3://bucket/prefix?region=eu-west-2, awskms://alias/name")
    return Address(name, prefix, query.get("region", ""), query.get("profile", ""))


def with_region(url: str, region: str) -> str:
    """The address, saying its region."""
    parts = urlsplit(url)
    query = {**dict(parse_qsl(parts.query)), "region": region}
    return parts._replace(query=urlencode(query)).geturl()


def chosen(environ: Mapping[str, str]) -> Backend:
    """What the options or variables ask for. Raises Unfit."""
    found = Backend(environ.get(URL, ""), environ.get(SECRETS, ""))
    if not found.url:
        if found.secrets:
            raise Unfit(f"{found.secrets} is a key, and no backend is named that it is for", "give --backend too")
        return found
    kind = found.url.partition("://")[0]
    if "://" not in found.url or kind not in KINDS:
        raise Unfit(f"{found.url} is no place for a state", f"one of {', '.join(f'{each}://' for each in KINDS)}")
    if found.in_bucket:
        address(found.url)
        if not found.secrets.startswith(f"{KMS}://"):
            raise Unfit(
                "what is secret of a state in S3 is kept under a KMS key, and none is named",
                "--secrets-provider awskms://alias/NAME?region=REGION (netprov state init makes one)",
            )
        address(found.secrets)
    return found


def noted(folder: NetworkFolder) -> Backend:
    """Where the state of this network is, as it was noted when it was first used here."""
    try:
        return Backend(**json.loads(folder.backend.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Backend()
    except (ValueError, TypeError) as error:
        raise NetprovError(
            f"the note of where the state of {folder.id} is cannot be read: {folder.backend}",
            "delete that file, and say --backend and --secrets-provider again",
        ) from error


def settle(folder: NetworkFolder, wanted: Backend) -> Backend:
    """Note where the state is; what was noted and used stands, whatever is asked for later. Raises Unfit."""
    there = noted(folder)
    if not wanted.url or wanted == there:
        return there
    if folder.registry.exists() or folder.safe.exists():
        where = there.words() if there.url else f"its own folder, {folder.root}"
        raise Unfit(
            f"the state of {folder.id} is in {where}, and not in {wanted.words()}",
            f"leave --backend and {URL} out, or take {folder.id} down first",
        )
    private(folder.root)
    place(folder.backend, json.dumps(asdict(wanted)))
    return wanted
