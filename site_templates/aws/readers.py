"""Runs beside the front (Python of Orthanc's image, standard library only): lets in whom the secret of readers names.

nginx looks its file up at each request: whoever is added or removed is so at the next look at the secret, and nothing
is started anew. Where the secret cannot be asked for, the file stays as it is.
"""

import json
import os
import sys
import time
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # where the bundle is; -I leaves it out

from site_templates.aws import boot

PEOPLE = Path("/node/door/people")
EVERY_SECONDS = 15.0
NOBODY_YET = "ResourceNotFoundException"
"""What Secrets Manager says of a secret that has no version: it waits for its first reader."""


def current(environ: Mapping[str, str]) -> str:
    """The file as the secret has it. Raises boot.Stop."""
    region, secret = environ["AWS_REGION"], environ["NETPROV_READERS"]
    url = environ.get("NETPROV_SECRETS_ENDPOINT") or f"https://secretsmanager.{region}.amazonaws.com"
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "secretsmanager.GetSecretValue"}
    body = json.dumps({"SecretId": secret, "VersionStage": "AWSCURRENT"}).encode()
    request = boot.Request("POST", f"{url}/", "secretsmanager", headers, body)
    status, answer = boot.answered(boot.own(request, environ))
    told = json.loads(answer)
    if status == HTTPStatus.OK:
        return str(told["SecretString"])
    if str(told.get("__type", "")).endswith(NOBODY_YET):
        return ""
    raise boot.Stop(f"{secret}: {status} {told.get('__type', '')}")


def settled(people: Path, wanted: str) -> bool:
    """Whether the file had to be changed. It is there whole, before and after."""
    if people.exists() and people.read_text() == wanted:
        return False
    draft = people.with_name(".people")
    boot.write(draft, wanted)
    draft.replace(people)
    return True


def looked(environ: Mapping[str, str], people: Path) -> str:
    """What there is to say of one look; nothing if nothing has changed."""
    try:
        wanted = current(environ)
        return f"{wanted.count(':{')} may come in by the door" if settled(people, wanted) else ""
    except (boot.Stop, OSError, ValueError, KeyError) as error:
        return f"who may come in by the door stays as it is: {error}"


def main(environ: Mapping[str, str]) -> None:
    said = ""
    while True:
        words = looked(environ, PEOPLE)
        if words and words != said:
            sys.stdout.write(words + "\n")
            sys.stdout.flush()
        said = words or said
        time.sleep(EVERY_SECONDS)


if __name__ == "__main__":
    main(os.environ)
