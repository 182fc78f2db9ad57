"""What the operating model implies: the shape of the network, where its middle is, and who owns that."""

from provisioner.definition.choices import OperatingModel, Shape
from provisioner.definition.network import Network
from provisioner.definition.once import once

HUB = "HUB"
"""Node id of a hub that is no site's."""


def shape(network: Network) -> Shape:
    """The shape asked for, or the operating model's own: only an alliance has no natural middle."""
    if network.topology is not None:
        return network.topology
    return Shape.MESH if network.operating_model is OperatingModel.ALLIANCE else Shape.HUB


@once
def home(network: Network) -> str:
    """Node that keeps the shared worklist, in a hub network the hub; empty in a mesh that names none."""
    worklist = network.reporting.worklist if network.reporting else None
    if worklist and any(site.ods == worklist.home for _, site in network.sites()):
        return worklist.home
    return HUB if shape(network) is Shape.HUB else ""


def hub_owner(network: Network) -> str:
    """The legal person that owns the hub: ODS code, or the name of an entity or supplier; empty if none is named."""
    entity, supplier = network.legal_entity, network.supplier
    match network.operating_model:
        case OperatingModel.COLLABORATION:
            return network.lead
        case OperatingModel.HOSTED:
            return network.host
        case OperatingModel.OUTSOURCED:
            return supplier.ods or supplier.name if supplier else ""
        case OperatingModel.ALLIANCE:
            return next((member.ods for member, site in network.sites() if site.ods == home(network)), "")
        case _:
            return entity.ods or entity.name if entity else ""


def legal_person(network: Network, word: str) -> str:
    """The ODS code or name behind `entity` and `supplier`; any other word is a code itself."""
    party = {"entity": network.legal_entity, "supplier": network.supplier}.get(word)
    return (party.ods or party.name) if party else word


def account_owner(network: Network) -> str:
    """The legal person that owns the platform's account: an ODS code, or a name; empty if none is named."""
    return legal_person(network, network.platform.account_owner) if network.platform else ""


@once
def node_ids(network: Network) -> tuple[str, ...]:
    """Every node, a hub of its own included."""
    ids = {site.ods for _, site in network.sites()}
    return tuple(sorted(ids | {HUB} if home(network) == HUB else ids))
