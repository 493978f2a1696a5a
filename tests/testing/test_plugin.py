from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

APP = """
import pytest
from flask import Flask
from flask_hf_oauth import HfOAuth, current_hf_user


@pytest.fixture
def app():
    app = Flask("demo")
    app.config.update(SECRET_KEY="key", TESTING=True, HF_OAUTH_CLIENT_ID="client")
    app.add_url_rule("/", "home", lambda: str(current_hf_user.username))
    return app
"""


def run(pytester: pytest.Pytester, tests: str) -> pytest.RunResult:
    """Run tests as those of somebody who has installed the package."""
    pytester.makeconftest(APP)
    pytester.makepyfile(tests)
    return pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider", timeout=60)


def test_login_comes_as_a_fixture(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        from flask_hf_oauth import HfOAuth

        def test_me(app, hf_login):
            HfOAuth(app)
            client = app.test_client()
            user = hf_login(client, "demo-pro", scopes=["openid", "profile", "jobs"])
            assert client.get("/").text == "demo-pro"
            assert user.has_scope("jobs")
        """,
    )

    result.assert_outcomes(passed=1)


def test_provider_comes_as_a_fixture_and_ends_with_the_test(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import socket
        from urllib.parse import urlsplit
        import pytest
        from flask_hf_oauth import HfOAuth

        urls = []

        def test_dance(app, hf_provider):
            app.config.update(hf_provider.config())
            HfOAuth(app)
            client = app.test_client()
            callback = hf_provider.authorize(client.get("/login").location, "demo-pro")
            client.get(callback)
            assert client.get("/").text == "demo-pro"
            [oidc_client] = app.extensions["hf_oauth"].clients.values()
            oidc_client.close()
            urls.append(hf_provider.url)

        def test_ended():
            with pytest.raises(OSError):
                socket.create_connection(("127.0.0.1", urlsplit(urls[0]).port), 5).close()
        """,
    )

    result.assert_outcomes(passed=2)


def test_fixtures_are_listed_with_what_they_do(pytester: pytest.Pytester) -> None:
    listed = pytester.runpytest_subprocess("--fixtures", timeout=60).stdout

    listed.fnmatch_lines(["hf_provider*", "*Run an embedded provider for one test.*"])
    listed.fnmatch_lines(["hf_login*", "*Hand out*login*"])


def test_suite_without_our_fixtures_loads_nothing_slow(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import sys

        def test_modules():
            assert not {"authlib", "requests", "cryptography"} & set(sys.modules)
        """,
    )

    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("arguments", [["-p", "flask_hf_oauth.testing.plugin"], []])
def test_plugin_may_be_named_by_its_module(pytester: pytest.Pytester, arguments: list[str]) -> None:
    if not arguments:
        pytester.makeconftest('pytest_plugins = ["flask_hf_oauth.testing.plugin"]')

    result = pytester.runpytest_subprocess(*arguments, "--fixtures", timeout=60)

    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["hf_login*"])
