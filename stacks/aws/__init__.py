"""The AWS target: the same topology in private networks of the members' own accounts.

    Network, Topology -> design -> program -> the Pulumi engine -> AWS

`design` is pure: which accounts, networks, addresses and permits there must be. `program` and what it calls turn that
into resources; only they import pulumi.
"""
