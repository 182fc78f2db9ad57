"""Where a state is: what is asked for is understood whole or refused, and what was noted stands."""

import dataclasses
from pathlib import Path

import pytest

from provisioner.engine.backend import (
    SECRETS,
    URL,
    Address,
    Backend,
    Unfit,
    address,
    chosen,
    noted,
    settle,
    with_region,
)
from provisioner.errors import Exit, NetprovError
from provisioner.home import NetworkFolder

SHARED = Backend("s3://states/north?region=eu-west-2", "awskms://alias/states?region=eu-west-2")
OTHER = dataclasses.replace(SHARED, url="s3://others")


@pytest.fixture
def folder(tmp_path: Path) -> NetworkFolder:
    return NetworkFolder(tmp_path / "severn")


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("s3://states", Address("states", "", "", "")),
        ("s3://states/a/b/?region=eu-west-2&profile=ops", Address("states", "a/b/", "eu-west-2", "ops")),
        ("awskms://alias/states?region=eu-west-2", Address("alias/states", "", "eu-west-2", "")),
        ("awskms:///arn:aws:kms:eu-west-2:1:key/2", Address("arn:aws:kms:eu-west-2:1:key/2", "", "", "")),
    ],
)
def test_an_address_has_parts(url: str, parts: Address) -> None:
    assert address(url) == parts


@pytest.mark.parametrize(
    ("url", "secrets", "words"),
    [
        ("", "awskms://alias/a", "no backend is named that it is for"),
        ("states", "", "states is no place for a state"),
        ("ftp://states", "", "ftp://states is no place for a state"),
        ("s3://", "awskms://alias/a", "names nothing"),
        ("s3://states", "", "kept under a KMS key, and none is named"),
        ("s3://states", "passphrase", "kept under a KMS key, and none is named"),
        ("s3://states?endpoint=x", "awskms://alias/a", "netprov does not know `endpoint`"),
        ("s3://states", "awskms://alias/a?context_x=y", "netprov does not know `context_x`"),
    ],
)
def test_what_cannot_hold_a_state_is_refused(url: str, secrets: str, words: str) -> None:
    with pytest.raises(Unfit, match=words) as refused:
        chosen({URL: url, SECRETS: secrets})
    assert refused.value.code is Exit.USAGE
    assert refused.value.hint


def test_without_options_a_state_is_in_its_own_folder(folder: NetworkFolder) -> None:
    assert chosen({}) == settle(folder, Backend()) == noted(folder) == Backend()
    assert not folder.root.exists()


def test_what_was_noted_needs_no_option_again(folder: NetworkFolder) -> None:
    settle(folder, SHARED)
    assert settle(folder, Backend()) == settle(folder, SHARED) == noted(folder) == SHARED


def test_before_anything_is_there_another_place_may_be_named(folder: NetworkFolder) -> None:
    settle(folder, SHARED)
    assert settle(folder, OTHER) == noted(folder) == OTHER


@pytest.mark.parametrize("first", [Backend(), SHARED])
def test_a_network_has_one_state(folder: NetworkFolder, first: Backend) -> None:
    settle(folder, first)
    folder.root.mkdir(exist_ok=True)
    folder.registry.touch()
    where = "s3://states" if first.url else str(folder.root)
    with pytest.raises(Unfit, match=f"the state of severn is in .*{where}.*not in s3://others"):
        settle(folder, OTHER)
    assert noted(folder) == first


def test_a_note_that_is_torn_is_no_note(folder: NetworkFolder) -> None:
    settle(folder, SHARED)
    folder.backend.write_text('{"url": "s3:')
    with pytest.raises(NetprovError, match="cannot be read"):
        noted(folder)


def test_each_network_has_its_own_encryption_context() -> None:
    assert SHARED.secrets_of("severn") == "awskms://alias/states?region=eu-west-2&context_network=severn"
    assert Backend("s3://a", "awskms://alias/b").secrets_of("severn") == "awskms://alias/b?context_network=severn"
    assert Backend("gs://a", "gcpkms://b").secrets_of("severn") == "gcpkms://b"
    assert Backend("gs://a").secrets_of("severn") == "passphrase"


def test_a_region_is_said_once() -> None:
    assert (
        with_region("s3://states/a?region=x&profile=ops", "eu-west-2") == "s3://states/a?region=eu-west-2&profile=ops"
    )
