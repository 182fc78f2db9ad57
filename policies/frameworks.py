"""Which controls of which frameworks the rules speak to: netprov's own mapping; none covers a control whole."""

FRAMEWORKS: dict[str, dict[str, tuple[str, ...]]] = {
    "UK GDPR": {
        "Art. 6 and 9, lawful purposes": ("IG-12",),
        "Art. 13 and 14, information": ("IG-13",),
        "Art. 26, joint controllers": ("IG-02", "IG-04", "IG-06"),
        "Art. 28, processors": ("IG-03", "IG-04", "IG-15", "OUT-01"),
        "Art. 30, records of processing": ("IG-05",),
        "Art. 32, security of processing": (
            *("SEC-01", "SEC-05", "SEC-06", "SEC-09", "SEC-12", "SEC-13", "SEC-14", "SEC-20", "BKP-01", "IG-14"),
        ),
        "Art. 35, impact assessment": ("IG-01", "IG-16"),
        "Art. 37, data protection officer": ("IG-08",),
        "Chapter V, transfers": (
            "RES-01",
            "RES-02",
            "RES-03",
            "RES-04",
            "RES-05",
            "RES-06",
            "RES-08",
            "RES-10",
            "RES-11",
            "RES-12",
            "RES-14",
        ),
    },
    "DSPT": {
        "status and year": ("IG-10",),
        "accountable roles": ("IG-08", "IG-09"),
        "B2, identity and access control": ("SEC-05", "SEC-08", "SEC-10", "SEC-13", "SEC-14", "IG-14"),
        "backups": ("BKP-01", "BKP-02", "BKP-03", "BKP-04", "BKP-07"),
    },
    "Caldicott": {
        "a Guardian in every organisation": ("IG-08",),
        "confidential information beyond direct care": ("IG-12",),
        "access is recorded": ("IG-14", "SEC-19"),
        "patients are told": ("IG-13",),
    },
    "DCB0160": {
        "clinical safety case": ("CS-01",),
        "clinical safety officer": ("CS-02",),
        "hazard log": ("CS-03",),
        "change control": ("CS-05",),
        "fallback and escalation": ("CS-06", "CS-07"),
    },
    "DCB0129": {"manufacturer's safety case": ("CS-04",)},
    "ISO 27001:2022": {
        "A.5.2 roles and responsibilities": ("GOV-05", "IG-08", "IG-09"),
        "A.5.14 information transfer": ("IG-06", "RES-08", "DCM-13"),
        "A.5.19 supplier relationships": ("OUT-03", "IG-15"),
        "A.5.20 supplier agreements": ("IG-03", "OUT-01"),
        "A.5.23 cloud services": ("GOV-12", "RES-01", "OUT-04"),
        "A.5.26 response to incidents": ("CS-07",),
        "A.5.29 security during disruption": ("CS-06",),
        "A.5.30 readiness for continuity": ("BKP-03", "BKP-06"),
        "A.5.33 protection of records": ("RET-01", "RET-02", "RET-05", "RET-07"),
        "A.5.34 privacy": ("IG-01", "IG-02", "IG-04", "IG-05", "IG-12", "IG-13", "IG-16"),
        "A.8.2 privileged access": ("SEC-13", "SEC-14"),
        "A.8.3 restriction of access": ("SEC-06", "SEC-07", "SEC-08"),
        "A.8.5 secure authentication": ("SEC-05", "SEC-09", "SEC-10", "SEC-13"),
        "A.8.6 capacity": ("CAP-01", "CAP-02"),
        "A.8.8 technical vulnerabilities": ("SEC-18",),
        "A.8.9 configuration": ("SEC-11",),
        "A.8.10 deletion": ("RET-03", "RET-06"),
        "A.8.13 backup": ("BKP-01", "BKP-02", "BKP-04", "BKP-07", "RES-05"),
        "A.8.14 redundancy": ("BKP-05",),
        "A.8.15 logging": ("IG-14", "RES-06", "SEC-19"),
        "A.8.20 network security": ("SEC-04", "SEC-15", "SEC-17", "SEC-20"),
        "A.8.24 cryptography": ("SEC-01", "SEC-02", "SEC-03", "SEC-12", "SEC-16", "RES-07"),
        "A.8.31 separation of environments": ("CS-08",),
        "A.8.32 change management": ("CS-05",),
        "A.8.33 test information": ("RES-09",),
    },
    "QSI and QSIN": {
        "a quality standard, its owner and review": ("WRK-08",),
        "governance of the network": ("GOV-03", "GOV-05", "GOV-06", "GOV-08", "WRK-07"),
        "quality of outside readers": ("WRK-10", "CS-10"),
        "turnaround": ("DCM-22",),
        "medical physics": ("CS-09", "WRK-13"),
    },
}


def controls(rule_id: str) -> tuple[tuple[str, str], ...]:
    """The framework and the control of each that a rule speaks to."""
    return tuple(
        (framework, control)
        for framework, asked in FRAMEWORKS.items()
        for control, rules in asked.items()
        if rule_id in rules
    )
