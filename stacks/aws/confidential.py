"""What a node's files hold only by name, and what the names stand for.

A bundle can be read by whoever may deploy; what it calls `@netprov:internal@` is put in its place inside the task, from
the node's secret.
"""

import json

from provisioner.credentials import INTERNAL_USER, OPERATOR, Credential, basic, fingerprint
from provisioner.links.linking import links_of
from provisioner.links.topology import Topology
from provisioner.site.render import USERS, users_file
from stacks.aws.papers import Papers
from stacks.aws.place import word

CALLER = "caller"
"""Names the user that a node is at all others."""


def peer(node: str) -> str:
    """The name of a node's password at another one."""
    return f"peer:{node}"


def caller(target: str) -> Credential:
    """How a node comes in at another one, by name only."""
    return Credential(word(CALLER), word(peer(target)))


def confidential(topology: Topology, papers: Papers, node: str) -> dict[str, dict[str, str]]:
    """The node's secret files, and the words that its other files leave out."""
    own, keys = papers.certificates[node], papers.keys
    internal = keys.password(f"orthanc:{node}")  # of one task's own: it changes with the task
    targets = sorted({flow.target for flow in topology.flows if flow.source == node} | {topology.home})
    known = {each.id for each in topology.nodes}
    words = {
        "internal": internal,
        "authorization": basic(INTERNAL_USER, internal),
        "operator": keys.operator(node).used.basic,
        "door": keys.peer(node, topology.home).used.basic,
        CALLER: keys.user(node),
        **{peer(target): keys.peer(node, target).used.password for target in targets if target in known},
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
    logins = {caller.node: papers.keys.peer(caller.node, node) for caller in callers}
    logins[OPERATOR] = papers.keys.operator(node)
    return users_file(callers, logins)
