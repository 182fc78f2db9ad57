"""What a node's files hold only by name, and what the names stand for.

A bundle can be read by whoever may deploy; what it calls `@netprov:internal@` is put in its place inside the task, from
the node's secret.
"""

import json

from provisioner.credentials import INTERNAL_USER, basic, fingerprint
from provisioner.links.linking import links_of
from provisioner.links.topology import Topology
from provisioner.site.render import OPERATOR, link_files
from stacks.aws.papers import Papers
from stacks.aws.place import site_of

USERS = "users.htpasswd"


def peer(node: str) -> str:
    """The name of a node's password at another one."""
    return f"peer:{node}"


def confidential(topology: Topology, papers: Papers, node: str) -> dict[str, dict[str, str]]:
    """The node's secret files, and the words that its other files leave out."""
    own = papers.certificates[node]
    internal = papers.password(f"orthanc:{node}")
    targets = sorted({flow.target for flow in topology.flows if flow.source == node} | {topology.home})
    known = {each.id for each in topology.nodes}
    words = {
        "internal": internal,
        "authorization": basic(INTERNAL_USER, internal),
        "operator": basic(OPERATOR, papers.password(f"operator:{node}")),
        "door": basic(node, papers.peer(node, topology.home)),
        **{peer(target): papers.peer(node, target) for target in targets if target in known},
    }
    files = {
        "tls/node.crt": own.certificate,
        "tls/node.key": own.key,
        "tls/trust.crt": own.trust,
        USERS: _users(topology, papers, node),
    }
    return {"files": files, "words": words}


def sealed(topology: Topology, papers: Papers, node: str) -> str:
    """All of it as the text that the secret holds."""
    return json.dumps(confidential(topology, papers, node), sort_keys=True)


def edition(topology: Topology, papers: Papers, node: str) -> str:
    """Tells that the secret has changed, and nothing of it: all in it is random or derived from what is."""
    return fingerprint(sealed(topology, papers, node))


def _users(topology: Topology, papers: Papers, node: str) -> str:
    """Hashed passwords of those who may call."""
    callers = links_of(topology, node).callers
    passwords = {caller.node: papers.peer(caller.node, node) for caller in callers}
    operator = papers.password(f"operator:{node}")
    return link_files(topology.id, site_of(topology, node), callers, passwords, operator)[USERS]
