"""What the operator's own tools need to speak to the nodes: one curl configuration a node, written at each `up`."""

from provisioner.disk import place
from stacks.local.ground import Ground


def write_clients(ground: Ground) -> None:
    """Write what is missing or out of date."""
    for node in ground.topology.nodes:
        place(ground.folder.clients / f"{node.id}.curl", curl_settings(ground, node.id), durable=False)


def curl_settings(ground: Ground, name: str) -> str:
    """A curl configuration with which the operator speaks to a node: the one place where that password stands."""
    clients, login = ground.folder.clients, ground.keys.operator(name).used
    values = {
        "cert": clients / "operator.crt",
        "key": clients / "operator.key",
        "cacert": clients / "trust.crt",
        "user": f"{login.user}:{login.password}",
    }
    return "".join(f'{key} = "{value}"\n' for key, value in values.items())
