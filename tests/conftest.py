"""What holds for every test."""

import os
import sys
from pathlib import Path

from hypothesis import settings

# pynetdicom puts an echoscu and a storescu of its own beside python; the tests mean DCMTK's.
_OURS = str(Path(sys.executable).parent)
os.environ["PATH"] = os.pathsep.join(p for p in os.environ.get("PATH", os.defpath).split(os.pathsep) if p != _OURS)

# How long one example takes says more of the machine than of the code: three files of tests run at a time.
settings.register_profile("netprov", deadline=None)
settings.load_profile("netprov")
