"""In which country a cloud region lies: the cloud provider's own list."""

LOCAL = "local"
"""The machine on which netprov runs: the name says nothing of the country."""
UNITED_KINGDOM = "GB"
_REGIONS = {
    "AE": ("me-central-1",),
    "AU": ("ap-southeast-2", "ap-southeast-4"),
    "BH": ("me-south-1",),
    "BR": ("sa-east-1",),
    "CA": ("ca-central-1", "ca-west-1"),
    "CH": ("eu-central-2",),
    "CN": ("cn-north-1",),
    "DE": ("eu-central-1",),
    "ES": ("eu-south-2",),
    "FR": ("eu-west-3",),
    "GB": ("eu-west-2",),
    "HK": ("ap-east-1",),
    "ID": ("ap-southeast-3",),
    "IE": ("eu-west-1",),
    "IL": ("il-central-1",),
    "IN": ("ap-south-1", "ap-south-2"),
    "IT": ("eu-south-1",),
    "JP": ("ap-northeast-1", "ap-northeast-3"),
    "KR": ("ap-northeast-2",),
    "MX": ("mx-central-1",),
    "MY": ("ap-southeast-5",),
    "NZ": ("ap-southeast-6",),
    "SE": ("eu-north-1",),
    "SG": ("ap-southeast-1",),
    "TH": ("ap-southeast-7",),
    "TW": ("ap-east-2",),
    "US": ("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    "ZA": ("af-south-1",),
}
_COUNTRIES = {region: country for country, regions in _REGIONS.items() for region in regions}


def country_of(region: str) -> str:
    """The ISO 3166 code of the country in which a region lies; empty where its name does not say."""
    return _COUNTRIES.get(region, "")
