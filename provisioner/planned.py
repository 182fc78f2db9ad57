"""A resource before it exists: what a target is about to make, in the words of whoever will make it.

A target gives these without touching anything; the rules that look at the level "planned" judge them before `up`.
"""

from collections.abc import Mapping
from typing import Any

from provisioner.record import record


@record
class Planned:
    """One resource of a plan.

    `kind` is its Pulumi type, as aws:s3/bucket:Bucket or orthanc:index:Node. `properties` are its inputs under the
    names that the provider knows (camelCase), as plain values; an output that is not known yet is None, a secret the
    word `secret`. `provider` names the account or machine that will hold it: a legal person's ODS code or name.
    """

    kind: str
    name: str
    properties: Mapping[str, Any]
    provider: str
