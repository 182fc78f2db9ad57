"""Alarms, and the topics that carry them on."""

from typing import Any, ClassVar

from tests.aws.provider.account import Account
from tests.aws.provider.kind import Found, Kind, Wanted, only, policy, told
from tests.aws.provider.wire import Values

ALARM = (
    "actionsEnabled", "alarmActions", "alarmDescription", "comparisonOperator", "datapointsToAlarm",
    "evaluationPeriods", "extendedStatistic", "insufficientDataActions", "metricName", "namespace", "period",
    "statistic", "threshold", "treatMissingData", "unit",
)  # fmt: skip
ALARM_RENAMED = {"okActions": "OKActions", "name": "AlarmName"}


class Alarm(Kind):
    token = "aws:cloudwatch/metricAlarm:MetricAlarm"
    replaces = frozenset({"name"})
    named = "name"
    taggable = "cloudwatch"

    def create(self, aws: Account, wanted: Wanted) -> str:
        name = str(wanted.take("name"))
        self._put(aws, wanted)
        return name

    def _put(self, aws: Account, wanted: Wanted) -> None:
        given: Values = wanted.calls(*ALARM, **ALARM_RENAMED)
        if "Threshold" in given:
            given["Threshold"] = float(given["Threshold"])
        if dimensions := wanted.take("dimensions"):
            given["Dimensions"] = [{"Name": name, "Value": value} for name, value in sorted(dimensions.items())]
        if queries := wanted.take("metricQueries"):
            given["Metrics"] = [_query(each) for each in queries]
        aws.call("cloudwatch", "put_metric_alarm", **given)

    def read(self, aws: Account, found: Found) -> Values:
        held = only(aws.call("cloudwatch", "describe_alarms", AlarmNames=[found.id])["MetricAlarms"])
        seen = told(held, *ALARM, arn="AlarmArn", **ALARM_RENAMED)
        if held.get("Dimensions"):
            seen["dimensions"] = {each["Name"]: each["Value"] for each in held["Dimensions"]}
        return seen

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        """The whole alarm is put again."""
        asked = {*ALARM, *ALARM_RENAMED, "dimensions", "metricQueries"}
        whole = {name: value for name, value in found.properties.items() if name in asked}
        whole |= {name: wanted.take(name) for name in asked if wanted.has(name)}
        self._put(aws, Wanted(whole))

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("cloudwatch", "delete_alarms", AlarmNames=[found.id])


def _query(given: Values) -> Values:
    query: Values = {pascal: value for key, value in given.items() if key != "metric" for pascal in [_up(key)]}
    if metric := given.get("metric"):
        dimensions = [{"Name": name, "Value": value} for name, value in sorted(metric.get("dimensions", {}).items())]
        which = {"MetricName": metric["metricName"], "Namespace": metric["namespace"], "Dimensions": dimensions}
        query["MetricStat"] = {"Metric": which, "Period": metric["period"], "Stat": metric["stat"]}
    return query


def _up(name: str) -> str:
    return name[:1].upper() + name[1:]


class Topic(Kind):
    token = "aws:sns/topic:Topic"
    replaces = frozenset({"name", "namePrefix", "fifoTopic"})
    named = "name"
    taggable = "sns"
    attributes: ClassVar = {
        "kmsMasterKeyId": "KmsMasterKeyId",
        "policy": "Policy",
        "displayName": "DisplayName",
        "signatureVersion": "SignatureVersion",
    }

    def create(self, aws: Account, wanted: Wanted) -> str:
        attributes = {key: str(value) for key, value in wanted.calls(**self.attributes).items()}
        return str(aws.call("sns", "create_topic", Name=wanted.take("name"), Attributes=attributes)["TopicArn"])

    def read(self, aws: Account, found: Found) -> Values:
        held: dict[str, Any] = aws.call("sns", "get_topic_attributes", TopicArn=found.id)["Attributes"]
        seen = told(held, "kmsMasterKeyId", "displayName", "owner", arn="TopicArn")
        return seen | {"name": found.id.rsplit(":", 1)[-1], "policy": policy(held["Policy"])}

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        for ours, theirs in self.attributes.items():
            if wanted.has(ours):
                value = str(wanted.take(ours) or "")
                aws.call("sns", "set_topic_attributes", TopicArn=found.id, AttributeName=theirs, AttributeValue=value)

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("sns", "delete_topic", TopicArn=found.id)


KINDS: tuple[Kind, ...] = (
    Alarm(),
    Topic(),
)
