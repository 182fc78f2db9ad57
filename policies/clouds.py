"""SEC and RET: what only planned resources show: whether anything is public, and what a store deletes by itself."""

from collections.abc import Iterator

from policies.level import Level, Seen
from policies.resources import BUCKETS, DATABASE, bucket_of, of_resource, versions, word
from policies.rule import Fault, Judging, rule
from provisioner.findings import Severity
from provisioner.planned import Planned

PLANNED = (Level.PLANNED,)
LOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


@rule("SEC-20", Severity.ERROR, "national guidance: public access blocked (cloud storage guidance)", levels=PLANNED)
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


@rule(
    "RET-03", Severity.ERROR, "national guidance: Records Management Code (retention counts from care)", levels=PLANNED
)
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


RULES = (nothing_has_a_public_address, no_storage_deletes_by_age)
