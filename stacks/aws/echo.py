# ruff: noqa: N802  # names are the wire protocol's
"""A provider that makes nothing: it gives inputs back as outputs, with ids and ARNs that it invents.

With it a plan needs no account, no credentials, no plugin and no network, and is the real engine's all the same: what
a resource refers to is known, since whatever it refers to has an id.

`python -m stacks.aws.echo` is a process of it: it reads one line, the accounts; writes one line, its port; and when its
input ends, so also when who started it has died, writes what it was asked for.
"""

import hashlib
import json
import sys
import threading
from collections.abc import Mapping
from concurrent import futures
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from provisioner.record import record
from provisioner.site.planned import Planned

NOBODY = "000000000000"
"""Account number where the definition gives none."""
SECRET, OUTPUT, UNKNOWN = (
    "1b47061264138c4ac30d75fd1eb44270",
    "d0e6a833031e9bbcd3f4e8bde6ca49a4",
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
)
"""Pulumi's marks of a secret, of an output with its own facts, and of what is not known yet."""
SIGNATURE = "4dabf18193072939515e22adb298388d"
SEALED = "secret"
WORKERS = 8
Context = grpc.ServicerContext


@record
class Holder:
    """The account behind one provider of the program."""

    owner: str
    number: str


@record
class Echoed:
    """One resource as it would be, and the words by which others refer to it."""

    planned: Planned
    id: str
    arn: str


class Echo(provider_pb2_grpc.ResourceProviderServicer):
    """Serves the protocol to previews, and keeps what it was asked for."""

    def __init__(self, holders: Mapping[str, Holder]) -> None:
        """`holders` go by the names that the program's providers have."""
        self._holders = holders
        self._configured: dict[str, tuple[str, str]] = {}
        self._echoed: list[Echoed] = []
        self._guard = threading.Lock()

    @property
    def echoed(self) -> tuple[Echoed, ...]:
        """All resources, in an order that is the same each time."""
        return tuple(sorted(self._echoed, key=lambda each: (each.planned.kind, each.planned.name)))

    # -- the handshake ------------------------------------------------------------------------------------------

    def Attach(self, request: plugin_pb2.PluginAttach, context: Context) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: Context
    ) -> provider_pb2.ProviderHandshakeResponse:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def GetPluginInfo(self, request: empty_pb2.Empty, context: Context) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version="7.0.0")

    def Cancel(self, request: empty_pb2.Empty, context: Context) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def CheckConfig(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    def Configure(self, request: provider_pb2.ConfigureRequest, context: Context) -> provider_pb2.ConfigureResponse:
        """All providers of the program are this one: the engine's connection tells which one calls."""
        with self._guard:
            self._configured[context.peer()] = (request.name, str(known(request.args).get("region", "")))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    # -- one resource -------------------------------------------------------------------------------------------

    def Check(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    def Create(self, request: provider_pb2.CreateRequest, context: Context) -> provider_pb2.CreateResponse:
        provider, region = self._configured.get(context.peer(), ("", ""))
        holder = self._holders.get(provider, Holder("", ""))
        number = holder.number or NOBODY
        properties = {"region": region, **known(request.properties)}
        planned = Planned(request.type, request.name, properties, holder.owner)
        its_id, arn = identity(planned, region, number)
        with self._guard:
            self._echoed.append(Echoed(planned, its_id, arn))
        outputs = struct_pb2.Struct()
        outputs.CopyFrom(request.properties)
        outputs.update(invented(planned, its_id, arn, number))
        return provider_pb2.CreateResponse(id=its_id, properties=outputs)


def known(message: struct_pb2.Struct) -> dict[str, Any]:
    """Properties as plain values: what is not known is None, a secret the word `secret`."""
    return {key: _known(value) for key, value in MessageToDict(message).items()}


def _known(value: Any) -> Any:
    match value:
        case float():
            return int(value) if value.is_integer() else value
        case list():
            return [_known(item) for item in value]
        case dict() if value.get(SIGNATURE) == SECRET:
            return SEALED
        case dict() if value.get(SIGNATURE) == OUTPUT:
            return SEALED if value.get("secret") else _known(value.get("value"))
        case dict():
            return {key: _known(item) for key, item in value.items()}
        case _:
            return None if value == UNKNOWN else value


def identity(planned: Planned, region: str, number: str) -> tuple[str, str]:
    """An id and an ARN that are the same each time."""
    service, kind = planned.kind.split(":")[1].split("/")
    digest = hashlib.sha256(f"{planned.kind}:{planned.name}:{number}".encode()).hexdigest()[:17]
    # A bucket's id is its name, and its settings have the bucket's.
    bucket = str(planned.properties.get("bucket") or "") if service == "s3" else ""
    return bucket or f"{kind.lower()}-{digest}", f"arn:aws:{service}:{region}:{number}:{kind.lower()}/{planned.name}"


def invented(planned: Planned, its_id: str, arn: str, number: str) -> dict[str, Any]:
    """What AWS would say of a resource, and the program reads."""
    name = planned.name.lower()
    facts: dict[str, Any] = {"arn": arn, "ownerId": number}
    match planned.kind:
        case "aws:rds/instance:Instance":
            host = f"{name}.invented.rds.amazonaws.com"
            secret = [{"secretArn": f"{arn}-master", "secretStatus": "active"}]
            facts |= {"address": host, "endpoint": f"{host}:5432", "masterUserSecrets": secret}
        case "aws:lb/loadBalancer:LoadBalancer":
            facts |= {"dnsName": f"{name}.elb.amazonaws.com", "zoneId": "ZINVENTED", "arnSuffix": f"net/{name}/1"}
        case "aws:lb/targetGroup:TargetGroup":
            facts |= {"arnSuffix": f"targetgroup/{name}/1"}
        case "aws:route53/zone:Zone":
            facts |= {"zoneId": its_id}
        case "aws:kms/key:Key":
            facts |= {"keyId": its_id}
        case "aws:ec2/vpcEndpoint:VpcEndpoint":
            facts |= {"prefixListId": f"pl-{its_id[-17:]}"}
        case "aws:ec2/vpc:Vpc":
            facts |= {"defaultSecurityGroupId": f"sg-{its_id[-17:]}", "mainRouteTableId": f"rtb-{its_id[-17:]}"}
        case _:
            pass
    return facts


def serve() -> None:
    """The life of a process of it."""
    echo = Echo({name: Holder(*facts) for name, facts in json.loads(sys.stdin.readline()).items()})
    server = grpc.server(futures.ThreadPoolExecutor(WORKERS), options=[("grpc.so_reuseport", 0)])
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(echo, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    found = [
        (e.planned.kind, e.planned.name, e.planned.properties, e.planned.provider, e.id, e.arn) for e in echo.echoed
    ]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    serve()
