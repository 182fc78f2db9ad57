"""How large a node is made, by the kind of its site."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """Limits of one node. Threads and caches are what an idle node pays for, so they are no larger than needed."""

    http_threads: int
    """Requests served at once; the front keeps none of them busy while idle."""
    dicom_threads: int
    """DICOM operations served at once, scanners' and other nodes' together."""
    jobs: int
    """Transfers to other nodes that run at once; the rest wait in the queue."""
    job_history: int
    """Finished transfers that can still be asked about."""
    cache_mb: int
    """Recently stored images kept in memory."""
    connections: int
    """Connections that the front accepts; each request takes two."""


PROFILES = {
    # Several scanners store at once, around the clock.
    "acute": Profile(http_threads=12, dicom_threads=8, jobs=4, job_history=100, cache_mb=8, connections=256),
    # One or two scanners, sent on as they come.
    "community_diagnostic_centre": Profile(
        http_threads=8, dicom_threads=4, jobs=2, job_history=50, cache_mb=8, connections=128
    ),
    # Everybody's studies come in and go out here.
    "reporting_hub": Profile(http_threads=24, dicom_threads=12, jobs=8, job_history=500, cache_mb=16, connections=1024),
    # Few studies, large ones.
    "specialist": Profile(http_threads=8, dicom_threads=4, jobs=4, job_history=100, cache_mb=16, connections=128),
}
