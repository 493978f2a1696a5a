"""The benchmarks, which no wheel holds."""

from __future__ import annotations

import sys
from pathlib import Path

# Last, so that the checkout cannot shadow the installed extension.
sys.path.append(str(Path(__file__).parents[2]))
