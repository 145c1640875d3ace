"""The compiled kernel: it moves requests between two SimPy events and knows no component kind.

Compiled code is kept in a directory named after the sources, since Numba's cache looks only at the file of the outermost
function and would go on using a stale one after a change elsewhere.
"""

import hashlib
import os
import tempfile
from pathlib import Path

import numba

_HERE = Path(__file__).resolve().parent


def _sources_digest() -> str:
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted([*_HERE.glob("*.py"), *_HERE.parent.glob("operations/*.py"), _HERE.parent / "causes.py"]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _cache_directory() -> Path:
    base = os.environ.get("SIM_ENGINE_CACHE")
    root = Path(base) if base else _HERE.parent.parent / ".cache" / "kernel"
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError:
        root = Path(tempfile.gettempdir()) / "sim_engine_kernel"
    return root / _sources_digest()


numba.config.CACHE_DIR = str(_cache_directory())  # type: ignore[attr-defined]
