"""Which rules one operating model owes, and others do not; every other rule is owed by all seven."""

from policies.ownership import PROCURED, VENTURES
from policies.rule import Rule
from provisioner.definition.choices import OperatingModel

OWN: dict[str, tuple[OperatingModel, ...]] = {
    "COL": (OperatingModel.COLLABORATION,),
    "ALL": (OperatingModel.ALLIANCE,),
    "HOS": (OperatingModel.HOSTED,),
    "LLP": (OperatingModel.JV_LLP,),
    "LTD": (OperatingModel.JV_COMPANY,),
    "CIC": (OperatingModel.CIC,),
    "OUT": (OperatingModel.OUTSOURCED,),
    "JV": VENTURES,
    "JV-06": PROCURED,
    "WRK-04": (OperatingModel.COLLABORATION, OperatingModel.ALLIANCE),
}
"""By a family's prefix, or by the id of a rule that goes its own way."""


def owing(rule: Rule) -> tuple[OperatingModel, ...]:
    """The operating models that owe this rule."""
    return OWN.get(rule.id) or OWN.get(rule.family) or tuple(OperatingModel)
