"""From text to a running, verified network; knows no target and no policy.

The stages, in order; each takes a value and gives a value, and none calls back to an earlier one. A folder imports
those above it alone:

    definition/document   bytes -> Document: values, and the place of each in the file
    definition/reader     Document -> Network, with every finding on the way
    links/linking         Network -> Topology: the nodes that must exist, and which may do what at which other
    engine/engine         a Pulumi program -> the engine's verdict; provider is what the engine calls
    site/render           a node -> its files, through site_templates
    proving/verify        Topology and live nodes -> Report: what is linked works, and what is not is refused

In `links` also what follows from a topology: drawings, and where copies can end up. In `engine` also where a network is
kept (registry), who works on it (lock), and the same where several machines share it (backend, safe, lease). Beside
the folders stands what all of them use: findings, errors, record and plain, home, disk, pki and credentials.
"""

VERSION = "0.1.0"
