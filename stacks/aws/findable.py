"""By what each kind of resource is found again on AWS, when its making was begun and nobody knows how it ended.

Words in braces are inputs of the resource: `{vpcId}`; `{cluster|last}` is the last part of an ARN or a path, and
`{account}` and `{region}` are where it was to be made.
"""

from collections.abc import Mapping

from stacks.aws.findable_network import LISTED as _NETWORK
from stacks.aws.listing import Listing

BY_INPUT: Mapping[str, str] = {
    "aws:backup/vault:Vault": "{name}",
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": "{backupVaultName}",
    "aws:cloudwatch/logGroup:LogGroup": "{name}",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": "{logGroupName}:{name}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "{name}",
    "aws:directconnect/gatewayAssociation:GatewayAssociation": "{dxGatewayId}/{associatedGatewayId}",
    "aws:ec2/route:Route": "{routeTableId}_{destinationCidrBlock}",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "{subnetId}/{routeTableId}",
    "aws:ec2/vpcPeeringConnectionAccepter:VpcPeeringConnectionAccepter": "{vpcPeeringConnectionId}",
    "aws:ec2transitgateway/routeTableAssociation:RouteTableAssociation": (
        "{transitGatewayRouteTableId}_{transitGatewayAttachmentId}"
    ),
    "aws:ec2transitgateway/routeTablePropagation:RouteTablePropagation": (
        "{transitGatewayRouteTableId}_{transitGatewayAttachmentId}"
    ),
    "aws:ec2transitgateway/vpcAttachmentAccepter:VpcAttachmentAccepter": "{transitGatewayAttachmentId}",
    "aws:ecs/cluster:Cluster": "{name}",
    "aws:ecs/service:Service": "{cluster|last}/{name}",
    "aws:efs/fileSystemPolicy:FileSystemPolicy": "{fileSystemId}",
    "aws:iam/role:Role": "{name}",
    "aws:iam/rolePolicy:RolePolicy": "{role}:{name}",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "{role}/{policyArn}",
    "aws:kms/alias:Alias": "{name}",
    "aws:ram/principalAssociation:PrincipalAssociation": "{resourceShareArn},{principal}",
    "aws:ram/resourceAssociation:ResourceAssociation": "{resourceShareArn},{resourceArn}",
    "aws:ram/resourceShareAccepter:ResourceShareAccepter": "{shareArn}",
    "aws:rds/parameterGroup:ParameterGroup": "{name}",
    "aws:rds/subnetGroup:SubnetGroup": "{name}",
    "aws:route53/record:Record": "{zoneId}_{name}_{type}",
    "aws:route53/vpcAssociationAuthorization:VpcAssociationAuthorization": "{zoneId}:{vpcId}",
    "aws:route53/zoneAssociation:ZoneAssociation": "{zoneId}:{vpcId}",
    "aws:s3/bucket:Bucket": "{bucket}",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "{bucket}",
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": "{bucket}",
    "aws:s3/bucketPolicy:BucketPolicy": "{bucket}",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "{bucket}",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "{bucket}",
    "aws:s3/bucketVersioning:BucketVersioning": "{bucket}",
    "aws:sns/topic:Topic": "arn:aws:sns:{region}:{account}:{name}",
}
"""Its own inputs name it, as the engine's plugin takes an import's id. Whether it is there, reading it tells."""

AGAIN = frozenset(
    {
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        "aws:secretsmanager/secretVersion:SecretVersion",
    }
)
"""Made again it is the same, and it goes with what it is in: nobody looks for it."""


LISTED: Mapping[str, Listing] = {
    **_NETWORK,
    "aws:backup/plan:Plan": Listing(
        "backup", "list_backup_plans", "BackupPlansList", "{BackupPlanId}", same=(("BackupPlanName", "{name}"),)
    ),
    "aws:backup/selection:Selection": Listing(
        "backup",
        "list_backup_selections",
        "BackupSelectionsList",
        "{planId}|{SelectionId}",
        asked=(("BackupPlanId", "{planId}"),),
        same=(("SelectionName", "{name}"),),
    ),
    "aws:ecs/taskDefinition:TaskDefinition": Listing(
        "ecs",
        "list_task_definitions",
        "taskDefinitionArns",
        "{its}",
        asked=(("familyPrefix", "{family}"), ("status", "ACTIVE")),
    ),
    "aws:efs/accessPoint:AccessPoint": Listing(
        "efs",
        "describe_access_points",
        "AccessPoints",
        "{AccessPointId}",
        asked=(("FileSystemId", "{fileSystemId}"),),
        state="LifeCycleState",
        making=frozenset({"creating", "updating"}),
        leaving=frozenset({"deleting"}),
    ),
    "aws:efs/fileSystem:FileSystem": Listing(
        "efs",
        "describe_file_systems",
        "FileSystems",
        "{FileSystemId}",
        asked=(("CreationToken", "{creationToken}"),),
        state="LifeCycleState",
        making=frozenset({"creating", "updating"}),
        leaving=frozenset({"deleting"}),
    ),
    "aws:efs/mountTarget:MountTarget": Listing(
        "efs",
        "describe_mount_targets",
        "MountTargets",
        "{MountTargetId}",
        asked=(("FileSystemId", "{fileSystemId}"),),
        same=(("SubnetId", "{subnetId}"),),
        state="LifeCycleState",
        making=frozenset({"creating", "updating"}),
        leaving=frozenset({"deleting"}),
    ),
    "aws:kms/key:Key": Listing(
        "kms",
        "list_keys",
        "Keys",
        "{KeyId}",
        same=(("KeyMetadata.Description", "{description}"),),
        tagged=True,
        details=("describe_key", "list_resource_tags"),
        detailed="KeyId",
        state="KeyMetadata.KeyState",
        making=frozenset({"Creating"}),
        gone=frozenset({"PendingDeletion", "PendingReplicaDeletion"}),
    ),
    "aws:lb/listener:Listener": Listing(
        "elbv2",
        "describe_listeners",
        "Listeners",
        "{ListenerArn}",
        asked=(("LoadBalancerArn", "{loadBalancerArn}"),),
        same=(("Port", "{port}"),),
    ),
    "aws:lb/loadBalancer:LoadBalancer": Listing(
        "elbv2",
        "describe_load_balancers",
        "LoadBalancers",
        "{LoadBalancerArn}",
        asked=(("Names[]", "{name}"),),
        state="State.Code",
        making=frozenset({"provisioning"}),
    ),
    "aws:lb/targetGroup:TargetGroup": Listing(
        "elbv2", "describe_target_groups", "TargetGroups", "{TargetGroupArn}", asked=(("Names[]", "{name}"),)
    ),
    "aws:ram/resourceShare:ResourceShare": Listing(
        "ram",
        "get_resource_shares",
        "resourceShares",
        "{resourceShareArn}",
        asked=(("resourceOwner", "SELF"), ("name", "{name}")),
        state="status",
        making=frozenset({"PENDING"}),
        leaving=frozenset({"DELETING"}),
        gone=frozenset({"DELETED", "FAILED"}),
    ),
    "aws:rds/instance:Instance": Listing(
        "rds",
        "describe_db_instances",
        "DBInstances",
        "{DBInstanceIdentifier}",
        asked=(("DBInstanceIdentifier", "{identifier}"),),
        state="DBInstanceStatus",
        making=frozenset(
            {
                "backing-up",
                "configuring-enhanced-monitoring",
                "configuring-log-exports",
                "creating",
                "modifying",
                "rebooting",
                "resetting-master-credentials",
            }
        ),
        leaving=frozenset({"deleting"}),
    ),
    "aws:route53/zone:Zone": Listing(
        "route53",
        "list_hosted_zones_by_vpc",
        "HostedZoneSummaries",
        "{HostedZoneId}",
        asked=(("VPCId", "{vpcs.0.vpcId}"), ("VPCRegion", "{region}")),
        same=(("Name", "{name}."),),
    ),
    "aws:secretsmanager/secret:Secret": Listing(
        "secretsmanager", "describe_secret", "", "{ARN}", asked=(("SecretId", "{name}"),)
    ),
}
"""AWS gave it an id of its own: it is looked for by what its maker knew."""
