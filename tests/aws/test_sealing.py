"""What is secret of a network is sealed: for one network, under one key, whole or not at all."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from provisioner.engine import amazon, sealing
from provisioner.engine.backend import Address
from provisioner.errors import NetprovError
from tests.aws.cloud import REGION, Cloud

pytestmark = pytest.mark.live

SECRET = b"-----BEGIN PRIVATE KEY-----" * 20


@pytest.fixture
def key(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Address]:
    for name, value in {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
    amazon.client.cache_clear()
    yield made(cloud, "alias/states")
    amazon.client.cache_clear()


def made(cloud: Cloud, alias: str) -> Address:
    account = cloud.account()
    number = account.call("kms", "create_key")["KeyMetadata"]["KeyId"]
    account.call("kms", "create_alias", AliasName=alias, TargetKeyId=number)
    return Address(alias, "", REGION, "")


def test_what_was_sealed_opens(key: Address) -> None:
    sealed = sealing.seal(key, "severn", {"only_at": "host:/x"}, SECRET)
    assert sealing.about(sealed) == {"only_at": "host:/x"}
    assert sealing.unseal(key, "severn", sealed) == SECRET
    assert b"PRIVATE" not in sealed
    assert sealing.seal(key, "severn", {}, SECRET) != sealing.seal(key, "severn", {}, SECRET)


@pytest.mark.parametrize("part", ["network", "about", "sealed", "nonce"])
def test_what_was_changed_does_not_open(key: Address, part: str) -> None:
    told: dict[str, Any] = json.loads(sealing.seal(key, "severn", {"only_at": ""}, SECRET))
    other: dict[str, Any] = json.loads(sealing.seal(key, "severn", {"only_at": "elsewhere"}, b"else"))
    told[part] = "avon" if part == "network" else other[part]
    with pytest.raises(NetprovError, match="its seal is broken"):
        sealing.unseal(key, "severn", json.dumps(told).encode())


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"netprov": 2}', b'{"netprov": 1, "about": 1, "sealed": ""}'])
def test_what_netprov_did_not_write_is_no_safe(key: Address, content: bytes) -> None:
    with pytest.raises(NetprovError, match="none that this version of netprov writes"):
        sealing.unseal(key, "severn", content)


def test_another_networks_safe_does_not_open(key: Address) -> None:
    with pytest.raises(NetprovError, match=r"severn is not under the key alias/states|cannot be used"):
        sealing.unseal(key, "severn", sealing.seal(key, "avon", {}, SECRET))


def test_another_key_does_not_open_it(key: Address, cloud: Cloud) -> None:
    other = made(cloud, "alias/others")
    with pytest.raises(NetprovError) as refused:
        sealing.unseal(other, "severn", sealing.seal(key, "severn", {}, SECRET))
    assert "alias/others" in refused.value.message
    assert refused.value.hint


def test_a_key_that_is_not_there_is_told(key: Address) -> None:
    with pytest.raises(NetprovError, match=r"there is no key alias/nothing that can be used in eu-west-2"):
        sealing.seal(Address("alias/nothing", "", REGION, key.profile), "severn", {}, SECRET)
