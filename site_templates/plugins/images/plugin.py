"""The pictures inside Orthanc."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from images.listing import listed, studies_of
from images.pictures import UID, Unfit, address

ROOT = "/netprov/images"
KINDS = {b"\x89PNG": "image/png", b"\xff\xd8\xff\xe0": "image/jpeg"}
May = Callable[[str, str], bool]
"""Whether the caller may see that study."""
Note = Callable[[str, str, str], None]
"""The caller, and the person there, have opened that study."""


class Images:
    """`orthanc` is the module that exists only inside Orthanc."""

    def __init__(self, orthanc: Any, node: Callable[[], str], may: May, note: Note) -> None:
        self._orthanc, self._node, self._may, self._note = orthanc, node, may, note
        orthanc.RegisterRestCallback(f"{ROOT}/([0-9.]+)(/.*)?", self._on_request)

    def _on_request(self, output: Any, uri: str, **told: Any) -> None:
        if told["method"] != "GET":
            output.SendMethodNotAllowed("GET")
            return
        headers = told.get("headers", {})
        caller = headers.get("x-netprov-caller", "operator")
        uid, *image = [part for part in uri[len(ROOT) :].split("/") if part]
        # Only people at this node's own door: other sites have what was sent to them at their own.
        if caller not in ("operator", self._node()) or not UID.fullmatch(uid) or not self._may(caller, uid):
            _refuse(output, 404, "this study is not here")
            return
        try:
            self._answer(output, uid, image, told.get("get", {}))
            if not image:
                self._note(caller, headers.get("x-netprov-person", ""), uid)
        except Unfit as error:
            _refuse(output, 400, str(error))

    def _answer(self, output: Any, uid: str, image: list[str], asked: Mapping[str, str]) -> None:
        studies = studies_of(self._orthanc.RestApiPost, uid)
        if not studies:
            _refuse(output, 404, "this study is not here")
        elif not image:
            series = [each for study in studies for each in listed(self._orthanc.RestApiGet, study)]
            output.AnswerBuffer(json.dumps({"study": uid, "series": series}), "application/json")
        elif len(image) != 2:
            _refuse(output, 404, "there is no such image")
        else:
            self._draw(output, studies, address(image[0], image[1], asked))

    def _draw(self, output: Any, studies: list[str], place: str) -> None:
        """An image of another study is not here: who may see one study may not see all."""
        try:
            owner = json.loads(self._orthanc.RestApiGet(f"/instances/{place.split('/')[2]}/study"))["ID"]
        except self._orthanc.OrthancException:
            owner = ""
        if owner not in studies:
            _refuse(output, 404, "there is no such image")
            return
        try:
            picture = self._orthanc.RestApiGet(place)
        except self._orthanc.OrthancException:
            _refuse(output, 415, "this image cannot be shown here: open it in a viewer of your own")
            return
        output.AnswerBuffer(picture, KINDS.get(bytes(picture[:4]), "image/png"))


def _refuse(output: Any, status: int, words: str) -> None:
    text = json.dumps({"message": words})
    output.SetHttpHeader("Content-Type", "application/json")
    output.SendHttpStatus(status, text, len(text))
