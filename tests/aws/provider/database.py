"""PostgreSQL on RDS."""

from moto.rds.models import rds_backends

from tests.aws.provider.account import Account
from tests.aws.provider.kind import Found, Kind, Wanted, only, pascal, told
from tests.aws.provider.wire import Values

SETTINGS = (
    "allocatedStorage", "autoMinorVersionUpgrade", "backupRetentionPeriod", "copyTagsToSnapshot", "deletionProtection",
    "engineVersion", "iops", "maxAllocatedStorage", "monitoringInterval", "monitoringRoleArn", "port",
    "storageThroughput", "storageType",
)  # fmt: skip
RENAMED = {
    "instanceClass": "DBInstanceClass",
    "parameterGroupName": "DBParameterGroupName",
    "backupWindow": "PreferredBackupWindow",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "caCertIdentifier": "CACertificateIdentifier",
    "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
    "manageMasterUserPassword": "ManageMasterUserPassword",
    "masterUserSecretKmsKeyId": "MasterUserSecretKmsKeyId",
    "multiAz": "MultiAZ",
    "performanceInsightsEnabled": "EnablePerformanceInsights",
    "performanceInsightsKmsKeyId": "PerformanceInsightsKMSKeyId",
    "performanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
    "publiclyAccessible": "PubliclyAccessible",
    "vpcSecurityGroupIds": "VpcSecurityGroupIds",
}
ONCE = {
    "identifier": "DBInstanceIdentifier",
    "engine": "Engine",
    "dbName": "DBName",
    "username": "MasterUsername",
    "dbSubnetGroupName": "DBSubnetGroupName",
    "kmsKeyId": "KmsKeyId",
    "storageEncrypted": "StorageEncrypted",
    "availabilityZone": "AvailabilityZone",
    "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
}
AT_ONCE = (
    "AutoMinorVersionUpgrade", "CopyTagsToSnapshot", "DBInstanceClass", "DBInstanceIdentifier",
    "DBParameterGroupName", "DBSubnetGroupName", "DeletionProtection", "EnableCloudwatchLogsExports", "Engine",
    "MultiAZ", "PubliclyAccessible", "StorageType", "VpcSecurityGroupIds",
)  # fmt: skip
OF_THE_SNAPSHOT = ("DBName", "EngineVersion", "KmsKeyId", "MasterUsername", "StorageEncrypted")
STEERING = ("applyImmediately", "skipFinalSnapshot", "finalSnapshotIdentifier", "deleteAutomatedBackups",
            "allowMajorVersionUpgrade")  # fmt: skip


class SubnetGroup(Kind):
    token = "aws:rds/subnetGroup:SubnetGroup"
    replaces = frozenset({"name", "namePrefix"})
    named = "name"
    taggable = "rds"

    def create(self, aws: Account, wanted: Wanted) -> str:
        description = wanted.take("description", "Managed by Pulumi")
        given = wanted.calls("subnetIds", name="DBSubnetGroupName")
        aws.call("rds", "create_db_subnet_group", DBSubnetGroupDescription=description, **given)
        return str(given["DBSubnetGroupName"])

    def read(self, aws: Account, found: Found) -> Values:
        held = only(aws.call("rds", "describe_db_subnet_groups", DBSubnetGroupName=found.id)["DBSubnetGroups"])
        subnets = [each["SubnetIdentifier"] for each in held["Subnets"]]
        return {"name": found.id, "arn": held["DBSubnetGroupArn"], "vpcId": held["VpcId"], "subnetIds": subnets}

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        description = wanted.take("description", found.get("description"))
        subnets = wanted.take("subnetIds", found["subnetIds"])
        aws.call("rds", "modify_db_subnet_group", DBSubnetGroupName=found.id, SubnetIds=subnets,
                 DBSubnetGroupDescription=description)  # fmt: skip

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("rds", "delete_db_subnet_group", DBSubnetGroupName=found.id)


class ParameterGroup(Kind):
    token = "aws:rds/parameterGroup:ParameterGroup"
    replaces = frozenset({"name", "namePrefix", "family", "description"})
    named = "name"
    taggable = "rds"

    def create(self, aws: Account, wanted: Wanted) -> str:
        description = wanted.take("description", "Managed by Pulumi")
        given = wanted.calls(name="DBParameterGroupName", family="DBParameterGroupFamily")
        aws.call("rds", "create_db_parameter_group", Description=description, **given)
        self._set(aws, given["DBParameterGroupName"], wanted)
        wanted.ignore("skipDestroy")
        return str(given["DBParameterGroupName"])

    def _set(self, aws: Account, group: str, wanted: Wanted) -> None:
        if parameters := wanted.take("parameters"):
            chosen = [
                {"ParameterName": each["name"], "ParameterValue": str(each["value"]),
                 "ApplyMethod": each.get("applyMethod") or "immediate"}
                for each in parameters
            ]  # fmt: skip
            aws.call("rds", "modify_db_parameter_group", DBParameterGroupName=group, Parameters=chosen)

    def read(self, aws: Account, found: Found) -> Values:
        held = only(aws.call("rds", "describe_db_parameter_groups", DBParameterGroupName=found.id)["DBParameterGroups"])
        return told(held, "description", arn="DBParameterGroupArn", family="DBParameterGroupFamily") | {
            "name": found.id
        }

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        self._set(aws, found.id, wanted)
        wanted.ignore("skipDestroy")

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("rds", "delete_db_parameter_group", DBParameterGroupName=found.id)


class Instance(Kind):
    token = "aws:rds/instance:Instance"
    replaces = frozenset({
        "availabilityZone", "dbName", "engine", "identifierPrefix", "kmsKeyId", "storageEncrypted", "username",
        "characterSetName", "timezone", "backupTarget", "snapshotIdentifier",
    })  # fmt: skip
    named = "identifier"
    taggable = "rds"

    def create(self, aws: Account, wanted: Wanted) -> str:
        source = wanted.take("snapshotIdentifier")
        given = wanted.calls(*SETTINGS, **RENAMED, **ONCE)
        wanted.ignore(*STEERING)
        _forget_copies(aws, str(given["DBInstanceIdentifier"]))
        if source:
            return self._restore(aws, str(source), given)
        return str(aws.call("rds", "create_db_instance", **given)["DBInstance"]["DBInstanceIdentifier"])

    def _restore(self, aws: Account, source: str, given: Values) -> str:
        """Some of it is said at once; what a snapshot has is not said at all; the rest is changed afterwards."""
        at_once = {name: given[name] for name in AT_ONCE if name in given}
        aws.call("rds", "restore_db_instance_from_db_snapshot", DBSnapshotIdentifier=source, **at_once)
        after = {name: value for name, value in given.items() if name not in {*AT_ONCE, *OF_THE_SNAPSHOT}}
        identifier = str(given["DBInstanceIdentifier"])
        aws.call("rds", "modify_db_instance", DBInstanceIdentifier=identifier, ApplyImmediately=True, **after)
        return identifier

    def read(self, aws: Account, found: Found) -> Values:
        held = only(aws.call("rds", "describe_db_instances", DBInstanceIdentifier=found.id)["DBInstances"])
        names = {**{name: pascal(name) for name in SETTINGS}, **RENAMED, **ONCE} | {
            "performanceInsightsEnabled": "PerformanceInsightsEnabled",
            "iamDatabaseAuthenticationEnabled": "IAMDatabaseAuthenticationEnabled",
        }
        names = {ours: theirs for ours, theirs in names.items() if ours not in {"port", "kmsKeyId"}}
        seen = told(held, **names, arn="DBInstanceArn", resourceId="DbiResourceId")
        endpoint = held.get("Endpoint", {})
        secret = held.get("MasterUserSecret")
        seen |= {"address": endpoint.get("Address", ""), "port": endpoint.get("Port", 0)}
        seen["endpoint"] = f"{seen['address']}:{seen['port']}"
        seen["vpcSecurityGroupIds"] = [each["VpcSecurityGroupId"] for each in held.get("VpcSecurityGroups", [])]
        if secret:
            seen["masterUserSecrets"] = [told(secret, "secretArn", "secretStatus", "kmsKeyId")]
        return seen

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        given = wanted.calls(*SETTINGS, **RENAMED, dbSubnetGroupName="DBSubnetGroupName")
        if wanted.has("identifier"):
            given["NewDBInstanceIdentifier"] = wanted.take("identifier")
        wanted.ignore(*STEERING)
        if given:
            aws.call("rds", "modify_db_instance", DBInstanceIdentifier=found.id, ApplyImmediately=True, **given)

    def delete(self, aws: Account, found: Found) -> None:
        how: Values = {"SkipFinalSnapshot": bool(found.get("skipFinalSnapshot"))}
        if not how["SkipFinalSnapshot"]:
            how["FinalDBSnapshotIdentifier"] = found["finalSnapshotIdentifier"]
        kept = found.get("deleteAutomatedBackups")
        aws.call("rds", "delete_db_instance", DBInstanceIdentifier=found.id, DeleteAutomatedBackups=kept, **how)
        # moto leaves the password of a database that was restored.
        for each in aws.call("secretsmanager", "list_secrets")["SecretList"]:
            tags = {tag["Key"]: tag["Value"] for tag in each.get("Tags", [])}
            if str(tags.get("aws:rds:primaryDBInstanceArn", "")).endswith(f":{found.id}"):
                aws.call("secretsmanager", "delete_secret", SecretId=each["ARN"], ForceDeleteWithoutRecovery=True)


def _forget_copies(aws: Account, instance: str) -> None:
    """moto names its own copy of a database by the minute, and makes no second one: an earlier life's are dropped."""
    held = rds_backends[aws.number][aws.region].database_snapshots
    for name in [each for each in held if each.startswith(f"rds:{instance}-")]:
        del held[name]


KINDS: tuple[Kind, ...] = (SubnetGroup(), ParameterGroup(), Instance())
