"""Reading a thing of which only its import's id is known, as the real plugin does where the state has no outputs.

What the real plugin takes as an id is in its documentation, "Import", of each resource; it is not always the id that
the state has afterwards.
"""

import re

from tests.aws.provider.account import Account
from tests.aws.provider.kind import Found, Kind, only
from tests.aws.provider.wire import Values

SAID = {
    "aws:backup/vault:Vault": ("name", "kmsKeyArn"),
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": ("backupVaultName", "maxRetentionDays",
                                                                 "minRetentionDays"),
    "aws:efs/fileSystem:FileSystem": ("creationToken", "encrypted", "kmsKeyId", "throughputMode"),
    "aws:efs/fileSystemPolicy:FileSystemPolicy": ("fileSystemId", "policy"),
    "aws:kms/alias:Alias": ("name", "targetKeyId"),
    "aws:kms/key:Key": ("description", "enableKeyRotation", "policy"),
    "aws:s3/bucket:Bucket": ("bucket",),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": ("bucket", "rules"),
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": ("bucket", "rule"),
    "aws:s3/bucketPolicy:BucketPolicy": ("bucket", "policy"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": (
        "blockPublicAcls", "blockPublicPolicy", "bucket", "ignorePublicAcls", "restrictPublicBuckets",
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": ("bucket", "rules"),
    "aws:s3/bucketVersioning:BucketVersioning": ("bucket", "versioningConfiguration"),
}  # fmt: skip
"""What outlives a network is read with nothing known of it but its id: what its reading gives as a program's words."""
FORMS = {
    "aws:backup/selection:Selection": "{planId}|{id}",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": "{logGroupName}:{id}",
    "aws:directconnect/gatewayAssociation:GatewayAssociation": "{dxGatewayId}/{associatedGatewayId}",
    "aws:ec2/route:Route": "{routeTableId}_{destinationCidrBlock}",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "{subnetId}/{routeTableId}",
    "aws:ecs/cluster:Cluster": "{name}",
    "aws:ecs/service:Service": "{clusterName}/{name}",
    "aws:efs/fileSystemPolicy:FileSystemPolicy": "{fileSystemId}",
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": "{backupVaultName}",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "{role}/{policyArn}",
    "aws:route53/record:Record": "{zoneId}_{name}_{type}",
    **{token: "{bucket}" for token in SAID if token.startswith("aws:s3/bucket") and token != "aws:s3/bucket:Bucket"},
}
"""Where the id is made of several words, or is not the one that the state has."""


def opened(aws: Account, kind: Kind, its_id: str) -> Found:
    """What the id says. Raises LookupError where it names nothing."""
    form = FORMS.get(kind.token)
    if not form:
        return Found(its_id, {})
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>.+?)", re.escape(form).replace(r"\{", "{").replace(r"\}", "}"))
    matched = re.fullmatch(pattern, its_id)
    if not matched:
        raise ValueError(f"{its_id} is no id to import a {kind.token} by: {form}")
    values: Values = matched.groupdict()
    return Found(_own_id(aws, kind.token, values) or values.pop("id", its_id), values)


def _own_id(aws: Account, token: str, values: Values) -> str:
    match token.rpartition(":")[2]:
        case "Route":
            return f"r-{values['routeTableId']}{values['destinationCidrBlock']}"
        case "RouteTableAssociation":
            filters = [{"Name": "association.subnet-id", "Values": [values["subnetId"]]}]
            table = only(aws.call("ec2", "describe_route_tables", Filters=filters)["RouteTables"])
            held = only(each for each in table["Associations"] if each.get("SubnetId") == values["subnetId"])
            return str(held["RouteTableAssociationId"])
        case "Cluster":
            return _cluster(aws, values["name"])
        case "Service":
            values["cluster"] = _cluster(aws, values.pop("clusterName"))
            held = aws.call("ecs", "describe_services", cluster=values["cluster"], services=[values["name"]])
            return str(only(each for each in held["services"] if each["status"] != "INACTIVE")["serviceArn"])
        case "GatewayAssociation":
            return str(
                only(
                    key
                    for (account, kind, key), item in aws.shelf.items.items()
                    if (account, kind) == (aws.number, "dx-association")
                    and item["gatewayId"] == values["associatedGatewayId"]
                    and item["directConnectGatewayId"] == values["dxGatewayId"]
                )
            )
        case _:
            return ""


def _cluster(aws: Account, name: str) -> str:
    found = aws.call("ecs", "describe_clusters", clusters=[name])["clusters"]
    return str(only(each for each in found if each["status"] != "INACTIVE")["clusterArn"])


def said(token: str, actual: Values) -> Values:
    """What a program would have said of a thing that is so: neither what AWS decides, nor a default."""
    return {name: actual[name] for name in (*SAID[token], "tags", "tagsAll") if actual.get(name) not in (None, "", [])}
