"""Imports run one way, and what is slow to import waits for the first login."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from lowest_versions import run_time_requirements

import flask_hf_oauth

FOLDER = Path(flask_hf_oauth.__file__).parent

# From the ground up. A module imports from its own layer and from those above it in this table;
# `oidc` and `testing` are packages and stand here as one.
LAYERS = (
    {"endpoints", "errors", "loopback"},
    {"here", "oidc", "process_cache", "parsing", "shared_cache", "signals", "spaces", "user"},
    {"fetch_metadata"},
    {"membership"},
    {"claims", "compact", "sealing", "settings"},
    {"state"},
    {"partitioned", "redirects", "revocation", "step_up"},
    {"session"},
    {"browser_key"},
    {"frames", "loops", "pages", "single_use", "welcome", "wishes"},
    {"buttons", "cimd", "detour", "failures", "testing"},
    {"client", "turn"},
    {"refresh"},
    {"revalidation", "unauthorized"},
    {"current_user"},
    {"guards"},
    {"permissions"},
    {"cli", "doctor", "logout"},
    {"signing_in"},
    {"views"},
    {"extension"},
    {"__init__"},
)
LEVEL = {name: level for level, layer in enumerate(LAYERS) for name in layer}

# The provider shares no code with the client; these two sign test clients in, so they know it.
TESTING_OF_THE_CLIENT = {"testing.client", "testing.plugin"}

COMES_WITH_FLASK = {"click", "jinja2", "markupsafe", "werkzeug"}
SLOW = {"authlib", "cachelib", "cryptography", "joserfc", "requests", "urllib3"}

Imports = dict[str, set[str]]


def module_name(path: Path) -> str:
    parts = path.relative_to(FOLDER).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FOLDER.rglob("*.py")}


def absolute_base(node: ast.ImportFrom, path: Path) -> str:
    """Return the dotted name that stands, perhaps as dots, after ``from``."""
    if not node.level:
        return node.module or ""
    package = ("flask_hf_oauth", *path.relative_to(FOLDER).parent.parts)
    kept = package[: len(package) - node.level + 1]
    return ".".join([*kept, *filter(None, [node.module])])


@cache
def imported_names(path: Path) -> set[str]:
    """Return what a module imports anywhere: ``from a import b`` counts as ``a.b``."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{absolute_base(node, path)}.{alias.name}" for alias in node.names}
    return names - {"__future__.annotations"}


def own_module(name: str) -> str | None:
    """Return the module of ours that a dotted name leads to: the longest one that exists."""
    first, *parts = name.split(".")
    if first != "flask_hf_oauth":
        return None
    ends = range(len(parts), 0, -1)
    found = (".".join(parts[:end]) for end in ends if ".".join(parts[:end]) in MODULES)
    return next(found, "__init__")


@cache
def own_imports() -> Imports:
    return {
        name: {own for imported in imported_names(path) if (own := own_module(imported))}
        for name, path in MODULES.items()
    }


def foreign_imports(name: str) -> set[str]:
    tops = {imported.partition(".")[0] for imported in imported_names(MODULES[name])}
    return tops - {"flask_hf_oauth"} - sys.stdlib_module_names


def level(module: str) -> int:
    return LEVEL[module.partition(".")[0]]


def test_every_module_has_its_layer() -> None:
    assert {name.partition(".")[0] for name in MODULES} <= set(LEVEL)


@pytest.mark.parametrize("name", [name for name in MODULES if not name.startswith("testing")])
def test_module_imports_nothing_from_above(name: str) -> None:
    assert not {own for own in own_imports()[name] if level(own) > level(name)}


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("testing")])
def test_provider_shares_no_code_with_the_client(name: str) -> None:
    outside = {own for own in own_imports()[name] if not own.startswith("testing")}

    assert not outside or name in TESTING_OF_THE_CLIENT


def test_only_the_package_itself_imports_the_extension() -> None:
    assert {name for name, own in own_imports().items() if "extension" in own} == {"__init__"}


def test_no_modules_import_each_other() -> None:
    assert list(TopologicalSorter(own_imports()).static_order())


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("oidc")])
def test_protocol_knows_no_flask(name: str) -> None:
    assert "flask" not in foreign_imports(name)


@pytest.mark.parametrize("name", MODULES)
def test_what_is_imported_is_declared(name: str) -> None:
    declared = {needed.name for needed in run_time_requirements()} | COMES_WITH_FLASK
    if name == "testing.plugin":
        declared.add("pytest")  # which alone loads it

    assert foreign_imports(name) <= declared


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("import flask_hf_oauth", id="package"),
        pytest.param("import flask_hf_oauth.testing.plugin", id="pytest plugin"),
        pytest.param(
            "import flask, flask_hf_oauth; flask_hf_oauth.HfOAuth(flask.Flask('app'))", id="app"
        ),
    ],
)
def test_slow_imports_wait_for_the_first_login(program: str, tmp_path: Path) -> None:
    report = f"import sys; print(*sorted({SLOW!r} & set(sys.modules)))"
    command = [sys.executable, "-c", f"{program}; {report}"]
    child = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (child.stdout.strip(), child.returncode) == ("", 0), child.stderr
