"""What the engine would be told of one node: private, encrypted, pinned, kept, and no secret in clear."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from stacks.aws.delivery import Parcel
from stacks.aws.node import node
from stacks.aws.papers import Certificate
from tests.stacks.aws_node.conftest import NGINX, NODE, ORTHANC, Severn, Told, ground, run

# The SDK's own modules speak of types that netprov does not use.
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated in favor of:DeprecationWarning")

SIGNATURE, SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
"""How Pulumi's wire protocol marks a secret value."""


@pytest.fixture(scope="module")
def built(severn: Severn) -> Told:
    return run(lambda: node(severn.placement(NODE), ground(severn)))


def containers(told: Told, part: str = "node") -> dict[str, dict[str, Any]]:
    task = told.of("aws:ecs/taskDefinition:TaskDefinition")[f"severn-rxa01-{part}"]
    return {each["name"]: each for each in json.loads(task["containerDefinitions"])}


def policy(inputs: dict[str, Any], key: str = "policy") -> list[dict[str, Any]]:
    held: list[dict[str, Any]] = json.loads(inputs[key])["Statement"]
    return held


# -- secrets ----------------------------------------------------------------------------------------------------


def secrets_of(severn: Severn) -> list[str]:
    """Everything that would let somebody in, or decrypt."""
    own: Certificate = severn.papers.certificates[NODE]
    targets = [each.id for each in severn.topology.nodes if each.id != NODE]
    keys = severn.papers.keys
    passwords = [keys.password(f"orthanc:{NODE}"), *(keys.peer(NODE, each).used.password for each in targets)]
    key_lines = [line for line in own.key.splitlines() if not line.startswith("-")]
    return [*key_lines, *passwords, keys.masters[1].hex()]


def test_no_secret_is_in_the_clear_inputs_of_anything(severn: Severn, built: Told) -> None:
    sealed = {"aws:secretsmanager/secretVersion:SecretVersion"}
    texts = {f"{each.typ} {each.name}": json.dumps(each.inputs) for each in built.resources if each.typ not in sealed}
    leaking = [name for name, text in texts.items() for secret in secrets_of(severn) if secret in text]
    assert leaking == []


def test_the_secret_holds_them_and_the_engine_is_told_that_it_is_one(severn: Severn, built: Told) -> None:
    given = built.only("aws:secretsmanager/secretVersion:SecretVersion")["secretString"]
    assert given[SIGNATURE] == SECRET
    held = json.loads(given["value"])
    assert held["files"]["tls/node.key"] == severn.papers.certificates[NODE].key
    assert held["words"]["internal"] == severn.papers.keys.password(f"orthanc:{NODE}")
    assert set(secrets_of(severn)) & set(held["words"].values())


def test_only_the_first_container_is_given_secrets_and_by_reference(built: Told) -> None:
    for part in ("node", "verify"):
        given = {name: each.get("secrets", []) for name, each in containers(built, part).items()}
        first = given.pop("boot")
        assert not any(given.values())
        assert {each["name"] for each in first} == {"NETPROV_SECRET", "NETPROV_DATABASE"}
        assert all(each["valueFrom"] for each in first)


# -- encrypted, private, pinned ---------------------------------------------------------------------------------


def test_all_that_keeps_is_under_the_nodes_own_key(built: Told) -> None:
    key = "arn:aws:mock:::severn-rxa01-key"
    assert built.only("aws:kms/key:Key")["enableKeyRotation"] is True
    for rules in built.of("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
                          ).values():  # fmt: skip
        assert rules["rules"][0]["applyServerSideEncryptionByDefault"] == {
            "sseAlgorithm": "aws:kms",
            "kmsMasterKeyId": key,
        }
    index = built.only("aws:rds/instance:Instance")
    assert index["storageEncrypted"]
    assert index["kmsKeyId"] == index["masterUserSecretKmsKeyId"] == key
    files = built.only("aws:efs/fileSystem:FileSystem")
    assert (files["encrypted"], files["kmsKeyId"]) == (True, key)
    secrets = built.of("aws:secretsmanager/secret:Secret")
    assert secrets.keys() == {"severn-rxa01-secret", "severn-rxa01-readers"}
    assert {each["kmsKeyId"] for each in secrets.values()} == {key}
    assert built.only("aws:backup/vault:Vault")["kmsKeyArn"] == key
    assert {each["kmsKeyId"] for each in built.of("aws:cloudwatch/logGroup:LogGroup").values()} == {key}


def test_buckets_are_closed_to_the_public_versioned_and_reached_by_tls_only(built: Told) -> None:
    names = {"severn-rxa01-images", "severn-rxa01-settings"}
    blocks = built.of("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    assert blocks.keys() == names
    assert all(value for each in blocks.values() for key, value in each.items() if key != "bucket")
    versioned = built.of("aws:s3/bucketVersioning:BucketVersioning")
    assert versioned.keys() == names
    assert all(each["versioningConfiguration"] == {"status": "Enabled"} for each in versioned.values())
    for each in built.of("aws:s3/bucketPolicy:BucketPolicy").values():
        (only,) = policy(each)
        assert only["Effect"] == "Deny"
        assert only["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_file_system_is_mounted_by_tls_through_its_door_with_the_tasks_role_only(built: Told) -> None:
    (only,) = policy(built.only("aws:efs/fileSystemPolicy:FileSystemPolicy"))
    assert (only["Effect"], only["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    volumes = built.of("aws:ecs/taskDefinition:TaskDefinition")["severn-rxa01-node"]["volumes"]
    (mounted,) = [each["efsVolumeConfiguration"] for each in volumes if "efsVolumeConfiguration" in each]
    assert mounted["transitEncryption"] == "ENABLED"
    assert mounted["authorizationConfig"] == {"accessPointId": "severn-rxa01-state-id", "iam": "ENABLED"}


def test_nothing_has_a_public_address_or_an_open_port(built: Told) -> None:
    assert built.only("aws:lb/loadBalancer:LoadBalancer")["internal"] is True
    assert built.only("aws:ecs/service:Service")["networkConfiguration"]["assignPublicIp"] is False
    assert built.only("aws:rds/instance:Instance")["publiclyAccessible"] is False
    rules = built.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert {each["fromPort"] for each in rules.values()} == {443, 8443, 8444, 8445, 2762, 5432, 2049}
    assert {each["referencedSecurityGroupId"] for each in rules.values()} == {"sg-RXA01"}
    assert not any("cidrIpv4" in each for each in rules.values())


def test_the_index_is_reached_by_tls_only_and_its_password_is_managed(built: Told) -> None:
    parameters = built.only("aws:rds/parameterGroup:ParameterGroup")["parameters"]
    assert {each["name"]: each["value"] for each in parameters}["rds.force_ssl"] == "1"
    index = built.only("aws:rds/instance:Instance")
    assert index["manageMasterUserPassword"] is True
    assert "password" not in index


def test_images_are_pinned_and_containers_can_change_nothing_of_them(built: Told) -> None:
    for part in ("node", "verify"):
        held = containers(built, part)
        assert {each["image"] for each in held.values()} <= {ORTHANC, NGINX}
        assert all(each["readonlyRootFilesystem"] for each in held.values())
        assert {name for name, each in held.items() if each["user"] == "0"} == {"boot"}


def test_one_orthanc_writes_and_is_well_while_its_database_answers(built: Told) -> None:
    service = built.only("aws:ecs/service:Service")
    assert (service["desiredCount"], service["deploymentMaximumPercent"]) == (1, 100)
    assert service["deploymentMinimumHealthyPercent"] == 0
    assert containers(built)["orthanc"]["healthCheck"]["command"][-1] == "--once"
    groups = built.of("aws:lb/targetGroup:TargetGroup").values()
    assert {each["healthCheck"]["path"] for each in groups} == {"/health"}


def test_the_task_names_the_bundle_that_is_put_into_its_bucket_first(severn: Severn) -> None:
    put: list[tuple[str, str]] = []

    async def deliver(parcel: Parcel, bucket: str, key: str) -> str:
        await asyncio.sleep(0.01)
        put.append((parcel.bundle.key, key))
        return f"{bucket} with its files"

    built = run(lambda: node(severn.placement(NODE), ground(severn, deliver=deliver)))
    facts = {each["name"]: each["value"] for each in containers(built)["boot"]["environment"]}
    [(name, key)] = put
    assert (facts["NETPROV_BUNDLE_KEY"], facts["NETPROV_BUNDLE_BUCKET"][-15:]) == (name, " with its files")
    assert facts["NETPROV_BUNDLE_SHA256"] in name
    assert key.endswith("-key")
    assert re.fullmatch(r"[0-9a-f]{64}", facts["NETPROV_BUNDLE_SHA256"])
