"""Log groups and what is counted in them."""

from tests.aws.provider.account import Account
from tests.aws.provider.kind import Found, Kind, Wanted, only
from tests.aws.provider.wire import Values


class LogGroup(Kind):
    token = "aws:cloudwatch/logGroup:LogGroup"
    replaces = frozenset({"name", "namePrefix", "logGroupClass"})
    named = "name"
    taggable = "logs"

    def create(self, aws: Account, wanted: Wanted) -> str:
        given = wanted.calls("kmsKeyId", "logGroupClass", name="logGroupName")
        renamed = {key[:1].lower() + key[1:]: value for key, value in given.items()}
        aws.call("logs", "create_log_group", **renamed)
        self._retain(aws, renamed["logGroupName"], wanted)
        wanted.ignore("skipDestroy")
        return str(renamed["logGroupName"])

    def _retain(self, aws: Account, group: str, wanted: Wanted) -> None:
        if days := wanted.take("retentionInDays"):
            aws.call("logs", "put_retention_policy", logGroupName=group, retentionInDays=days)

    def read(self, aws: Account, found: Found) -> Values:
        held = aws.call("logs", "describe_log_groups", logGroupNamePrefix=found.id)["logGroups"]
        group = only(each for each in held if each["logGroupName"] == found.id)
        seen = {key: group[key] for key in ("kmsKeyId", "retentionInDays") if key in group}
        return seen | {"name": found.id, "arn": group["arn"].removesuffix(":*")}

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        if wanted.has("retentionInDays") and not wanted.take("retentionInDays"):
            aws.call("logs", "delete_retention_policy", logGroupName=found.id)
        self._retain(aws, found.id, wanted)
        wanted.ignore("skipDestroy")

    def delete(self, aws: Account, found: Found) -> None:
        if not found.get("skipDestroy"):
            aws.call("logs", "delete_log_group", logGroupName=found.id)


class MetricFilter(Kind):
    token = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
    replaces = frozenset({"name", "logGroupName"})
    named = "name"

    def create(self, aws: Account, wanted: Wanted) -> str:
        name, group = str(wanted.take("name")), wanted.take("logGroupName")
        self._put(aws, name, group, wanted.take("pattern"), wanted.take("metricTransformation"))
        return name

    def _put(self, aws: Account, name: str, group: str, pattern: str, transformation: Values) -> None:
        renamed = {"name": "metricName", "namespace": "metricNamespace", "value": "metricValue"}
        chosen: Values = {renamed.get(key, key): value for key, value in transformation.items()}
        if "defaultValue" in chosen:
            chosen["defaultValue"] = float(chosen["defaultValue"])
        aws.call("logs", "put_metric_filter", filterName=name, logGroupName=group, filterPattern=pattern,
                 metricTransformations=[chosen])  # fmt: skip

    def read(self, aws: Account, found: Found) -> Values:
        group = found["logGroupName"]
        held = aws.call("logs", "describe_metric_filters", logGroupName=group, filterNamePrefix=found.id)
        return {"pattern": only(held["metricFilters"])["filterPattern"], "name": found.id}

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        pattern = wanted.take("pattern", found["pattern"])
        transformation = wanted.take("metricTransformation", found["metricTransformation"])
        self._put(aws, found.id, found["logGroupName"], pattern, transformation)

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("logs", "delete_metric_filter", filterName=found.id, logGroupName=found["logGroupName"])


KINDS: tuple[Kind, ...] = (LogGroup(), MetricFilter())
