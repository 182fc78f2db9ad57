"""From text to a running, verified network; knows no target and no policy.

The stages, in order; each takes a value and gives a value, and none calls back to an earlier one:

    document   bytes -> Document: values, and the place of each in the file
    reader     Document -> Network, with every finding on the way
    linking    Network -> Topology: the nodes that must exist, and which may do what at which other
    render     a node -> its files, through site_templates
    engine     a Pulumi program -> the engine's verdict; provider is what the engine calls
    verify     Topology and live nodes -> Report: what is linked works, and what is not is refused

Beside them: pki and credentials (what trust stands on), orthanc (the client of one live node), home, lock and
registry (where a network is kept, who works on it, what was deployed); backend, safe and lease (the same, where several
machines share a network).
"""

VERSION = "0.1.0"
