"""Runs inside Orthanc (system Python, standard library only) and lets netprov ask a node who it is.

GET /netprov/identity    the network, the node and the generation of the deployment
GET /netprov/settings    the configuration that Orthanc has really loaded, each secret as a fingerprint
"""

import hashlib
import json

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


CONFIGURATION = json.loads(orthanc.GetConfiguration())
IDENTITY = CONFIGURATION.get("Netprov", {})
SETTINGS = masked(CONFIGURATION)
del CONFIGURATION

orthanc.RegisterRestCallback("/netprov/identity", on_identity)
orthanc.RegisterRestCallback("/netprov/settings", on_settings)
