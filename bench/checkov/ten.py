"""Ten of netprov's rules for checkov, as its users write them: Python checks over a generic YAML document.

checkov reports a check once a document, whatever it breaks; so ten failed checks are all that can be expected.
"""

from collections.abc import Callable
from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.yaml_doc.base_yaml_check import BaseYamlCheck
from checkov.yaml_doc.enums import BlockType

UK = {"eu-west-2"}


def members(conf: Any) -> list[Any]:
    return list(conf.get("members") or [])


def sites(conf: Any) -> list[Any]:
    return [site for member in members(conf) for site in member.get("sites") or []]


def platform(conf: Any) -> Any:
    return conf.get("platform") or {}


def issuers_differ(conf: Any) -> bool:
    issuers = [member.get("patient_id_issuer") or member.get("ods") for member in members(conf)]
    return len(issuers) == len(set(issuers))


def host_is_nhs(conf: Any) -> bool:
    nhs = {member.get("ods") for member in members(conf) if member.get("kind") != "independent"}
    return conf.get("operating_model") != "hosted" or conf.get("host") in nhs


RULES: dict[str, Callable[[Any], bool]] = {
    "RES_01": lambda conf: all(site.get("region") in UK for site in sites(conf)),
    "RES_05": lambda conf: (platform(conf).get("backup") or {}).get("offsite_region") in UK,
    "RES_08": lambda conf: all(p.get("country") == "GB" or p.get("transfer_route") for p in conf.get("external") or []),
    "GOV_12": lambda conf: platform(conf).get("account_owner") in {m.get("ods") for m in members(conf)},
    "HOS_01": host_is_nhs,
    "SEC_12": lambda conf: (platform(conf).get("storage") or {}).get("encrypted") is not False,
    "RET_01": lambda conf: (platform(conf).get("storage") or {}).get("retention_years", 8) >= 8,
    "DCM_02": lambda conf: all(site.get("aet") != "ORTHANC" for site in sites(conf)),
    "DCM_07": issuers_differ,
    "DCM_22": lambda conf: all(
        p.get("turnaround_days", 28) <= 28 for p in (conf.get("reporting") or {}).get("pools") or []
    ),
}


class Rule(BaseYamlCheck):
    """One of them."""

    def __init__(self, name: str, holds: Callable[[Any], bool]) -> None:
        self.holds = holds
        super().__init__(
            name=name,
            id=f"CKV_{name}",
            categories=[CheckCategories.CONVENTION],
            supported_entities=["*"],
            block_type=BlockType.DOCUMENT,
        )

    def scan_entity_conf(self, conf: Any, _: str) -> tuple[CheckResult, Any]:
        return (CheckResult.PASSED if self.holds(conf) else CheckResult.FAILED), conf


for each, rule in RULES.items():
    Rule(each, rule)
