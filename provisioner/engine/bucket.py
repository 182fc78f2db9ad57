"""A bucket of S3 as a store in which of two writers one is told that the other was first."""

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from provisioner.engine import amazon
from provisioner.engine.backend import Address
from provisioner.errors import NetprovError

MISSING = {"NoSuchKey", "404"}
BEATEN = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
SAME = {"304", "NotModified"}
DENIED = {"AccessDenied", "403", "Forbidden", "AllAccessDisabled"}
ELSEWHERE = {"PermanentRedirect", "301", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}


@dataclass(frozen=True, slots=True)
class Held:
    """One object as it is now."""

    content: bytes
    edition: str
    """Changes with each writing."""
    age_seconds: float
    """Since it was written, by the bucket's own clock: no two machines need agree on the time."""


class Unchanged(Exception):
    """The object is the edition that the caller has."""


class Bucket:
    """The objects under one prefix. Every method raises NetprovError for what AWS refuses."""

    def __init__(self, address: Address) -> None:
        self._address = address

    @property
    def _client(self) -> Any:
        return amazon.client("s3", self._address.region, self._address.profile)

    def where(self, name: str = "") -> str:
        """For people."""
        return f"s3://{self._address.name}/{self._address.prefix}{name}"

    def get(self, name: str, *, known: str = "") -> Held | None:
        """The object, None if there is none. Raises Unchanged if it is the edition that is known."""
        given = {"IfNoneMatch": known} if known else {}
        found = self._asked("get_object", MISSING | SAME, Key=self._key(name), **given)
        if isinstance(found, str):
            if found in SAME:
                raise Unchanged
            return None
        said = found["ResponseMetadata"]["HTTPHeaders"]
        age = parsedate_to_datetime(said["date"]) - found["LastModified"]
        with amazon.refusals(f"{self.where(name)} cannot be read"):
            return Held(found["Body"].read(), found["ETag"], max(0.0, age.total_seconds()))

    def put(self, name: str, content: bytes, *, over: str = "") -> str | None:
        """Write it whole, over this edition or where there is none; the new edition, or None: another was first."""
        condition = {"IfMatch": over} if over else {"IfNoneMatch": "*"}
        made = self._asked("put_object", MISSING | BEATEN, Key=self._key(name), Body=content, **condition)
        if not isinstance(made, str):
            return str(made["ETag"])
        there = self.get(name)  # an answer that got lost is asked for again, and we are then beaten by ourselves
        return there.edition if there and there.content == content else None

    def delete(self, name: str, *, over: str = "") -> bool:
        """Take it away, if it is still this edition."""
        given = {"IfMatch": over} if over else {}
        return not isinstance(self._asked("delete_object", MISSING | BEATEN, Key=self._key(name), **given), str)

    def names(self, under: str) -> tuple[str, ...]:
        """All names that begin so."""
        found: list[str] = []
        more: dict[str, str] = {}
        while True:
            page = self._asked("list_objects_v2", set(), Prefix=self._key(under), **more)
            found += [each["Key"].removeprefix(self._address.prefix) for each in page.get("Contents", ())]
            if not page.get("IsTruncated"):
                return tuple(found)
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def _key(self, name: str) -> str:
        return f"{self._address.prefix}{name}"

    def _asked(self, operation: str, expected: set[str], **given: Any) -> Any:
        """AWS's answer, or the word by which it refuses in a way that is expected."""
        bucket = self._address.name
        with amazon.refusals(f"the state in {self.where()} cannot be reached"):
            try:
                return getattr(self._client, operation)(Bucket=bucket, **given)
            except Exception as error:
                if (word := amazon.code(error)) in expected:
                    return word
                if known := _known(word, bucket, operation):
                    raise known from error
                raise


def _known(word: str, bucket: str, operation: str) -> NetprovError | None:
    """The commonest refusals, with what to do."""
    if word == "NoSuchBucket":
        return NetprovError(f"there is no bucket {bucket}", "netprov state init makes one, or mend the name")
    if word in DENIED:
        call = "".join(part.capitalize() for part in operation.removesuffix("_v2").split("_"))
        return NetprovError(
            f"you may not use the bucket {bucket}: AWS refuses {call}",
            "see who you are: aws sts get-caller-identity; docs/aws.md has the rights that are needed",
        )
    if word in ELSEWHERE:
        return NetprovError(f"the bucket {bucket} is in another region", "name its region: s3://...?region=REGION")
    return None
