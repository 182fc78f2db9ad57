# ruff: noqa: N802  # the names are the wire protocol's
"""Stands in for the real `aws` plugin: the engine's calls in, boto3 calls against moto out.

All of a program's aws.Provider instances are attached to this one server, and only Configure says which account is
meant; the engine has one connection for each of them, so the connection's own address tells them apart afterwards.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from provisioner.engine.provider import struct
from tests.aws.provider.account import Accounts, is_gone
from tests.aws.provider.catalogue import KINDS
from tests.aws.provider.compare import changes, observed
from tests.aws.provider.imports import opened, said
from tests.aws.provider.kind import Found, Kind, Wanted
from tests.aws.provider.tagging import get_tags, set_tags, unset_tags
from tests.aws.provider.wire import Values, plain

Context = grpc.ServicerContext
Some, Same = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE


class Provider:
    """One configured aws.Provider."""

    def __init__(self, accounts: Accounts, config: Values) -> None:
        roles = json.loads(config.get("assumeRoles", "[]"))
        self.account = accounts.at(config["region"], roles[0]["roleArn"] if roles else "")
        allowed = json.loads(config.get("allowedAccountIds", "[]"))
        if allowed and self.account.number not in allowed:
            raise PermissionError(f"account {self.account.number} is not one of {', '.join(allowed)}")
        self.tags: dict[str, str] = json.loads(config.get("defaultTags", "{}")).get("tags", {})


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """The protocol; what a type means is in its Kind."""

    def __init__(self, accounts: Accounts, before: Callable[[str, str], None] | None = None) -> None:
        self._accounts = accounts
        self._kinds = {kind.token: kind for kind in KINDS}
        self._before = before
        self._providers: dict[str, Provider] = {}
        self._lock = threading.Lock()

    # -- the handshake ------------------------------------------------------------------------------------------

    def Attach(self, request: plugin_pb2.PluginAttach, context: Context) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: Context
    ) -> provider_pb2.ProviderHandshakeResponse:
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: Context) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version="7.51.1")

    def Cancel(self, request: empty_pb2.Empty, context: Context) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def CheckConfig(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: Context) -> provider_pb2.DiffResponse:
        """Another role or region is another account: the real provider replaces all that hangs on it."""
        changed = changes(plain(request.old_inputs), plain(request.news)) & {"region", "assumeRoles"}
        return provider_pb2.DiffResponse(changes=Some if changed else Same, replaces=sorted(changed))

    def Configure(self, request: provider_pb2.ConfigureRequest, context: Context) -> provider_pb2.ConfigureResponse:
        with self._refusals(context):
            provider = Provider(self._accounts, plain(request.args))
            with self._lock:
                self._providers[context.peer()] = provider
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    # -- one resource -------------------------------------------------------------------------------------------

    def _meant(self, urn: str, context: Context) -> tuple[Kind, Provider]:
        token = urn.split("::")[2].rsplit("$", 1)[-1]
        if token not in self._kinds:
            context.abort(
                grpc.StatusCode.UNIMPLEMENTED, f"{token} is not mapped to boto3: add it to tests/aws/provider"
            )
        provider = self._providers.get(context.peer())
        if not provider:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not configured")
        return self._kinds[token], provider

    @contextmanager
    def _refusals(self, context: Context) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # the engine must get words, whatever went wrong
            logging.getLogger(__name__).debug("refused", exc_info=error)
            context.abort(grpc.StatusCode.UNKNOWN, f"{type(error).__name__}: {error}")

    def Check(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:
        kind, provider = self._meant(request.urn, context)
        inputs, old = plain(request.news), plain(request.olds)
        if kind.named and not {kind.named, f"{kind.named}Prefix"} & set(inputs):
            fresh = f"{request.urn.rsplit('::', 1)[-1]}-{request.randomSeed.hex()[:7]}"
            inputs[kind.named] = old.get(kind.named, fresh)
        if kind.taggable and (tags := provider.tags | (inputs.get("tags") or {})):
            inputs["tagsAll"] = tags
        return provider_pb2.CheckResponse(inputs=struct(inputs))

    def Diff(self, request: provider_pb2.DiffRequest, context: Context) -> provider_pb2.DiffResponse:
        kind, _ = self._meant(request.urn, context)
        old, new = plain(request.old_inputs), plain(request.news)
        changed = changes(old, new) - set(request.ignoreChanges)
        replaces = changed & kind.replaces
        same_name = bool(kind.named) and kind.named not in changed
        return provider_pb2.DiffResponse(
            changes=Some if changed else Same,
            diffs=sorted(changed),
            replaces=sorted(replaces),
            deleteBeforeReplace=bool(replaces) and same_name,
        )

    def Create(self, request: provider_pb2.CreateRequest, context: Context) -> provider_pb2.CreateResponse:
        kind, provider = self._meant(request.urn, context)
        inputs = plain(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        with self._refusals(context):
            self._announce("create", request.urn)
            wanted = Wanted(_without_tags(inputs) if kind.taggable else inputs)
            made = kind.create(provider.account, wanted)
            wanted.check(kind.token)
            found = _look(kind, provider, Found(made, inputs))
            if kind.taggable and inputs.get("tagsAll"):
                set_tags(provider.account, kind.taggable, kind.tag_key(found), inputs["tagsAll"])
            return provider_pb2.CreateResponse(id=made, properties=struct(found.properties))
        raise AssertionError

    def Read(self, request: provider_pb2.ReadRequest, context: Context) -> provider_pb2.ReadResponse:
        kind, provider = self._meant(request.urn, context)
        inputs, state = plain(request.inputs), plain(request.properties)
        with self._refusals(context):
            try:
                known = Found(request.id, state) if state else opened(provider.account, kind, request.id)
                found = _look(kind, provider, known)
            except Exception as error:
                if is_gone(error):
                    return provider_pb2.ReadResponse()
                raise
            actual = dict(found.properties)
            if kind.taggable and (inputs.get("tagsAll") or not state):
                actual["tagsAll"] = get_tags(provider.account, kind.taggable, kind.tag_key(found))
            if not state:
                actual |= {"tags": actual["tagsAll"]} if kind.taggable else {}
                inputs = inputs or said(kind.token, actual)
            seen = observed(inputs, actual)
            return provider_pb2.ReadResponse(id=found.id, properties=struct(actual | seen), inputs=struct(seen))
        raise AssertionError

    def Update(self, request: provider_pb2.UpdateRequest, context: Context) -> provider_pb2.UpdateResponse:
        kind, provider = self._meant(request.urn, context)
        old, new, state = plain(request.old_inputs), plain(request.news), plain(request.olds)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=struct(state | new))
        with self._refusals(context):
            self._announce("update", request.urn)
            found = Found(request.id, state)
            changed = changes(old, new)
            wanted = Wanted({name: new.get(name) for name in changed - {"tags", "tagsAll"}})
            if wanted.has(*changed - {"tags", "tagsAll"}):
                kind.update(provider.account, found, wanted)
            wanted.check(kind.token)
            if "tagsAll" in changed:
                _retag(kind, provider, found, old.get("tagsAll", {}), new.get("tagsAll", {}))
            kept = {name: value for name, value in state.items() if name not in old}
            after = _look(kind, provider, Found(request.id, kept | new))
            return provider_pb2.UpdateResponse(properties=struct(after.properties))
        raise AssertionError

    def Delete(self, request: provider_pb2.DeleteRequest, context: Context) -> empty_pb2.Empty:
        kind, provider = self._meant(request.urn, context)
        with self._refusals(context):
            self._announce("delete", request.urn)
            try:
                kind.delete(provider.account, Found(request.id, plain(request.properties)))
            except Exception as error:
                if not is_gone(error):
                    raise
        return empty_pb2.Empty()

    def _announce(self, operation: str, urn: str) -> None:
        if self._before:
            self._before(operation, urn)


def _look(kind: Kind, provider: Provider, found: Found) -> Found:
    return Found(found.id, found.properties | kind.read(provider.account, found))


def _without_tags(inputs: Mapping[str, Any]) -> Values:
    return {name: value for name, value in inputs.items() if name not in {"tags", "tagsAll"}}


def _retag(kind: Kind, provider: Provider, found: Found, old: dict[str, str], new: dict[str, str]) -> None:
    key = kind.tag_key(found)
    if gone := sorted(set(old) - set(new)):
        unset_tags(provider.account, kind.taggable, key, gone)
    set_tags(provider.account, kind.taggable, key, new)
