# ruff: noqa: ARG002, N802  # the names and arguments are the wire protocol's
"""The Pulumi provider for Orthanc: the engine's calls in, one resource's create, read, update or delete out.

It is served from netprov's own process and the engine is told to attach to it, so nothing is left running
when either is killed. The wire protocol is spoken directly (pulumi's published protobuf types): inputs are
plain JSON values, which keeps the state small and free of secrets. A caller that does not know the network's
token is refused, since any local user can reach a loopback port.
"""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from google.protobuf import empty_pb2, struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from provisioner import VERSION
from provisioner.engine.journal import Journal, words
from provisioner.engine.plan import Action, Drift, Kind, Step
from provisioner.engine.resource import Difference, Inputs, Resource, Value, token_of

SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d"  # noqa: S105  # pulumi's mark of a secret value, no secret

Context = grpc.ServicerContext


def plain(message: struct_pb2.Struct) -> dict[str, Value]:
    """A protobuf struct as JSON values; it knows only floating-point numbers, ours are whole."""
    return {key: _whole(value) for key, value in MessageToDict(message).items()}


def _whole(value: object) -> Value:
    match value:
        case float():
            return int(value)
        case list():
            return [_whole(item) for item in value]
        case dict():
            if SECRET_SIGNATURE in value:
                return _whole(value["value"])
            return {str(key): _whole(item) for key, item in value.items()}
        case str() | bool() | int():
            return value
        case _:
            return ""


def struct(values: Inputs) -> struct_pb2.Struct:
    """JSON values as a protobuf struct."""
    message = struct_pb2.Struct()
    message.update(dict(values))
    return message


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Turns the engine's calls into calls of one Resource, and keeps the journal."""

    def __init__(self, resources: tuple[Resource, ...], token: str, journal: Journal) -> None:
        self._resources = {token_of(r.kind): r for r in resources}
        self._token = token
        self._journal = journal
        self._open = False

    # -- the handshake ------------------------------------------------------------------------------------------

    def Attach(self, request: plugin_pb2.PluginAttach, context: Context) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: Context
    ) -> provider_pb2.ProviderHandshakeResponse:
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: Context) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=VERSION)

    def Cancel(self, request: empty_pb2.Empty, context: Context) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def CheckConfig(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: Context) -> provider_pb2.DiffResponse:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: provider_pb2.ConfigureRequest, context: Context) -> provider_pb2.ConfigureResponse:
        given = str(plain(request.args).get("token", ""))
        self._open = hmac.compare_digest(given.encode(), self._token.encode())
        if not self._open:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "this provider belongs to another run of netprov")
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    # -- one resource -------------------------------------------------------------------------------------------

    def _resource(self, urn: str, context: Context) -> tuple[Resource, str]:
        if not self._open:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "not configured")
        _, _, kind, name = urn.split("::", 3)
        return self._resources[kind.rsplit("$", 1)[-1]], name

    @contextmanager
    def _refusals(self, context: Context) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001  # the engine must get words, whatever went wrong
            context.set_code(grpc.StatusCode.UNKNOWN)
            context.set_details(words(error))

    def _plan(self, action: Action, resource: Resource, name: str, found: Difference) -> None:
        restarts = found.restarts and action is not Action.CREATE
        changed = found.details or found.changed
        self._journal.plan(Step(action, resource.kind, name, found.reason, changed, restarts, found.starts))

    def Check(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:
        self._resource(request.urn, context)
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: provider_pb2.DiffRequest, context: Context) -> provider_pb2.DiffResponse:
        resource, name = self._resource(request.urn, context)
        response = provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)
        with self._refusals(context):
            found = resource.diff(name, plain(request.old_inputs), plain(request.news))
            action = Action.REPLACE if found.replace else Action.UPDATE if found.changed else Action.SAME
            self._plan(action, resource, name, found)
            if found.changed:
                replaces = found.changed if found.replace else ()
                response = provider_pb2.DiffResponse(
                    changes=provider_pb2.DiffResponse.DIFF_SOME,
                    diffs=found.changed,
                    replaces=replaces,
                    deleteBeforeReplace=True,
                )
        return response

    def Create(self, request: provider_pb2.CreateRequest, context: Context) -> provider_pb2.CreateResponse:
        resource, name = self._resource(request.urn, context)
        response = provider_pb2.CreateResponse(id=name, properties=request.properties)
        with self._refusals(context):
            inputs = plain(request.properties)
            self._plan(Action.CREATE, resource, name, resource.diff(name, {}, inputs))
            if not request.preview:
                with self._journal.step(Action.CREATE, resource.kind, name):
                    resource.create(name, inputs)
        return response

    def Read(self, request: provider_pb2.ReadRequest, context: Context) -> provider_pb2.ReadResponse:
        resource, name = self._resource(request.urn, context)
        with self._refusals(context):
            recorded = plain(request.inputs)
            actual = resource.read(name, recorded)
            self._journal.drift(differences(resource.kind, name, recorded, actual))
            if actual is None:
                return provider_pb2.ReadResponse()
            message = struct(actual)
            return provider_pb2.ReadResponse(id=request.id, properties=message, inputs=message)
        return provider_pb2.ReadResponse()

    def Update(self, request: provider_pb2.UpdateRequest, context: Context) -> provider_pb2.UpdateResponse:
        resource, name = self._resource(request.urn, context)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=request.news)
        with self._refusals(context), self._journal.step(Action.UPDATE, resource.kind, name):
            resource.update(name, plain(request.old_inputs), plain(request.news))
        return provider_pb2.UpdateResponse(properties=request.news)

    def Delete(self, request: provider_pb2.DeleteRequest, context: Context) -> empty_pb2.Empty:
        resource, name = self._resource(request.urn, context)
        self._journal.plan(Step(Action.DELETE, resource.kind, name))
        with self._refusals(context), self._journal.step(Action.DELETE, resource.kind, name):
            resource.delete(name, plain(request.properties))
        return empty_pb2.Empty()


def differences(kind: Kind, name: str, recorded: Inputs, actual: Inputs | None) -> list[Drift]:
    """Each recorded value that is not what is there."""
    if actual is None:
        return [Drift(kind, name, "", "present", "gone")]
    found: list[Drift] = []
    for key in sorted({*recorded, *actual}):
        old, new = recorded.get(key, ""), actual.get(key, "")
        if isinstance(old, dict) or isinstance(new, dict):
            olds = old if isinstance(old, dict) else {}
            news = new if isinstance(new, dict) else {}
            found += [
                Drift(kind, name, f"{key}.{each}", str(olds.get(each, "absent")), str(news.get(each, "absent")))
                for each in sorted({*olds, *news})
                if olds.get(each) != news.get(each)
            ]
        elif old != new:
            found.append(Drift(kind, name, key, str(old), str(new)))
    return found
