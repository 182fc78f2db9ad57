"""A bare `pulumi up --skip-preview` of as many resources as a network has: the least that the engine costs.

An inline program served by the SDK's own server, a provider that does nothing, attached; nothing of netprov.
Run as a script: pulumi_floor.py ENGINE FOLDER COUNT. The first run in a folder makes the stack, the next are no-ops.
"""
# ruff: noqa: ARG002, N802  # the names and arguments are the wire protocol's

import os
import subprocess
import sys
from concurrent import futures
from pathlib import Path

import grpc
import pulumi
from google.protobuf import empty_pb2
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc

SETTINGS = {
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    "PULUMI_CONFIG_PASSPHRASE": "bench",
}
Context = grpc.ServicerContext


class Trivial(provider_pb2_grpc.ResourceProviderServicer):
    """Says yes to everything."""

    def Attach(self, request: plugin_pb2.PluginAttach, context: Context) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: Context) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version="1.0.0")

    def CheckConfig(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: Context) -> provider_pb2.DiffResponse:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: provider_pb2.ConfigureRequest, context: Context) -> provider_pb2.ConfigureResponse:
        return provider_pb2.ConfigureResponse()

    def Check(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: provider_pb2.DiffRequest, context: Context) -> provider_pb2.DiffResponse:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Create(self, request: provider_pb2.CreateRequest, context: Context) -> provider_pb2.CreateResponse:
        return provider_pb2.CreateResponse(id="there", properties=request.properties)


def program(count: int) -> None:
    """As many resources as asked for, in threes that depend on each other, as a site's are."""
    before: pulumi.CustomResource | None = None
    for i in range(count):
        options = pulumi.ResourceOptions(depends_on=[before] if before and i % 3 else [])
        before = pulumi.CustomResource("trivial:index:Thing", f"thing-{i}", {"name": f"site {i}", "port": i}, options)


def environment(folder: Path) -> dict[str, str]:
    backend = f"file://{folder}/state?metadata=skip"
    return dict(os.environ) | SETTINGS | {"PULUMI_HOME": str(folder / "home"), "PULUMI_BACKEND_URL": backend}


def prepare(engine: str, folder: Path) -> None:
    """Make the stack, once."""
    if (folder / "Pulumi.yaml").exists():
        return
    (folder / "state").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
    select = [engine, "stack", "select", "--create", "bench", "--non-interactive"]
    subprocess.run(select, cwd=folder, env=environment(folder), check=True, capture_output=True)


def up(engine: str, folder: Path, count: int) -> int:
    """One update, with program and provider served from here."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageServer(lambda: program(count)), server)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Trivial(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    command = [engine, "up", "--yes", "--skip-preview", "--stack", "bench", "--non-interactive"]
    command += ["--parallel", "16", f"--client=127.0.0.1:{port}", "--exec-kind", "auto.inline"]
    attached = environment(folder) | {"PULUMI_DEBUG_PROVIDERS": f"trivial:{port}"}
    code = subprocess.run(command, cwd=folder, env=attached, stdout=sys.stderr, check=False).returncode
    server.stop(0)
    return code


if __name__ == "__main__":
    engine, folder, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    prepare(engine, folder)
    sys.exit(up(engine, folder, count))
