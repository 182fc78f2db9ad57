"""Where a cloud region lies decides which rule asks about it: each class, in full."""

import pytest

from policies.regions import ADEQUATE, EEA, LOCAL, PARTLY_ADEQUATE, UK, standing

AMERICA = ("ca-central-1", "ca-west-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2")
EAST_ASIA = ("ap-northeast-1", "ap-northeast-2", "ap-northeast-3")


@pytest.mark.parametrize(
    ("regions", "known", "said"),
    [
        (UK, {"eu-west-2"}, "in the UK"),
        (
            EEA,
            {"eu-west-1", "eu-west-3", "eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2"},
            "in the EEA, not in the UK",
        ),
        (
            ADEQUATE,
            {"eu-central-2", "il-central-1"},
            "outside the UK, in a country that UK regulations call adequate",
        ),
        (
            PARTLY_ADEQUATE,
            {*AMERICA, *EAST_ASIA},
            "outside the UK, in a country that UK regulations call adequate for some receivers only",
        ),
        ((LOCAL,), {"local"}, "this machine, which may stand anywhere"),
        (
            ("ap-south-1", "me-south-1"),
            {"ap-south-1", "me-south-1"},
            "outside the UK, in a country without UK adequacy regulations",
        ),
    ],
)
def test_each_region_has_its_standing(regions: tuple[str, ...], known: set[str], said: str) -> None:
    assert set(regions) == known
    assert {standing(region) for region in regions} == {said}
