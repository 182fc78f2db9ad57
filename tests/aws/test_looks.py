"""Each look sees its fault: what the contract suite finds clean is clean, and not merely unseen."""

from collections.abc import Callable, Iterator

import pytest

from tests.aws import looks
from tests.aws.cloud import Cloud
from tests.aws.provider.account import Account

pytestmark = pytest.mark.live


def vpc(aws: Account) -> str:
    return str(aws.call("ec2", "create_vpc", CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"])


def open_group(aws: Account) -> None:
    made = aws.call("ec2", "create_security_group", GroupName="node", Description="node", VpcId=vpc(aws))
    world = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    aws.call("ec2", "authorize_security_group_ingress", GroupId=made["GroupId"], IpPermissions=[world])


def default_group(aws: Account) -> None:
    vpc(aws)


def gateway(aws: Account) -> None:
    aws.call("ec2", "create_internet_gateway")


def public_subnet(aws: Account) -> None:
    made = aws.call("ec2", "create_subnet", VpcId=vpc(aws), CidrBlock="10.1.1.0/24")["Subnet"]["SubnetId"]
    aws.call("ec2", "modify_subnet_attribute", SubnetId=made, MapPublicIpOnLaunch={"Value": True})


def public_database(aws: Account) -> None:
    aws.call("rds", "create_db_instance", DBInstanceIdentifier="index", DBInstanceClass="db.t4g.small",
             Engine="postgres", PubliclyAccessible=True)  # fmt: skip


def public_balancer(aws: Account) -> None:
    subnet = aws.call("ec2", "create_subnet", VpcId=vpc(aws), CidrBlock="10.1.1.0/24")["Subnet"]["SubnetId"]
    aws.call("elbv2", "create_load_balancer", Name="node", Type="network", Scheme="internet-facing", Subnets=[subnet])


def bucket(aws: Account) -> None:
    where = {"LocationConstraint": aws.region}
    aws.call("s3", "create_bucket", Bucket="images", CreateBucketConfiguration=where)
    block = {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": False,
    }
    aws.call("s3", "put_public_access_block", Bucket="images", PublicAccessBlockConfiguration=block)
    allowed = '{"Statement": [{"Effect": "Deny", "Action": "s3:*", "Principal": "*", "Resource": "*"}]}'
    aws.call("s3", "put_bucket_policy", Bucket="images", Policy=allowed)


def plain_secret(aws: Account) -> None:
    aws.call("secretsmanager", "create_secret", Name="tls", SecretString="pem")


def another_accounts_key(aws: Account) -> None:
    key = aws.other("999999999999").call("kms", "create_key")["KeyMetadata"]["Arn"]
    aws.call("secretsmanager", "create_secret", Name="tls", SecretString="pem", KmsKeyId=key)


def still_key(aws: Account) -> None:
    aws.call("kms", "create_key")


def latest_image(aws: Account) -> None:
    container = {"name": "orthanc", "image": "orthancteam/orthanc:latest", "memory": 128}
    aws.call("ecs", "register_task_definition", family="node", containerDefinitions=[container])


@pytest.mark.parametrize(
    ("fault", "look", "words"),
    [
        (open_group, looks.open_doors, "is open to the world"),
        (default_group, looks.open_doors, "the default group"),
        (gateway, looks.public_things, "InternetGateways"),
        (public_subnet, looks.public_things, "gives public addresses"),
        (public_database, looks.public_things, "index is public"),
        (public_balancer, looks.public_things, "node faces the internet"),
        (bucket, looks.public_things, "images may be made public"),
        (bucket, looks.public_things, "images answers without TLS"),
        (bucket, looks.in_the_clear, "bucket images lies under no key"),
        (bucket, looks.forgetful, "images keeps no versions"),
        (public_database, looks.in_the_clear, "database index lies under no key"),
        (plain_secret, looks.in_the_clear, "secret tls lies under no key"),
        (another_accounts_key, looks.in_the_clear, "secret tls lies under arn:aws:kms:eu-west-2:999999999999"),
        (still_key, looks.in_the_clear, "does not rotate"),
        (latest_image, looks.unpinned, "orthancteam/orthanc:latest"),
    ],
)
def test_a_fault_is_seen(
    cloud: Cloud, fault: Callable[[Account], None], look: Callable[[Account], Iterator[str]], words: str
) -> None:
    account = cloud.account()
    assert list(look(account)) == []
    fault(account)
    assert any(words in each for each in look(account)), list(look(account))
