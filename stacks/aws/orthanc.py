"""Orthanc's settings on AWS: those of every target, as Orthanc 1.12 of the orthancteam image takes them.

Nobody outside reaches a node's REST interface, so its links stand in the file, and a changed link is a new edition.
"""

from typing import Any

from provisioner.links.linking import links_of
from provisioner.links.topology import Topology
from provisioner.site.render import Login, dicomweb_body, modality_body, orthanc_config, peer_body
from stacks.aws.confidential import caller
from stacks.aws.place import endpoint_of, site_of, word

PLUGIN_FOLDER = "/usr/share/orthanc/plugins-available"
"""Where the image keeps those that nobody has switched on."""
PLUGINS = ("OrthancDicomWeb", "OrthancPython", "OrthancPostgreSQLIndex", "OrthancAwsS3Storage")
CONNECTIONS = 8
"""Its default, 50, is half of what a small database takes."""
TLS_1_2 = 4
CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
)
"""By OpenSSL's names. Whoever sets the lowest version must name them: Orthanc then takes none of its own."""
WAITS_FOR_DATABASE = 30
"""Tries, one a second: a database that changes its zone is away for a minute, and the task is then made anew."""


def settings(topology: Topology, node: str) -> dict[str, object]:
    """All of orthanc.json."""
    config: dict[str, Any] = orthanc_config(site_of(topology, node))
    modalities, peers, servers = _links(topology, node)
    return config | {
        # Orthanc's own HTTP is for the front, which shares its network namespace.
        "HttpBindAddresses": ["127.0.0.1"],
        "DicomTlsMinimumProtocolVersion": TLS_1_2,
        "DicomTlsCiphersAccepted": list(CIPHERS),
        "DicomModalitiesInDatabase": False,
        "DicomModalities": modalities,
        "OrthancPeersInDatabase": False,
        "OrthancPeers": peers,
        "DicomWeb": config["DicomWeb"] | {"ServersInDatabase": False, "Servers": servers},
        "PostgreSQL": config["PostgreSQL"]
        | {"IndexConnectionsCount": CONNECTIONS, "MaximumConnectionRetries": WAITS_FOR_DATABASE},
        "AwsS3Storage": {
            "BucketName": word("bucket"),
            "Region": word("region"),
            "ConnectionTimeout": 30,
            "RequestTimeout": 1200,
            "StorageStructure": "flat",
        },
        "Plugins": [f"{PLUGIN_FOLDER}/lib{name}.so" for name in PLUGINS],
    }


def _links(topology: Topology, node: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Modalities, peers, DICOMweb servers."""
    links, files = links_of(topology, node), site_of(topology, node).folder
    own = (str(files.certificate), str(files.key))

    def login(target: str) -> Login:
        return Login(*own, caller(target) if target else None)

    def endpoint(target: str) -> Any:
        return endpoint_of(topology, target) if target else None

    return (
        {each.alias: modality_body(each, endpoint(each.node)) for each in links.modalities},
        {each.alias: peer_body(each, endpoint(each.node), login(each.node)) for each in links.peers},
        {each.alias: dicomweb_body(each, endpoint(each.node), login(each.node)) for each in links.dicomweb},
    )
