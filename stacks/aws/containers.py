"""The containers of a node's task: what puts its files in place, Orthanc, its TLS front, and what watches both.

Each is pinned by digest, none but the first runs as root, and none can write to its own image.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from site_templates import text
from stacks.aws.place import DICOM, DOOR, FOLDER, FRONT, HEALTH, LASTING, OURS, STATE, USER

ORTHANC = "/usr/local/bin/Orthanc"
PYTHON = "python3"
BOOT, ARCHIVE, PROXY, READERS, WATCH, PROOF = "boot", "orthanc", "front", "readers", "watch", "prove"
Container = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Images:
    """Both by digest."""

    orthanc: str
    nginx: str


@dataclass(frozen=True, slots=True)
class Logging:
    """Where containers log."""

    group: str
    region: str

    def of(self, container: str) -> dict[str, Any]:
        options = {
            "awslogs-group": self.group,
            "awslogs-region": self.region,
            "awslogs-stream-prefix": container,
            # A full buffer drops lines of the log; the other mode would stop the archive.
            "mode": "non-blocking",
            "max-buffer-size": "4m",
        }
        return {"logDriver": "awslogs", "options": options}


def boot(images: Images, logs: Logging, environment: Mapping[str, str], secrets: Mapping[str, str]) -> Container:
    """Ends when all files are in place; the others wait for it. It alone is given the secrets."""
    facts = {
        **environment,
        "NETPROV_FOLDER": str(FOLDER),
        "NETPROV_STATE": str(STATE),
        "NETPROV_LASTING": " ".join(LASTING),
        "NETPROV_UID": str(USER),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return {
        "name": BOOT,
        "image": images.orthanc,
        "essential": False,
        "entryPoint": [PYTHON, "-I", "-c"],
        "command": [text("aws/boot.py")],
        "environment": _pairs(facts),
        "secrets": [{"name": name, "valueFrom": arn} for name, arn in sorted(secrets.items())],
        "user": "0",
        "readonlyRootFilesystem": True,
        "mountPoints": _mounts("node"),
        "logConfiguration": logs.of(BOOT),
    }


def archive(images: Images, logs: Logging) -> Container:
    """Orthanc. It is well while its database answers."""
    environment = {
        # DCMTK waits for each packet's acknowledgement otherwise.
        "TCP_NODELAY": "1",
        # The role's credentials are the task's, never a machine's.
        "AWS_EC2_METADATA_DISABLED": "true",
        "TMPDIR": str(FOLDER / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    asks = ["CMD", PYTHON, *command("watch"), "--once"]
    return _running(ARCHIVE, images.orthanc, logs, [ORTHANC], [f"{FOLDER}/orthanc.json"]) | {
        "environment": _pairs(environment),
        "portMappings": _ports(DICOM),
        "healthCheck": {"command": asks, "interval": 30, "timeout": 15, "retries": 5, "startPeriod": 240},
        "dependsOn": _after(BOOT, "SUCCESS"),
        "mountPoints": _mounts("node", "state"),
        "stopTimeout": 60,
    }


def front(images: Images, logs: Logging) -> Container:
    """nginx: nobody comes in by HTTPS but through it."""
    command = ["-p", str(FOLDER), "-c", f"{FOLDER}/nginx.conf", "-e", "stderr"]
    return _running(PROXY, images.nginx, logs, ["nginx"], command) | {
        "portMappings": _ports(FRONT, HEALTH, DOOR),
        "dependsOn": _after(BOOT, "SUCCESS"),
        "mountPoints": _mounts("node"),
    }


def readers(images: Images, logs: Logging, environment: Mapping[str, str]) -> Container:
    """Has the door know who may come in."""
    return _beside(READERS, images, logs, command("readers")) | {"environment": _pairs(environment)}


def watch(images: Images, logs: Logging) -> Container:
    """Tells how the node is."""
    return _beside(WATCH, images, logs, [*command("watch"), str(FRONT)])


def _beside(name: str, images: Images, logs: Logging, command: Sequence[str]) -> Container:
    """Its end ends nothing else, and it is started anew."""
    return _running(name, images.orthanc, logs, [PYTHON], command) | {
        "essential": False,
        "restartPolicy": {"enabled": True, "restartAttemptPeriod": 60},
        "dependsOn": _after(BOOT, "SUCCESS"),
        "mountPoints": _mounts("node"),
    }


def prove(images: Images, logs: Logging) -> Container:
    return _running(PROOF, images.orthanc, logs, [PYTHON], command("prove")) | {
        "dependsOn": _after(BOOT, "SUCCESS"),
        "mountPoints": _mounts("node"),
    }


def command(script: str) -> list[str]:
    """Of Python's, to run one of the scripts that are in the bundle."""
    return ["-I", f"{FOLDER}/{OURS}/{script}.py"]


def _running(name: str, image: str, logs: Logging, entry: Sequence[str], command: Sequence[str]) -> Container:
    return {
        "name": name,
        "image": image,
        "essential": True,
        "entryPoint": list(entry),
        "command": list(command),
        "user": f"{USER}:{USER}",
        "readonlyRootFilesystem": True,
        "linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}},
        "logConfiguration": logs.of(name),
    }


def _pairs(facts: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in sorted(facts.items())]


def _ports(*ports: int) -> list[dict[str, Any]]:
    return [{"containerPort": port, "hostPort": port, "protocol": "tcp"} for port in ports]


def _mounts(*volumes: str) -> list[dict[str, Any]]:
    return [{"sourceVolume": volume, "containerPath": f"/{volume}", "readOnly": False} for volume in volumes]


def _after(container: str, condition: str) -> list[dict[str, str]]:
    return [{"containerName": container, "condition": condition}]
