"""A node's index: PostgreSQL on RDS, reached by its own node alone and only through TLS."""

from __future__ import annotations

import pulumi_aws as aws

from stacks.aws.backup import KEPT_DAYS
from stacks.aws.own import Own
from stacks.aws.storage import Storage

ENGINE_VERSION, FAMILY = "16", "postgres16"
"""The major version only: AWS brings the minor ones in the maintenance window."""
PORT = 5432
NAME = USER = "orthanc"
GROWS_TO = 4
"""A database grows by itself up to so many times its size."""
LOGGED = (("rds.force_ssl", "1"), ("log_connections", "1"), ("log_disconnections", "1"))


def database(own: Own, storage: Storage) -> aws.rds.Instance:
    """Its master password is AWS's to make, keep and rotate: netprov never sees it."""
    design, name = own.ground.design, own.name("index")
    keeping, sizes, index = design.keeping, design.sizes, own.ground.index(own.node)
    subnets = aws.rds.SubnetGroup(
        name, name=name, subnet_ids=list(own.ground.subnets[own.node]), tags=own.tags, opts=own.options()
    )
    return aws.rds.Instance(
        name,
        identifier=name,
        engine="postgres",
        engine_version=ENGINE_VERSION,
        instance_class=sizes.database,
        allocated_storage=sizes.database_gb,
        max_allocated_storage=sizes.database_gb * GROWS_TO,
        storage_type="gp3",
        storage_encrypted=True,
        kms_key_id=storage.key.arn,
        db_name=NAME,
        username=USER,
        manage_master_user_password=True,
        master_user_secret_kms_key_id=storage.key.arn,
        multi_az=keeping.multi_zone,
        publicly_accessible=False,
        db_subnet_group_name=subnets.name,
        vpc_security_group_ids=[own.inner("index", PORT, "its index")],
        parameter_group_name=_parameters(own).name,
        # AWS Backup sets this to its own plan's days, and RDS then refuses to be told others.
        backup_retention_period=KEPT_DAYS,
        copy_tags_to_snapshot=True,
        deletion_protection=own.ground.protect,
        delete_automated_backups=own.ground.delete_studies,
        skip_final_snapshot=own.ground.delete_studies,
        final_snapshot_identifier=None if own.ground.delete_studies else index.last,
        snapshot_identifier=index.source or None,
        auto_minor_version_upgrade=True,
        performance_insights_enabled=True,
        performance_insights_kms_key_id=storage.key.arn,
        enabled_cloudwatch_logs_exports=["postgresql"],
        tags=own.tags,
        opts=own.options(_log(own, storage)),
    )


def _log(own: Own, storage: Storage) -> aws.cloudwatch.LogGroup:
    """Where RDS writes what it logs; there first, or RDS makes one that is not encrypted and never ends."""
    return aws.cloudwatch.LogGroup(
        own.name("index"),
        name=f"/aws/rds/instance/{own.name('index')}/postgresql",
        retention_in_days=own.ground.design.keeping.log_days,
        kms_key_id=storage.key.arn,
        tags=own.tags,
        opts=own.options(),
    )


def _parameters(own: Own) -> aws.rds.ParameterGroup:
    """Without TLS no connection is taken, and each one is logged."""
    return aws.rds.ParameterGroup(
        own.name("index"),
        name=own.name("index"),
        family=FAMILY,
        parameters=[aws.rds.ParameterGroupParameterArgs(name=name, value=value) for name, value in LOGGED],
        tags=own.tags,
        opts=own.options(),
    )
