"""What the environment of a Hugging Face Space says."""

from __future__ import annotations

from collections.abc import Mapping


def is_space(environ: Mapping[str, str]) -> bool:
    """Tell whether this process runs on a Space."""
    return bool(environ.get("SPACE_ID"))


def find_space_host(environ: Mapping[str, str]) -> str | None:
    """Return the Space's ``*.hf.space`` host, which is the first one of SPACE_HOST."""
    if not is_space(environ):
        return None
    return environ.get("SPACE_HOST", "").split(",")[0].strip() or None
