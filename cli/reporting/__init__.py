"""What was found of a definition, in each form that somebody reads: people, code hosts, CI, auditors' tools."""
