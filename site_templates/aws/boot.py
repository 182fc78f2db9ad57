"""Runs first in each task (Python of the Orthanc image, standard library only): puts the node's files in place.

The bundle is fetched from the node's own bucket with the task's role, must have the digest that the task definition
names, and is unpacked into the task's volume; then the secrets are put where its files only name them. What it says
goes to the log, and names no secret.
"""

import bz2
import hashlib
import hmac
import http.client
import io
import json
import os
import re
import sys
import tarfile
import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlsplit

CREDENTIALS_HOST = "http://169.254.170.2"
"""Where ECS gives a task the credentials of its role."""
TRIES, LONGEST_PAUSE, PATIENCE_SECONDS = 6, 10.0, 20.0
RESOLVERS = Path("/etc/resolv.conf")
AMAZONS = "169.254.169.253"
"""Who tells names in every VPC."""
LARGEST = 64 << 20
NAMED = re.compile(r"@netprov:([A-Za-z0-9:._-]+)@")
PLAIN = re.compile(r"[A-Za-z0-9:=+/._-]*")


class Stop(Exception):
    """Why the node cannot start, in a sentence."""


@dataclass(frozen=True)
class Request:
    """One request to a service of AWS, or to what ECS serves to a task."""

    method: str
    url: str
    service: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def answered(request: Request) -> tuple[int, bytes]:
    """Status and body. A network that is just being made may need some tries. Raises Stop."""
    parts, why = urlsplit(request.url), ""
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    for attempt in range(TRIES):
        time.sleep(min(2**attempt - 1, LONGEST_PAUSE))
        try:
            with closing(kind(parts.netloc, timeout=PATIENCE_SECONDS)) as connection:
                connection.request(request.method, parts.path, request.body or None, dict(request.headers))
                answer = connection.getresponse()
                body = answer.read(LARGEST + 1)
        except (OSError, http.client.HTTPException) as error:
            why = str(error)
            continue
        if answer.status < http.client.INTERNAL_SERVER_ERROR and len(body) <= LARGEST:
            return answer.status, body
        why = f"{answer.status} {answer.reason}"
    raise Stop(f"{parts.netloc}{parts.path}: {why}")


def fetched(request: Request) -> bytes:
    """The body of an answer that says yes. Raises Stop."""
    status, body = answered(request)
    if status != http.client.OK:
        parts = urlsplit(request.url)
        raise Stop(f"{parts.netloc}{parts.path}: {status} {http.client.responses.get(status, '')}")
    return body


def credentials(environ: Mapping[str, str]) -> dict[str, str]:
    """Those of the task's role."""
    address = environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI") or (
        CREDENTIALS_HOST + environ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
    )
    held: dict[str, str] = json.loads(fetched(Request("GET", address)))
    return held


def signed(request: Request, region: str, held: Mapping[str, str], now: datetime) -> Request:
    """The same request, signed as AWS asks (Signature Version 4)."""
    parts, stamp = urlsplit(request.url), now.strftime("%Y%m%dT%H%M%SZ")
    content = hashlib.sha256(request.body).hexdigest()
    headers = {**request.headers, "host": parts.netloc, "x-amz-content-sha256": content, "x-amz-date": stamp}
    if held.get("Token"):
        headers["x-amz-security-token"] = held["Token"]
    names = ";".join(sorted(headers))
    lines = [f"{name}:{headers[name]}" for name in sorted(headers)]
    canonical = "\n".join([request.method, parts.path, "", *lines, "", names, content])
    scope = f"{stamp[:8]}/{region}/{request.service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = ("AWS4" + held["SecretAccessKey"]).encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}".encode(), "sha256").hex()
    login = f"Credential={held['AccessKeyId']}/{scope}, SignedHeaders={names}, Signature={signature}"
    return replace(request, headers={**headers, "authorization": f"AWS4-HMAC-SHA256 {login}"})


def own(request: Request, environ: Mapping[str, str]) -> Request:
    """The request as this task's role makes it."""
    return signed(request, environ["AWS_REGION"], credentials(environ), datetime.now(UTC))


def stored(environ: Mapping[str, str], key: str, method: str = "GET", body: bytes = b"") -> Request:
    """What is to be done with one object of the node's bucket of settings."""
    region, bucket = environ["AWS_REGION"], environ["NETPROV_BUNDLE_BUCKET"]
    base = environ.get("NETPROV_S3_ENDPOINT") or f"https://{bucket}.s3.{region}.amazonaws.com"
    return own(Request(method, f"{base}/{quote(key)}", "s3", body=body), environ)


def bundle(environ: Mapping[str, str]) -> bytes:
    """The archive, if it is the one that this task was defined with."""
    content = fetched(stored(environ, environ["NETPROV_BUNDLE_KEY"]))
    found = hashlib.sha256(content).hexdigest()
    if not hmac.compare_digest(found, environ["NETPROV_BUNDLE_SHA256"]):
        raise Stop(f"the bundle is another one: sha256 {found}, not {environ['NETPROV_BUNDLE_SHA256']}")
    return content


def unpacked(content: bytes) -> dict[str, str]:
    """Name and text of every file: plain files below the folder, and nothing else, are taken."""
    files = {}
    with tarfile.open(fileobj=io.BytesIO(bz2.decompress(content))) as archive:
        for member in archive:
            path = PurePosixPath(member.name)
            file = archive.extractfile(member) if member.isreg() else None
            if file is None or path.is_absolute() or ".." in path.parts or member.name in files:
                raise Stop(f"the bundle holds {member.name!r}, which is no file of a node")
            files[member.name] = file.read().decode()
    return files


def resolver() -> str:
    """Whom this task asks for names, for its front, which does not look there itself."""
    told = RESOLVERS.read_text() if RESOLVERS.exists() else ""
    found = re.search(r"^nameserver\s+([0-9.]+)\s*$", told, re.MULTILINE)
    return found[1] if found else AMAZONS


def words(environ: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What the files name and do not hold, and the files that are secret."""
    secret = json.loads(environ["NETPROV_SECRET"])
    found = {
        **secret["words"],
        "bucket": environ["NETPROV_BUCKET"],
        "region": environ["AWS_REGION"],
        "resolver": resolver(),
        "database.host": environ["NETPROV_DATABASE_HOST"],
        "database.password": json.loads(environ["NETPROV_DATABASE"])["password"],
    }
    return found, secret["files"]


def complete(name: str, text: str, known: Mapping[str, str]) -> str:
    """The text with each word put in its place, so that it can end no string and start no variable there."""

    def value(match: re.Match[str]) -> str:
        word = match.group(1)
        if word not in known:
            raise Stop(f"{name} names {word}, which nobody gives")
        if name.endswith(".json"):
            return json.dumps(known[word])[1:-1].replace("$", "\\u0024")
        if not PLAIN.fullmatch(known[word]):
            raise Stop(f"{word} cannot stand in {name}")
        return known[word]

    return NAMED.sub(value, text)


def write(path: Path, text: str) -> None:
    """A file that its owner alone can read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w") as file:
        file.write(text)


def lasting(folder: Path, state: Path, names: Iterable[str]) -> None:
    """What outlives the task is elsewhere: the folder only points there."""
    for name in names:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(state / name)


def give(folder: Path, owner: int) -> None:
    """All of it to the account that Orthanc and its front run as."""
    os.chown(folder, owner, owner)
    for path in folder.rglob("*"):
        os.chown(path, owner, owner, follow_symlinks=False)


def main(environ: Mapping[str, str]) -> None:
    folder, owner = Path(environ["NETPROV_FOLDER"]), int(environ["NETPROV_UID"])
    known, secret_files = words(environ)
    files = unpacked(bundle(environ))
    for name, text in files.items():
        write(folder / name, complete(name, text, known))
    for name, text in secret_files.items():
        write(folder / name, text)
    for name in ("tmp", "door", "storage", "index"):
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    lasting(folder, Path(environ["NETPROV_STATE"]), environ["NETPROV_LASTING"].split())
    give(folder, owner)
    sys.stdout.write(f"{len(files)} files of edition {environ['NETPROV_BUNDLE_SHA256'][:12]} are in place\n")


if __name__ == "__main__":
    try:
        main(os.environ)
    except Stop as stop:
        sys.exit(f"this node cannot start: {stop}")
