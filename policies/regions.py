"""In which country a cloud region lies, and how UK law sees data there.

The adequacy list is the ICO's (EEA, Gibraltar, Switzerland, Israel, New Zealand and others; partly Canada, Japan,
Korea and the USA); which region lies where is the cloud provider's own list.
"""

LOCAL = "local"
"""The machine on which netprov runs: the name says nothing of the country."""

UK = ("eu-west-2",)
EEA = ("eu-west-1", "eu-west-3", "eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2")
ADEQUATE = ("eu-central-2", "il-central-1")
PARTLY_ADEQUATE = (
    *("ca-central-1", "ca-west-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
)

EUROPE = (
    *("AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT"),
    *("LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"),
)
"""Countries of the EEA, and Switzerland."""


def standing(region: str) -> str:
    """How UK law sees data in `region`, in words for a message."""
    if region in UK:
        return "in the UK"
    if region in EEA:
        return "in the EEA, not in the UK"
    if region in ADEQUATE:
        return "outside the UK, in a country that UK regulations call adequate"
    if region in PARTLY_ADEQUATE:
        return "outside the UK, in a country that UK regulations call adequate for some receivers only"
    if region == LOCAL:
        return "this machine, which may stand anywhere"
    return "outside the UK, in a country without UK adequacy regulations"
