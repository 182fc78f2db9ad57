"""RES, SEC, RET and GOV: what planned resources show: whose they are, and what is public, in clear or everywhere, or
deletes by itself."""

import json
import re
from collections.abc import Iterator
from typing import Any

from policies.level import DECLARED, Level, Seen
from policies.regions import LOCAL
from policies.resources import BUCKETS, DATABASE, bucket_of, held_by_others, of_resource, versions, word
from policies.rule import Fault, Judging, rule
from policies.sources import CLOUD_STORAGE, RECORDS_CODE
from policies.stated import legal_persons, listed
from provisioner.definition.hub import legal_person
from provisioner.findings import Severity
from provisioner.site.planned import Planned

PLANNED = (Level.PLANNED,)
EVERYWHERE = ("cloudfront/", "globalaccelerator/", "s3/bucketAccelerateConfiguration")
"""Services that copy or carry what they are given through any country that they are in."""
CLEAR = ("authToken", "masterPassword", "password", "privateKey", "secretString")
SECRET = re.compile(r"(?:.*_)?(?:PASSWORD|PASSWD|SECRET|TOKEN|PRIVATE_KEY)")
"""The name of a variable whose value should come from a store of secrets."""
SEALED = "secret"
"""What a plan shows in the place of a secret."""
LOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


@rule("SEC-20", Severity.ERROR, f"national guidance: public access blocked, {CLOUD_STORAGE}", levels=PLANNED)
def nothing_has_a_public_address(seen: Seen) -> Iterator[Fault]:
    """Nothing that holds or serves images is public: no bucket, no database, no task, no load balancer.

    Each bucket has a public access block with all four locks; databases, tasks and load balancers have no public
    address.

    PASS:
        planned:
          - {kind: "aws:s3/bucket:Bucket", name: images, properties: {bucket: images}}
          - kind: aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock
            name: images-shut
            properties:
              bucket: images
              blockPublicAcls: true
              blockPublicPolicy: true
              ignorePublicAcls: true
              restrictPublicBuckets: true
          - {kind: "aws:lb/loadBalancer:LoadBalancer", name: front, properties: {internal: true}}

    FAIL:
        planned:
          - kind: aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock
            name: images-shut
            properties:
              blockPublicAcls: true
              blockPublicPolicy: true
              ignorePublicAcls: true
              restrictPublicBuckets: false  # here
          - kind: aws:rds/instance:Instance
            name: index
            properties:
              publiclyAccessible: true  # here
    """
    yield from _unblocked(seen)
    for database in seen.resources(DATABASE):
        if database.properties.get("publiclyAccessible"):
            yield from _must_be(seen, database, "publiclyAccessible", False)
    for balancer in seen.resources("lb/loadBalancer:LoadBalancer"):
        yield from _must_be(seen, balancer, "internal", True)
    for service in seen.resources("ecs/service:Service"):
        if (service.properties.get("networkConfiguration") or {}).get("assignPublicIp"):
            key = ("networkConfiguration", "assignPublicIp")
            yield of_resource(seen, service, key, "expected false, found true: it would be on the internet", "`false`")


def _unblocked(seen: Seen) -> Iterator[Fault]:
    blocks = list(seen.resources("s3/bucketPublicAccessBlock:BucketPublicAccessBlock"))
    shut = {bucket_of(block) for block in blocks}
    for bucket in seen.resources(*BUCKETS):
        if not shut & {bucket.name, bucket.properties.get("bucket")}:
            message = f"expected a public access block of bucket {bucket.name}, found none"
            yield of_resource(seen, bucket, (), message, "a BucketPublicAccessBlock with all four locks")
    for block in blocks:
        for key in LOCKS:
            yield from _must_be(seen, block, key, True)


def _must_be(seen: Seen, resource: Planned, key: str, value: bool) -> Iterator[Fault]:
    found = resource.properties.get(key)
    if found is not value:
        message = f"expected {word(value)}, found {word(found)}: {resource.name} would be public"
        yield of_resource(seen, resource, (key,), message, f"`{key}: {word(value)}`")


@rule("RET-03", Severity.ERROR, f"national guidance: {RECORDS_CODE}, retention counts from care", levels=PLANNED)
def no_storage_deletes_by_age(seen: Seen) -> Judging:
    """No rule of a store deletes studies by the age of their files.

    Retention counts from the end of care, or a birthday, which a store does not know. It may move files to colder
    storage, and delete what was already replaced.

    PASS:
        planned:
          - kind: aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration
            name: images-life
            properties: {rules: [{id: old, status: Enabled, noncurrentVersionExpiration: {noncurrentDays: 90}}]}

    FAIL:
        planned:
          - kind: aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration
            name: images-life
            properties:
              rules:
                - id: tidy
                  status: Enabled
                  expiration: {days: 2920}  # here
    """
    stores = list(seen.resources(*versions("s3", "BucketLifecycleConfiguration")))
    for store in stores:
        for number, each in enumerate(store.properties.get("rules") or ()):
            expiry = each.get("expiration") or {}
            if each.get("status") != "Disabled" and (expiry.get("days") or expiry.get("date")):
                message = (
                    f"expected a store that keeps studies, found rule {each.get('id')} of {store.name} deleting by age"
                )
                hint = "transition instead of expiration; studies are deleted by two people (RET-06)"
                yield of_resource(seen, store, ("rules", number, "expiration"), message, hint)
    return None if stores else "no store has a rule of its own"


@rule("RES-10", Severity.WARN, "engineering: what is in every region is in every jurisdiction", levels=PLANNED)
def nothing_goes_through_every_country(seen: Seen) -> Iterator[Fault]:
    """No image goes through a service that has no region, as a content delivery network, which may copy it anywhere.

    PASS:
        planned:
          - {kind: "aws:s3/bucket:Bucket", name: images, properties: {bucket: images}}

    FAIL:
        planned:
          - kind: aws:cloudfront/distribution:Distribution
            name: viewer
            properties: {enabled: true}  # here
    """
    for resource in seen.resources():
        kind = resource.kind.partition(":")[2]
        if kind.startswith(EVERYWHERE):
            message = f"expected services with a region alone, found {resource.name}, of kind {kind}"
            yield of_resource(seen, resource, (), message, "serve images from the region in which they are")


@rule("SEC-09", Severity.ERROR, "engineering: what a plan shows, its state and its log show too", levels=PLANNED)
def no_secret_is_planned_in_clear(seen: Seen) -> Iterator[Fault]:
    """No password, token or private key stands in a plan in clear: a store of secrets hands it out.

    Looks at what is called so among the properties of every resource, and among the variables of every task. A
    definition has no place for passwords: the reader refuses them.

    PASS:
        planned:
          - {kind: "aws:rds/instance:Instance", name: index, properties: {manageMasterUserPassword: true}}
          - {kind: "aws:secretsmanager/secretVersion:SecretVersion", name: node, properties: {secretString: secret}}

    FAIL:
        planned:
          - kind: aws:rds/instance:Instance
            name: index
            properties:
              password: orthanc  # here
          - kind: aws:ecs/taskDefinition:TaskDefinition
            name: node
            properties:
              containerDefinitions: '[{"environment":[{"name":"DB_PASSWORD","value":"orthanc"}]}]'  # here
    """
    for resource in seen.resources():
        for key in CLEAR:
            if resource.properties.get(key) not in (None, "", SEALED):
                yield of_resource(seen, resource, (key,), f"expected no {key} in clear, found one", IN_STORE)
    for task in seen.resources("ecs/taskDefinition:TaskDefinition"):
        told = [name for name in _variables(task.properties.get("containerDefinitions")) if SECRET.fullmatch(name)]
        if told:
            message = f"expected no secret among the variables of {task.name}, found {listed(told)}"
            yield of_resource(seen, task, ("containerDefinitions",), message, IN_STORE)


IN_STORE = "a store of secrets, which the task or the database asks by itself"


def _variables(containers: Any) -> Iterator[str]:
    """The names of variables that have a value of their own; nothing where the containers are not known yet."""
    try:
        found = json.loads(containers) if isinstance(containers, str) else containers
    except ValueError:
        return
    for container in found if isinstance(found, list) else ():
        for variable in container.get("environment") or ():
            if variable.get("value") not in (None, "", SEALED):
                yield str(variable.get("name"))


@rule(
    "GOV-12",
    Severity.ERROR,
    "engineering: derived, a network without legal personality cannot contract",
    levels=DECLARED,
)
def a_legal_person_owns_the_account(seen: Seen) -> Iterator[Fault]:
    """The cloud account belongs to a legal person: a member, the entity or the supplier.

    Looks at `platform.account_owner`: a member's ODS code, `entity` (then `legal_entity` must be there) or
    `supplier` (then `supplier` must be there). It may be left out only where no account exists (`region: local`). Looks
    at whose account each planned resource would be in, too.

    PASS:
        platform: {region: eu-west-2, zones: 2, account_owner: RXA}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          account_owner: Severn Imaging Network  # here

    FAIL:
        platform: {region: eu-west-2, zones: 2, account_owner: RXA}
        planned:
          - kind: aws:s3/bucket:Bucket
            name: images
            provider: Nobody Limited
            properties: {}  # here
    """
    network = seen.network
    words = legal_persons(network)
    persons = {legal_person(network, word) for word in words}
    expected, hint = f"expected it in the account of {listed(sorted(persons))}", "an owner in `deployment.aws.accounts`"
    yield from held_by_others(seen, persons, expected, hint)
    platform = network.platform
    if platform is None or (not platform.account_owner and platform.region == LOCAL):
        return
    if platform.account_owner not in words:
        yield Fault(
            (*platform.path, "account_owner"),
            f"expected one of {listed(words)}; found {platform.account_owner or 'nothing'}",
            "the ODS code of the member that signs for the account, or `entity`, or `supplier`",
            platform.account_owner,
        )


RULES = (
    a_legal_person_owns_the_account,
    nothing_goes_through_every_country,
    no_secret_is_planned_in_clear,
    nothing_has_a_public_address,
    no_storage_deletes_by_age,
)
