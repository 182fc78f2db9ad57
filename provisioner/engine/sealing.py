"""Envelope encryption: each writing has a data key of its own, and that key is there only under a KMS key.

The network's id is the encryption context of the data key and part of what AES-GCM authenticates: nothing that was
sealed for one network opens for another, and the KMS key's policy can grant networks one by one.
"""

import base64
import json
import os
import zlib
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from provisioner.engine import amazon
from provisioner.engine.backend import Address
from provisioner.errors import NetprovError

FORMAT = 1
NONCE_BYTES = 12
GONE = {"NotFoundException", "DisabledException", "KMSInvalidStateException"}
WRONG = {"IncorrectKeyException", "InvalidCiphertextException"}
DENIED = {"AccessDeniedException", "AccessDenied"}


def seal(key: Address, network: str, about: dict[str, str], content: bytes) -> bytes:
    """The content so that who may use the key can read it, and nobody can change it; `about` stays in clear."""
    given = _asked(key, network, "generate_data_key", KeySpec="AES_256")
    head = {"netprov": FORMAT, "network": network, "about": about, "key": _text(given["CiphertextBlob"])}
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(given["Plaintext"]).encrypt(nonce, zlib.compress(content), _bound(head))
    return json.dumps({**head, "nonce": _text(nonce), "sealed": _text(sealed)}, indent=1).encode()


def about(sealed: bytes) -> dict[str, str]:
    """What is told in clear, and not yet proved. Raises NetprovError."""
    return {str(name): str(value) for name, value in _read(sealed)["about"].items()}


def unseal(key: Address, network: str, sealed: bytes) -> bytes:
    """The content. Raises NetprovError."""
    parts = _read(sealed)
    opened = _asked(key, network, "decrypt", CiphertextBlob=base64.b64decode(parts["key"]))["Plaintext"]
    head = {name: parts[name] for name in ("netprov", "network", "about", "key")}
    try:
        packed = AESGCM(opened).decrypt(
            base64.b64decode(parts["nonce"]), base64.b64decode(parts["sealed"]), _bound(head)
        )
    except InvalidTag:
        raise _damaged("its seal is broken") from None
    return zlib.decompress(packed)


def _bound(head: dict[str, Any]) -> bytes:
    return json.dumps(head, sort_keys=True, separators=(",", ":")).encode()


def _read(sealed: bytes) -> dict[str, Any]:
    try:
        parts: dict[str, Any] = json.loads(sealed)
        if parts["netprov"] == FORMAT and isinstance(parts["about"], dict) and isinstance(parts["sealed"], str):
            return parts
    except (ValueError, KeyError, TypeError):
        pass
    raise _damaged("it is none that this version of netprov writes")


def _damaged(why: str) -> NetprovError:
    return NetprovError(
        f"what was sealed of this network in the bucket cannot be opened: {why}",
        "the bucket keeps its older versions: put the last whole one back",
    )


def _asked(key: Address, network: str, operation: str, **given: Any) -> Any:
    context = {"network": network}
    with amazon.refusals(f"the key {key.name} cannot be used"):
        try:
            kms = amazon.client("kms", key.region, key.profile)
            return getattr(kms, operation)(KeyId=key.name, EncryptionContext=context, **given)
        except Exception as error:
            if known := _known(amazon.code(error), key, network):
                raise known from error
            raise


def _known(word: str, key: Address, network: str) -> NetprovError | None:
    if word in WRONG:
        return NetprovError(
            f"what is secret of {network} is not under the key {key.name}", "give the --secrets-provider that it has"
        )
    if word in GONE:
        return NetprovError(
            f"there is no key {key.name} that can be used{f' in {key.region}' if key.region else ''}",
            "mend --secrets-provider; `netprov state init` makes a key",
        )
    if word in DENIED:
        return NetprovError(
            f"you may not use the key {key.name} for {network}",
            "see who you are: aws sts get-caller-identity; docs/aws.md has the rights that are needed",
        )
    return None


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
