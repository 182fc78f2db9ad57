"""Images of the studies that a node holds, as pictures: for people at its own readers' door.

GET /netprov/images/<study>                          its series, and the images of each
GET /netprov/images/<study>/<image>/<frame>          one of them as PNG; ?center=&width= window, ?size= pixels at most

`study` is a Study Instance UID, `image` Orthanc's own id of an instance. `listing` and `pictures` are plain functions
of what Orthanc's REST interface says; `plugin` alone knows the module `orthanc`.
"""
