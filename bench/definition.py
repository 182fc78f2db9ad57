"""A definition as large as England: 150 members, 240 sites, about 50 attributes a site, 46 planted faults.

Deterministic, so that two runs of the benchmark read the same bytes. Each fault breaks one of the ten rules that
`rego/ten.rego` states too; nothing else is wrong with the file, but that HOS-03 sees GOV-12's fault in its own way. Run
as a script it prints the file.
"""

import string
import sys
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path

import yaml

EXAMPLE = Path(__file__).parent.parent / "examples/severn.yaml"
REGIONS = ("region", "log_region", "key_region")
LETTERS = string.ascii_uppercase
RULES = frozenset(("DCM-02", "DCM-07", "DCM-22", "GOV-12", "HOS-01", "RES-01", "RES-05", "RES-08", "RET-01", "SEC-12"))
SCANNERS = ("CT", "CT", "MR", "DX", "DX", "US", "MG", "NM")
MEMBERS, SITES, PLACES, POOLS = 150, 240, 80, 6


def faults(times: int = 1) -> int:
    """How many faults are planted: 6 that a file has once, 40 in every 240 sites."""
    return 6 + 40 * times


def definition(times: int = 1) -> str:
    """The text, with `times` times as many of everything."""
    codes = _codes(MEMBERS * times)
    parts = (_head(codes[1]), _members(codes), _places(times), _rest(codes, times), _links(codes, times), _pools(times))
    return "\n".join(line for part in parts for line in part) + "\n"


def one_of_many(number: int, members: int = 7) -> str:
    """One network of England's: its own id, and members that no other one has."""
    codes = _codes((number + 1) * members)[-members:]
    text = "\n".join(line for part in (_head(codes[1]), _members(codes), _rest(codes, 0)) for line in part)
    return text.replace("id: england", f"id: england-{number}", 1) + "\n"


def _codes(many: int) -> tuple[str, ...]:
    return tuple(f"{a}{b}{c}" for a, b, c in islice(product("RT", LETTERS + string.digits, LETTERS), many))


def _head(host: str) -> Iterator[str]:
    """One fault of GOV-12: an independent provider is host."""
    yield from (
        "netprov: 1",
        "network:",
        "  id: england",
        "  name: England",
        "  environment: production",
        "operating_model: hosted",
        f"host: {host}",
    )


def _members(codes: tuple[str, ...]) -> Iterator[str]:
    """5 faults of DCM-07 in every 150 members: an issuer that the member before has too."""
    yield "members:"
    serial = 0
    for m, code in enumerate(codes):
        yield from (
            f"  - ods: {code}",
            f"    name: Trust {code} Foundation Trust",
            f"    kind: {'independent' if m == 1 else 'foundation_trust'}",
            f"    patient_id_issuer: {codes[m - 1] if m % 30 == 29 else code}",
            f"    ico: ZA{m:06d}",
            "    dspt: Standards Met",
            "    dspt_year: 2026-27",
            f"    siro: Director of finance of {code}",
            f"    caldicott: Medical director of {code}",
            f"    dpo: Head of information governance of {code}",
            "    sites:",
        )
        for number in (1, 2) if m % 5 in (0, 2, 4) else (1,):
            yield from _site(f"{code}{number:02d}", serial)
            serial += 1


def _site(code: str, serial: int) -> Iterator[str]:
    """24 faults of RES-01 in every 240 sites, and one of DCM-02 in the whole file."""
    network = f"10.{serial // 256}.{serial % 256}"
    yield from (
        f"      - ods: {code}",
        f"        name: Hospital number {serial}",
        "        kind: acute",
        f"        aet: {'ORTHANC' if serial == 100 else f'PACS{serial:05d}'}",
        f"        region: {'eu-west-1' if serial % 10 == 9 else 'eu-west-2'}",
        f"        cidr: {network}.0/24",
        f"        accession_issuer: {code}",
        f"        uid_root: 1.2.826.0.1.3680043.9.7.{serial + 1}",
        "        contact: PACS office",
        "        fallback: local viewing",
        "        mpe: regional physics",
        "        worklist_source: local RIS",
        "        report_return: HL7 to the RIS",
        "        modalities:",
    )
    for i, kind in enumerate(SCANNERS):
        yield f"          - aet: {kind}{serial:05d}{i}"
        yield f"            kind: {kind}"
        yield f"            address: {network}.{i + 10}"
        yield "            port: 104"


def _places(times: int) -> Iterator[str]:
    """8 faults of RES-08 in every 80 places."""
    yield "external:"
    for p in range(PLACES * times):
        yield f"  - name: reader-{p}"
        yield "    kind: teleradiology"
        yield f"    country: {'AU' if p % 10 == 9 else 'GB'}"
        yield f"    operator: Reading Company {p}"
        yield f"    aet: READ{p:05d}"
        yield f"    address: reader-{p}.example.org"
        yield f"    readers: READERS-{p}, all on the GMC register"
        yield "    qa: QA-4, discrepancies reviewed monthly"
        yield "    dpia: DPIA-2"


def _rest(codes: tuple[str, ...], times: int) -> Iterator[str]:
    """What the example of a hosted network says of its platform, its governance and its staff, for this one's members.

    One fault each of SEC-12, RET-01 and RES-05.
    """
    example = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    platform, governance = example["platform"], example["governance"]
    platform |= {"account_owner": "England Imaging", "key_owner": codes[0], "zones": 2} | dict.fromkeys(
        REGIONS, "eu-west-2"
    )
    platform["storage"] |= {"encrypted": False, "retention_years": 7, "expected_tb": 2100, "quota_tb": 3000}
    platform["backup"] |= {"offsite_region": "eu-central-1"}
    readers = [f"Reading Company {p}" for p in range(PLACES * times)]
    signed = {"signed": "2026-03-02", "review": "2029-03-01"}
    governance |= {
        "agreements": [
            {"kind": "hosting_agreement", "parties": list(codes), **signed, "ref": "HOST-1"},
            *(
                {"kind": "sla", "parties": [code, codes[1]], **signed, "ref": f"SLA-{code}"}
                for code in codes
                if code != codes[1]
            ),
        ],
        "parties": [
            *({"party": code, "role": "joint_controller"} for code in codes),
            *({"party": reader, "role": "processor"} for reader in readers),
        ],
        "processors": [{"kind": "art28", "parties": [codes[1], r], **signed, "ref": "A28"} for r in readers],
        "cost_shares": [{"member": code, "share": 100 / len(codes)} for code in codes],
    }
    for key in ("dpia", "joint_controller", "dsa"):
        governance[key]["members"] = list(codes)
    governance["board"]["members"] = list(codes)
    rest = {"platform": platform, "governance": governance, "workforce": example["workforce"]}
    yield yaml.safe_dump(rest, sort_keys=False, default_flow_style=None, width=120).rstrip()


def _links(codes: tuple[str, ...], times: int) -> Iterator[str]:
    """Each member's first site to one place beyond the network."""
    yield "links:"
    for m, code in enumerate(codes):
        yield f"  - from: {code}01"
        yield f"    to: reader-{m % (PLACES * times)}"


def _pools(times: int) -> Iterator[str]:
    """3 faults of DCM-22 in every 6 pools."""
    yield from ("reporting:", "  worklist:", "    turnaround_days: 28", "  pools:")
    for p in range(POOLS * times):
        yield f"    - name: pool-{p}"
        yield f"      turnaround_days: {14 if p % 2 else 42}"
        yield "      modalities: [CT, MR]"


if __name__ == "__main__":
    sys.stdout.write(definition(int(sys.argv[1]) if len(sys.argv) > 1 else 1))
