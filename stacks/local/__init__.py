"""The local target: Orthanc processes and their fronts on this machine."""
