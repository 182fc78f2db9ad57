"""ECS on Fargate."""

import json

from tests.aws.provider.account import Account
from tests.aws.provider.kind import Found, Kind, Wanted, only
from tests.aws.provider.wire import Values

TASK = (
    "family", "cpu", "memory", "networkMode", "executionRoleArn", "taskRoleArn", "requiresCompatibilities",
    "runtimePlatform", "ephemeralStorage", "pidMode", "ipcMode",
)  # fmt: skip
SERVICE = (
    "taskDefinition", "desiredCount", "platformVersion", "healthCheckGracePeriodSeconds", "enableExecuteCommand",
    "availabilityZoneRebalancing",
)  # fmt: skip
STEERING = ("forceDelete", "forceNewDeployment", "waitForSteadyState", "sigintRollback", "triggers")


class Cluster(Kind):
    token = "aws:ecs/cluster:Cluster"
    replaces = frozenset({"name"})
    named = "name"
    taggable = "ecs"

    def create(self, aws: Account, wanted: Wanted) -> str:
        answer = aws.call("ecs", "create_cluster", clusterName=wanted.take("name"), settings=wanted.take("settings"),
                          configuration=_cluster(wanted.take("configuration")))  # fmt: skip
        return str(answer["cluster"]["clusterArn"])

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.call("ecs", "describe_clusters", clusters=[found.id], include=["SETTINGS", "CONFIGURATIONS"])
        cluster = only(each for each in held["clusters"] if each["status"] != "INACTIVE")
        return {"arn": cluster["clusterArn"], "name": cluster["clusterName"], "settings": cluster.get("settings")}

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        settings, configuration = wanted.take("settings"), _cluster(wanted.take("configuration"))
        aws.call("ecs", "update_cluster", cluster=found.id, settings=settings, configuration=configuration)

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("ecs", "delete_cluster", cluster=found.id)


class TaskDefinition(Kind):
    """Every change is a new revision: all of it replaces."""

    token = "aws:ecs/taskDefinition:TaskDefinition"
    replaces = frozenset({*TASK, "containerDefinitions", "volumes", "placementConstraints", "proxyConfiguration"})
    taggable = "ecs"

    def create(self, aws: Account, wanted: Wanted) -> str:
        given = {name: wanted.take(name) for name in TASK}
        containers = json.loads(wanted.take("containerDefinitions"))
        if storage := given["ephemeralStorage"]:
            given["ephemeralStorage"] = {"sizeInGiB": storage["sizeInGib"]}
        volumes = [_volume(each) for each in wanted.take("volumes", [])]
        wanted.ignore("skipDestroy", "trackLatest")
        answer = aws.call("ecs", "register_task_definition", containerDefinitions=containers, volumes=volumes, **given)
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.call("ecs", "describe_task_definition", taskDefinition=found.id)["taskDefinition"]
        if held["status"] != "ACTIVE":
            raise LookupError(found.id)
        seen = {name: held[name] for name in ("family", "cpu", "memory", "networkMode", "revision") if name in held}
        return seen | {"arn": found.id, "arnWithoutRevision": found.id.rpartition(":")[0]}

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        wanted.ignore("skipDestroy", "trackLatest")

    def delete(self, aws: Account, found: Found) -> None:
        if not found.get("skipDestroy"):
            aws.call("ecs", "deregister_task_definition", taskDefinition=found.id)

    def tag_key(self, found: Found) -> str:
        return found.id


class Service(Kind):
    token = "aws:ecs/service:Service"
    replaces = frozenset({"name", "cluster", "launchType", "schedulingStrategy", "iamRole"})
    named = "name"
    taggable = "ecs"

    def create(self, aws: Account, wanted: Wanted) -> str:
        answer = aws.call(
            "ecs", "create_service",
            cluster=wanted.take("cluster"), serviceName=wanted.take("name"), launchType=wanted.take("launchType"),
            schedulingStrategy=wanted.take("schedulingStrategy"), propagateTags=wanted.take("propagateTags"),
            enableECSManagedTags=wanted.take("enableEcsManagedTags"), **_running(wanted),
        )  # fmt: skip
        wanted.ignore(*STEERING)
        return str(answer["service"]["serviceArn"])

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.call("ecs", "describe_services", cluster=found["cluster"], services=[found.id])["services"]
        service = only(each for each in held if each["status"] != "INACTIVE")
        seen: Values = {name: service[name] for name in (*SERVICE, "launchType") if name in service}
        # A family or an ARN may be asked for; an ARN is told.
        if seen["taskDefinition"].endswith(f"/{found.get('taskDefinition')}"):
            del seen["taskDefinition"]
        network = service.get("networkConfiguration", {}).get("awsvpcConfiguration")
        if network:
            public = network.get("assignPublicIp") == "ENABLED"
            seen["networkConfiguration"] = network | {"assignPublicIp": public}
        return seen | {"name": service["serviceName"], "arn": service["serviceArn"]}

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        """The real provider sends what has changed."""
        aws.call("ecs", "update_service", cluster=found["cluster"], service=found.id, **_running(wanted))
        wanted.ignore(*STEERING)

    def delete(self, aws: Account, found: Found) -> None:
        """Scaled to none first, as the real provider does."""
        aws.call("ecs", "update_service", cluster=found["cluster"], service=found.id, desiredCount=0)
        aws.call("ecs", "delete_service", cluster=found["cluster"], service=found.id)


def _running(wanted: Wanted) -> Values:
    """What can be given at first and changed later."""
    given = {name: wanted.take(name) for name in SERVICE}
    given["networkConfiguration"] = _network(wanted.take("networkConfiguration"))
    given["loadBalancers"] = _balancers(wanted.take("loadBalancers"))
    given["deploymentConfiguration"] = _deployment(wanted)
    if chosen := wanted.take("deploymentController"):
        given["deploymentController"] = chosen
    return given


def _network(given: Values | None) -> Values | None:
    if not given:
        return None
    public = {"assignPublicIp": "ENABLED" if given.get("assignPublicIp") else "DISABLED"}
    return {
        "awsvpcConfiguration": {name: given[name] for name in ("subnets", "securityGroups") if name in given} | public
    }


def _balancers(given: list[Values] | None) -> list[Values] | None:
    return given and [{key: value for key, value in each.items() if value is not None} for each in given]


def _deployment(wanted: Wanted) -> Values | None:
    given = {
        "maximumPercent": wanted.take("deploymentMaximumPercent"),
        "minimumHealthyPercent": wanted.take("deploymentMinimumHealthyPercent"),
        "deploymentCircuitBreaker": wanted.take("deploymentCircuitBreaker"),
    }
    return {key: value for key, value in given.items() if value is not None} or None


def _cluster(given: Values | None) -> Values | None:
    return given and {key: value for key, value in given.items() if value is not None}


def _volume(given: Values) -> Values:
    volume: Values = {"name": given["name"]}
    if held := given.get("efsVolumeConfiguration"):
        volume["efsVolumeConfiguration"] = held
    return volume


KINDS: tuple[Kind, ...] = (Cluster(), TaskDefinition(), Service())
