"""The examples that run through the contract, and their settings of the target: whose accounts, and how joined."""

HOSTED, ALLIANCE, CIC = "severn", "avon", "tamar"
MODELS = {
    HOSTED: "    sites: [{site: RXB01, vpn: 198.51.100.7, asn: 65010}]\n",
    ALLIANCE: """\
    accounts:
      - {owner: RXD, account: "111111111111", role: "arn:aws:iam::111111111111:role/netprov"}
      - {owner: RXE, account: "222222222222", role: "arn:aws:iam::222222222222:role/netprov"}
      - {owner: RXF, account: "333333333333", role: "arn:aws:iam::333333333333:role/netprov"}
""",
    CIC: """\
    join: transit_gateway
    account: "444444444444"
    role: arn:aws:iam::444444444444:role/netprov
    object_lock: true
""",
}
"""One account for all, one for each trust, and that of the company."""
