"""How each service tags, untags and lists tags: three calls, and the shape of a tag in them."""

from dataclasses import dataclass
from typing import Any

from tests.aws.provider.account import Account
from tests.aws.provider.wire import Values

Tags = dict[str, str]


@dataclass(frozen=True, slots=True)
class Way:
    """One service's way: its operations, what they call the resource, and how a tag is written."""

    tag: str
    untag: str
    list: str
    key: str
    """The parameter that names the resource."""
    tags: str = "Tags"
    keys: str = "TagKeys"
    listed: str = "Tags"
    form: tuple[str, str] | None = ("Key", "Value")
    """The names of a tag's two halves; None where tags are a plain mapping."""

    def write(self, tags: Tags) -> Any:
        return tags if self.form is None else pairs(tags, self.form)


def pairs(tags: Tags, form: tuple[str, str] = ("Key", "Value")) -> list[Values]:
    return [{form[0]: key, form[1]: value} for key, value in sorted(tags.items())]


def mapping(listed: Any, form: tuple[str, str] | None = ("Key", "Value")) -> Tags:
    return dict(listed) if form is None else {each[form[0]]: each.get(form[1], "") for each in listed}


TAG, UNTAG, LIST = "tag_resource", "untag_resource", "list_tags_for_resource"
WAYS = {
    "kms": Way(TAG, UNTAG, "list_resource_tags", "KeyId", form=("TagKey", "TagValue")),
    "iam": Way("tag_role", "untag_role", "list_role_tags", "RoleName"),
    "rds": Way("add_tags_to_resource", "remove_tags_from_resource", LIST, "ResourceName", listed="TagList"),
    "ecs": Way(TAG, UNTAG, LIST, "resourceArn", "tags", "tagKeys", "tags", ("key", "value")),
    "sns": Way(TAG, UNTAG, LIST, "ResourceArn"),
    "logs": Way(TAG, UNTAG, LIST, "resourceArn", "tags", "tagKeys", "tags", None),
    "cloudwatch": Way(TAG, UNTAG, LIST, "ResourceARN"),
    "backup": Way(TAG, UNTAG, "list_tags", "ResourceArn", keys="TagKeyList", form=None),
    "efs": Way(TAG, UNTAG, LIST, "ResourceId"),
    "secretsmanager": Way(TAG, UNTAG, "describe_secret", "SecretId"),
}
"""The services that do it the usual way; the rest are spelt out below."""


def set_tags(aws: Account, service: str, key: str, tags: Tags) -> None:
    match service:
        case "ec2":
            aws.call("ec2", "create_tags", Resources=[key], Tags=pairs(tags))
        case "elbv2":
            aws.call("elbv2", "add_tags", ResourceArns=[key], Tags=pairs(tags))
        case "s3":
            aws.call("s3", "put_bucket_tagging", Bucket=key, Tagging={"TagSet": pairs(tags)})
        case "route53":
            aws.call("route53", "change_tags_for_resource", **_zone(key), AddTags=pairs(tags))
        case _:
            way = WAYS[service]
            aws.call(service, way.tag, **{way.key: key, way.tags: way.write(tags)})


def unset_tags(aws: Account, service: str, key: str, names: list[str]) -> None:
    match service:
        case "ec2":
            aws.call("ec2", "delete_tags", Resources=[key], Tags=[{"Key": name} for name in names])
        case "elbv2":
            aws.call("elbv2", "remove_tags", ResourceArns=[key], TagKeys=names)
        case "s3":
            pass  # setting tags replaces all of the old ones
        case "route53":
            aws.call("route53", "change_tags_for_resource", **_zone(key), RemoveTagKeys=names)
        case _:
            way = WAYS[service]
            aws.call(service, way.untag, **{way.key: key, way.keys: names})


def get_tags(aws: Account, service: str, key: str) -> Tags:
    match service:
        case "ec2":
            found = aws.call("ec2", "describe_tags", Filters=[{"Name": "resource-id", "Values": [key]}])
            return mapping(found["Tags"])
        case "elbv2":
            return mapping(aws.call("elbv2", "describe_tags", ResourceArns=[key])["TagDescriptions"][0]["Tags"])
        case "s3":
            return mapping(aws.call("s3", "get_bucket_tagging", Bucket=key)["TagSet"])
        case "route53":
            found = aws.call("route53", "list_tags_for_resource", **_zone(key))
            return mapping(found["ResourceTagSet"]["Tags"])
        case _:
            way = WAYS[service]
            return mapping(aws.call(service, way.list, **{way.key: key}).get(way.listed, []), way.form)


def _zone(key: str) -> Values:
    return {"ResourceType": "hostedzone", "ResourceId": key}
