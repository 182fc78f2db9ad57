"""What holds for every test."""

import os
import sys
from pathlib import Path

# pynetdicom puts an echoscu and a storescu of its own beside python; the tests mean DCMTK's.
_OURS = str(Path(sys.executable).parent)
os.environ["PATH"] = os.pathsep.join(p for p in os.environ.get("PATH", os.defpath).split(os.pathsep) if p != _OURS)
