"""A node's files go into its bucket by netprov itself: in the engine's state they would be half of all that is there.

The engine writes its state anew at each step, and files that are the same on every node would make most of each
writing. An edition is never changed and never taken away before its node: a task that is made anew, or rolled back,
finds what it ran with.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from provisioner.errors import NetprovError
from stacks.aws.bundle import Bundle
from stacks.aws.cloud import Cloud, answer, refusals


@dataclass(frozen=True, slots=True)
class Parcel:
    """One node's files, and whose they are."""

    owner: str
    node: str
    bundle: Bundle
    tags: tuple[tuple[str, str], ...]


Deliver = Callable[[Parcel, str, str], Awaitable[str]]
"""Given the bucket and the key that it is under; the bucket, once the files are there."""


async def nothing(_: Parcel, bucket: str, __: str) -> str:
    """For what only looks: a plan makes nothing."""
    return bucket


class Delivery:
    """Of one run that makes what is wanted."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.refused: NetprovError | None = None

    async def __call__(self, parcel: Parcel, bucket: str, key: str) -> str:
        try:
            await asyncio.to_thread(self._put, parcel, bucket, key)
        except NetprovError as error:
            self.refused = error
            raise
        return bucket

    def _put(self, parcel: Parcel, bucket: str, key: str) -> None:
        with refusals(f"the files of {parcel.node} cannot be put into {bucket}"):
            s3 = self._cloud.client(parcel.owner, "s3")
            name = parcel.bundle.key
            if not answer(s3, "head_object", Bucket=bucket, Key=name):
                s3.put_object(
                    Bucket=bucket,
                    Key=name,
                    Body=parcel.bundle.content,
                    ContentType="application/x-bzip2",
                    ServerSideEncryption="aws:kms",
                    SSEKMSKeyId=key,
                    Tagging=urlencode(parcel.tags),
                )
