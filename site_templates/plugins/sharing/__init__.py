"""Routing between the nodes of a network: what a node acquires reaches the home, and is announced on its worklist.

    /changes -> changes -> queue -> routing -> transport -> the home's front
                                       |
                              coercion (identity)          announcement

- `changes` follows Orthanc's own log of changes, so that no study is missed, whatever is killed when.
- `queue` keeps on the disk what must still be sent, and why it could not be.
- `routing` sends what the receiver lacks, asks it what it holds, and announces the study.
- `exchange` is what two nodes say to each other of one study; `reports` brings home what was found elsewhere;
  `movement` is how the worklist has a study sent to who claims it, or wherever somebody wants it.
- `coercion` makes the copy that leaves: a patient's number qualified by who issued it; the original is not touched.
- `plugin` and `archive` alone speak to Orthanc; `service` wires all of it to one node.
"""
