"""C-FIND for Modality Worklist, as Orthanc hands it to a plugin: at the worklist's home, and at every other node.

A workstation asks its own site's node. That node asks the home, which knows it by its certificate: so a workstation is
told what its site may report, and no AE title of another site's helps it.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

PATH = "/netprov/worklist/mwl"
Settings = Mapping[str, Any]
Tags = dict[str, Any]
Answers = Callable[[str, Tags], tuple[list[Tags], bool]]
"""What a calling AE title is told, and whether there would be more."""
Post = Callable[[str, bytes], tuple[int, bytes]]
"""One call to the home."""


def is_workstation(settings: Settings, aet: str) -> bool:
    """Whether it is declared at this node's own site. A scanner is told nothing: what is here is acquired already."""
    return aet.strip() in settings.get("workstations", ())


def serve_queries(orthanc: Any, found: Answers) -> None:
    def on_query(answers: Any, query: Any, aet: str, _called: str) -> None:
        short, nothing = orthanc.DicomToJsonFormat.SHORT, orthanc.DicomToJsonFlags.NONE
        asked = json.loads(orthanc.DicomBufferToJson(query.WorklistGetDicomQuery(), short, nothing, 0))
        told, more = found(aet, asked)
        for tags in told:
            answers.WorklistAddAnswer(query, orthanc.CreateDicom(json.dumps(tags), None, orthanc.CreateDicomFlags.NONE))
        if more:
            answers.WorklistMarkIncomplete()

    orthanc.RegisterWorklistCallback(on_query)


def relay(orthanc: Any, settings: Callable[[], Settings], post: Post) -> None:
    """At a node that is not the home."""

    def at_the_home(aet: str, asked: Tags) -> tuple[list[Tags], bool]:
        if not is_workstation(settings(), aet):
            return [], False
        status, said = post(PATH, json.dumps({"aet": aet.strip(), "query": asked}).encode())
        if status != 200:  # whoever asks must not believe that there is nothing to report
            raise RuntimeError(f"the worklist's home does not answer a workstation: {status}")
        told = json.loads(said)
        return told["answers"], told["more"]

    serve_queries(orthanc, at_the_home)
