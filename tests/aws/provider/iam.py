"""Roles and what they may do."""

import json
from urllib.parse import unquote

from tests.aws.provider.account import Account
from tests.aws.provider.kind import Found, Kind, Wanted, policy, told
from tests.aws.provider.managed_policies import provide
from tests.aws.provider.wire import Values


class Role(Kind):
    token = "aws:iam/role:Role"
    replaces = frozenset({"name", "namePrefix", "path"})
    named = "name"
    taggable = "iam"

    def create(self, aws: Account, wanted: Wanted) -> str:
        given = wanted.calls("path", "description", "maxSessionDuration", "permissionsBoundary", name="RoleName")
        trust = _document(wanted.take("assumeRolePolicy"))
        wanted.ignore("forceDetachPolicies")
        return str(aws.call("iam", "create_role", AssumeRolePolicyDocument=trust, **given)["Role"]["RoleName"])

    def read(self, aws: Account, found: Found) -> Values:
        role = aws.call("iam", "get_role", RoleName=found.id)["Role"]
        seen = told(role, "arn", "path", "description", "maxSessionDuration", name="RoleName", uniqueId="RoleId")
        return seen | {"assumeRolePolicy": policy(role["AssumeRolePolicyDocument"])}

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        if wanted.has("assumeRolePolicy"):
            trust = _document(wanted.take("assumeRolePolicy"))
            aws.call("iam", "update_assume_role_policy", RoleName=found.id, PolicyDocument=trust)
        if given := wanted.calls("description", "maxSessionDuration"):
            aws.call("iam", "update_role", RoleName=found.id, **given)
        wanted.ignore("forceDetachPolicies")

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("iam", "delete_role", RoleName=found.id)

    def tag_key(self, found: Found) -> str:
        return found.id


class RolePolicy(Kind):
    token = "aws:iam/rolePolicy:RolePolicy"
    replaces = frozenset({"name", "namePrefix", "role"})
    named = "name"

    def create(self, aws: Account, wanted: Wanted) -> str:
        role, name = wanted.take("role"), wanted.take("name")
        document = _document(wanted.take("policy"))
        aws.call("iam", "put_role_policy", RoleName=role, PolicyName=name, PolicyDocument=document)
        return f"{role}:{name}"

    def read(self, aws: Account, found: Found) -> Values:
        role, name = found.id.split(":")
        held = aws.call("iam", "get_role_policy", RoleName=role, PolicyName=name)["PolicyDocument"]
        return {"policy": policy(unquote(held) if isinstance(held, str) else held), "role": role, "name": name}

    def update(self, aws: Account, found: Found, wanted: Wanted) -> None:
        role, name = found.id.split(":")
        document = _document(wanted.take("policy"))
        aws.call("iam", "put_role_policy", RoleName=role, PolicyName=name, PolicyDocument=document)

    def delete(self, aws: Account, found: Found) -> None:
        role, name = found.id.split(":")
        aws.call("iam", "delete_role_policy", RoleName=role, PolicyName=name)


class RolePolicyAttachment(Kind):
    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    replaces = frozenset({"role", "policyArn"})

    def create(self, aws: Account, wanted: Wanted) -> str:
        given = wanted.calls("policyArn", role="RoleName")
        provide(given["PolicyArn"], aws)
        aws.call("iam", "attach_role_policy", **given)
        return f"{given['RoleName']}/{given['PolicyArn']}"

    def read(self, aws: Account, found: Found) -> Values:
        attached = aws.call("iam", "list_attached_role_policies", RoleName=found["role"])["AttachedPolicies"]
        if found["policyArn"] not in {each["PolicyArn"] for each in attached}:
            raise LookupError(found.id)
        return {}

    def delete(self, aws: Account, found: Found) -> None:
        aws.call("iam", "detach_role_policy", RoleName=found["role"], PolicyArn=found["policyArn"])


def _document(given: object) -> str:
    return given if isinstance(given, str) else json.dumps(given)


KINDS: tuple[Kind, ...] = (Role(), RolePolicy(), RolePolicyAttachment())
