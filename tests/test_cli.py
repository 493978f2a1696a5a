from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from flask import Flask
from flask.testing import FlaskCliRunner
from flow import AppMaker
from plain_app import make_plain_app

from flask_hf_oauth.testing import HfProvider

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SITE = """
from flask import Flask
from flask_hf_oauth import HfOAuth

app = Flask(__name__)
HfOAuth(app)
"""
# A shell that runs tests in the background lets its children ignore Ctrl-C: take that back.
FLASK = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from flask.cli import main; main()"
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "demo_app.py").write_text(SITE)
    return tmp_path


@pytest.fixture
def runner() -> FlaskCliRunner:
    return make_plain_app().test_cli_runner()


@contextmanager
def running_provider(site: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run ``flask hf-oauth provider`` as a person does, for half a minute at most."""
    command = [sys.executable, "-c", FLASK, "--app", "demo_app", "hf-oauth", "provider"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*command, *options], cwd=site, text=True, **pipes) as process:  # type: ignore[call-overload]  # mypy does not see through **
        watchdog = threading.Timer(30, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()


def read_until(process: subprocess.Popen[str], end: str) -> list[str]:
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line.strip())
        if end in line:
            break
    return lines


def test_provider_runs_alone_until_ctrl_c(site: Path) -> None:
    with running_provider(site, "--port", "0") as process:
        lines = read_until(process, "Ctrl-C")
        settings = dict(line.removeprefix("export ").split("=") for line in lines[1:-1])
        url = settings["OPENID_PROVIDER_URL"]
        document = requests.get(f"{url}/.well-known/openid-configuration", timeout=10).json()
        process.send_signal(signal.SIGINT)
        rest, problems = process.communicate(timeout=20)

    assert document["issuer"] == url
    assert lines[0].startswith("This is a test provider, not Hugging Face.")
    assert set(settings) == {"OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OPENID_PROVIDER_URL"}
    assert (rest.strip(), problems, process.returncode) == ("Stopped.", "", 0)


def test_provider_listens_on_this_machine_alone(site: Path) -> None:
    with running_provider(site, "--port", "0") as process:
        lines = read_until(process, "Ctrl-C")

    assert "export OPENID_PROVIDER_URL=http://127.0.0.1:" in " ".join(lines)


def test_port_in_use_is_told_without_a_traceback(runner: FlaskCliRunner) -> None:
    with HfProvider() as taken:
        port = taken.url.rpartition(":")[2]
        result = runner.invoke(args=["hf-oauth", "provider", "--port", port])

    assert result.exit_code == 1
    assert result.output.startswith(f"Error: Cannot listen on 127.0.0.1 port {port}")


@pytest.mark.parametrize("port", ["-1", "65536", "many"])
def test_port_that_is_none_is_refused(site: Path, port: str) -> None:
    with running_provider(site, "--port", port) as process:
        _output, problems = process.communicate(timeout=10)

    assert process.returncode == 2
    assert "'--port'" in problems


def test_help_says_what_it_is(runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["hf-oauth", "provider", "--help"])

    said = " ".join(result.output.split())

    assert "Run the embedded test provider alone, until Ctrl-C." in said
    assert "it is not Hugging Face." in said
    assert "default: 8100" in said


def test_commands_are_listed_by_flask(runner: FlaskCliRunner) -> None:
    assert "Sign in with Hugging Face." in runner.invoke(args=["--help"]).output


def test_doctor_finds_nothing_in_a_good_app(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["hf-oauth", "doctor"])

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("ok      client       ")
    assert "A login can work here" in result.stdout.splitlines()[-1]


def test_doctor_ends_with_1_when_no_login_can_work(make_app: AppMaker) -> None:
    runner = make_app(SECRET_KEY=None).test_cli_runner()
    result = runner.invoke(args=["hf-oauth", "doctor"])

    assert result.exit_code == 1
    assert "FAILED  secret key" in result.stdout


def test_doctor_writes_json_and_nothing_else(app: Flask) -> None:
    inner = app.wsgi_app

    def print_too(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        print("middleware was here")  # noqa: T201 - what this is about
        return inner(environ, start_response)

    app.wsgi_app = print_too  # type: ignore[method-assign]  # as Flask's docs do
    result = app.test_cli_runner().invoke(args=["hf-oauth", "doctor", "--json"])

    assert json.loads(result.stdout)["ok"] is True
    assert "middleware was here" in result.stderr


def test_doctor_believes_who_asks(app: Flask) -> None:
    arguments = ["hf-oauth", "doctor", "--json", "--url", "https://notes.example.com"]
    checks = json.loads(app.test_cli_runner().invoke(args=arguments).stdout)["checks"]

    assert "https://notes.example.com, as --url says" in [check["found"] for check in checks]


@pytest.mark.parametrize("url", ["notes.example.com", "ftp://a.example", "https://a.example?b=c"])
def test_doctor_takes_no_address_that_is_none(runner: FlaskCliRunner, url: str) -> None:
    result = runner.invoke(args=["hf-oauth", "doctor", "--url", url])

    assert (result.exit_code, "https://my.host" in result.output) == (2, True)


def run_doctor(folder: Path, app: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flask", "--app", app, "hf-oauth", "doctor", *options]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=30, check=False
    )


def test_doctor_says_what_is_wrong_with_an_app_that_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "demo_app.py").write_text(SITE.replace("(app)", "(app, timeout=0)"))
    done = run_doctor(tmp_path, "demo_app")

    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert done.stdout.startswith("FAILED  settings     HfOAuth(timeout=")


def test_doctors_json_stays_alone_whatever_the_app_prints(tmp_path: Path) -> None:
    noise = """
import atexit, subprocess
atexit.register(print, "bye")
subprocess.run(["echo", "migrating"], check=True)
raise SystemExit(0)
"""
    (tmp_path / "demo_app.py").write_text(SITE.replace("HfOAuth(app)", noise))
    done = run_doctor(tmp_path, "demo_app", "--json")

    assert (done.returncode, json.loads(done.stdout)["ok"]) == (1, False)
    assert {"migrating", "bye"} <= set(done.stderr.split())  # the lowest authlib warns there too


def test_doctor_leaves_a_missing_app_to_flask(tmp_path: Path) -> None:
    done = run_doctor(tmp_path, "no_app")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("Error: Could not import 'no_app'.\n")


def test_doctors_options_stand_in_its_page(runner: FlaskCliRunner) -> None:
    page = (Path(__file__).parents[1] / "docs" / "doctor.md").read_text(encoding="utf-8")
    help_text = runner.invoke(args=["hf-oauth", "doctor", "--help"]).output

    assert [name for name in re.findall(r"--[a-z]+", help_text) if f"`{name}" not in page] == [
        "--help"
    ]


def test_provider_takes_the_redirect_uris_that_are_named(site: Path) -> None:
    uri = "https://app.example/login/callback"
    with running_provider(site, "--port", "0", "--redirect-uri", uri) as process:
        url = dict(
            line.removeprefix("export ").split("=") for line in read_until(process, "Ctrl-C")[1:-1]
        )["OPENID_PROVIDER_URL"]
        query = {"client_id": HfProvider().client_id, "redirect_uri": uri}
        known = requests.get(f"{url}/oauth/authorize", query, timeout=10, allow_redirects=False)
        query["redirect_uri"] = "https://evil.example/login/callback"
        unknown = requests.get(f"{url}/oauth/authorize", query, timeout=10, allow_redirects=False)

    assert (known.status_code, known.headers["Location"].partition("?")[0]) == (303, uri)
    assert unknown.status_code == 400


def test_provider_shows_an_app_in_the_frame_of_a_space(site: Path) -> None:
    app = "http://localhost:5000"
    with running_provider(site, "--port", "0", "--space", app) as process:
        written = "\n".join(read_until(process, "Ctrl-C"))
        address = written.partition("The page of the Space: ")[2].partition("\n")[0]
        page = requests.get(address, timeout=10).text
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)

    assert "export SPACE_ID=demo-org/space" in written
    assert f'src="{app}' in page


@pytest.mark.parametrize("option", ["--redirect-uri", "--space"])
def test_address_that_is_none_is_refused(site: Path, option: str) -> None:
    with running_provider(site, option, "notes.example") as process:
        _output, problems = process.communicate(timeout=10)

    assert process.returncode == 2
    assert f"'{option}'" in problems


def test_doctor_reports_where_nobody_listens_to_its_errors(site: Path) -> None:
    command = f"{sys.executable} -c '{FLASK}' --app demo_app hf-oauth doctor --json 2>&-"
    done = subprocess.run(command, cwd=site, shell=True, capture_output=True, check=False)  # noqa: S602 - the shell closes the stream

    assert json.loads(done.stdout)["ok"] is False
