"""Runs inside Orthanc (system Python, standard library only): netprov's own part of a node.

GET /netprov/identity    the network, the node and the generation of the deployment
GET /netprov/settings    the configuration that Orthanc has really loaded, each secret as a fingerprint
GET /netprov/metrics     what is counted, for Prometheus
/netprov/images/...      a study's images as pictures: see images/__init__.py
/netprov/sharing/...     routing: see sharing/service.py
/netprov/worklist/..., /dicom-web/workitems    at its home, the shared worklist: see worklist/__init__.py
/dicom-web/subscribers/...    there too, past Orthanc: see worklist/channel.py
C-FIND of modality worklist    the same list for workstations: see worklist/queries.py
"""

import hashlib
import json
import sys
from pathlib import Path

import orthanc

SECRET_KEYS = ("password", "pin", "token", "connectionuri")


def masked(value, secret=False):
    """The value with every secret in it replaced: a fingerprint shows a change and gives nothing away."""
    if isinstance(value, dict):
        return {key: masked(below, secret or is_secret(key)) for key, below in value.items()}
    if isinstance(value, list):
        return [masked(below, secret) for below in value]
    if secret and isinstance(value, str):
        return "sha256:" + hashlib.sha256(value.encode()).hexdigest()[:12]
    return value


def is_secret(key):
    """RegisteredUsers maps each user to a password, and HttpHeaders may carry an authorization."""
    lower = key.lower()
    return lower in ("registeredusers", "httpheaders") or lower.endswith(SECRET_KEYS)


def answer(output, request, value):
    if request["method"] != "GET":
        output.SendMethodNotAllowed("GET")
        return
    output.AnswerBuffer(json.dumps(value, sort_keys=True), "application/json")


def on_identity(output, _uri, **request):
    answer(output, request, IDENTITY)


def on_settings(output, _uri, **request):
    answer(output, request, SETTINGS)


def on_metrics(output, _uri, **request):
    """What Orthanc counts, and what this node does, as far as the caller may know."""
    from sharing.figures import TYPE, exposition

    if request["method"] != "GET":
        output.SendMethodNotAllowed("GET")
        return
    caller = request.get("headers", {}).get("x-netprov-caller", "operator")
    own = exposition(figure for part in PARTS for figure in part.figures(caller))
    output.AnswerBuffer(orthanc.RestApiGet("/tools/metrics-prometheus").decode() + own, TYPE)


def parts(folder, home):
    """What else runs here, each told of Orthanc's changes; the worklist at its home only."""
    sys.path.insert(0, str(folder / "plugins"))
    from images.plugin import Images
    from sharing.plugin import Plugin

    sharing = Plugin(orthanc, folder)
    if not home:
        from worklist.queries import relay

        relay(orthanc, sharing.settings, sharing.ask_home)
        Images(orthanc, sharing.node, lambda *_: True, sharing.viewed)
        return [sharing]
    from worklist import start

    worklist = start(orthanc, str(folder), sharing.settings, announce=sharing.announced, mover=sharing.mover())
    Images(orthanc, sharing.node, lambda *asked: worklist.may_view(*asked) or sharing.own(asked[1]), worklist.viewed)
    # The worklist first: who waits for its news is let go before anything else ends.
    return [worklist, sharing]


def on_change(change, _level, _resource):
    for part in PARTS:
        part.changed(change)


CONFIGURATION = json.loads(orthanc.GetConfiguration())
IDENTITY = CONFIGURATION.get("Netprov", {})
FOLDER, HOME = IDENTITY.pop("folder", None), IDENTITY.pop("worklist", False)
SETTINGS = masked(json.loads(orthanc.GetConfiguration()))
del CONFIGURATION

orthanc.RegisterRestCallback("/netprov/identity", on_identity)
orthanc.RegisterRestCallback("/netprov/settings", on_settings)
PARTS = parts(Path(FOLDER), HOME) if FOLDER else []
if PARTS:
    orthanc.RegisterOnChangeCallback(on_change)
    orthanc.RegisterRestCallback("/netprov/metrics", on_metrics)
