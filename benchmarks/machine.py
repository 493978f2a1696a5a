"""The machine that measured: what the numbers depend on, and the ratios much less."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = (
    *("authlib", "cryptography", "fastapi", "flask", "flask-dance", "flask-hf-oauth"),
    *("flask-login", "flask-oidc", "flask-session", "gunicorn", "httpx", "huggingface-hub"),
    *("joserfc", "matplotlib", "redis", "requests", "starlette", "urllib3", "werkzeug"),
)
_PATIENCE = 20  # seconds that a program may take to say its version


def describe_machine() -> dict[str, object]:
    """Describe processor, Python, tools and packages, without anybody's name or folder."""
    return {
        "cpus": os.cpu_count(),
        "processor": _find_processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "valgrind": _ask_version("valgrind"),
        "redis-server": _ask_version("redis-server"),
        "packages": {name: _find_version(name) for name in _PACKAGES},
    }


def _find_processor() -> str:
    """Find the name that Linux gives to the first processor."""
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        for line in facts.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _find_version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _ask_version(program: str) -> str | None:
    path = shutil.which(program)
    if path is None:
        return None
    answer = subprocess.run(
        [path, "--version"], capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    return answer.stdout.strip() or None
