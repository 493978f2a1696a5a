from __future__ import annotations

import re
import warnings
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest
from flask import Flask

from flask_hf_oauth import ConfigurationError, HfOAuth
from flask_hf_oauth.settings import Settings

DOCUMENTED = Path(__file__).parents[1] / "docs" / "settings.md"

SPACE = {
    "OAUTH_CLIENT_ID": "client-of-the-space",
    "OAUTH_CLIENT_SECRET": "secret-of-the-space",
    "OAUTH_SCOPES": "openid profile email",
    "OPENID_PROVIDER_URL": "https://hub-ci.huggingface.co",
}


def read(
    config: dict[str, object] | None = None,
    environ: dict[str, str] | None = None,
    **overrides: object,
) -> Settings:
    return Settings.from_app(config or {}, overrides, environ or {})


def problems(**overrides: object) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_app({}, overrides, {})
    assert caught.value.error_code == "settings_invalid"
    return caught.value.problems


def test_nothing_has_to_be_set() -> None:
    settings = read()

    assert settings.client_id is None
    assert settings.scopes == ("openid", "profile")
    assert settings.provider_url == "https://huggingface.co"
    assert settings.allowed_orgs == ()
    assert settings.session_lifetime is None
    assert settings.revalidate_after is None
    assert settings.cache is None


@pytest.mark.parametrize(
    ("name", "safe"),
    [("csrf_check", True), ("store_token", True), ("refresh", False), ("dev_provider", False)],
)
def test_switches_stand_on_the_safe_side(name: str, safe: object) -> None:
    assert getattr(read(), name) is safe


def test_a_space_says_everything() -> None:
    settings = read(environ=SPACE)

    assert settings.client_id == "client-of-the-space"
    assert settings.client_secret == "secret-of-the-space"
    assert settings.scopes == ("openid", "profile", "email")
    assert settings.provider_url == "https://hub-ci.huggingface.co"


def test_config_comes_before_the_environment() -> None:
    assert read({"HF_OAUTH_CLIENT_ID": "mine"}, SPACE).client_id == "mine"


def test_keyword_comes_before_config() -> None:
    assert read({"HF_OAUTH_CLIENT_ID": "mine"}, SPACE, client_id="own").client_id == "own"


@pytest.mark.parametrize("unset", [None, ""])
def test_what_is_empty_is_not_set(unset: str | None) -> None:
    settings = read({"HF_OAUTH_CLIENT_ID": unset}, SPACE, client_id=unset)

    assert settings.client_id == "client-of-the-space"


def test_false_is_set() -> None:
    assert read({"HF_OAUTH_STORE_TOKEN": True}, store_token=False).store_token is False


def test_all_problems_are_named_at_once_with_where_they_stand() -> None:
    config = {"HF_OAUTH_PROVIDER_URL": "http://huggingface.co"}
    environ = {"OAUTH_SCOPES": 'openid "profile"'}
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_app(config, {"timeout": 0, "sscopes": "email"}, environ)

    begins = ("sscopes is not", "OAUTH_SCOPES: ", "HF_OAUTH_PROVIDER_URL: ", "HfOAuth(timeout=…): ")
    assert len(caught.value.problems) == len(begins)
    assert all(map(str.startswith, caught.value.problems, begins))
    assert all(problem in str(caught.value) for problem in caught.value.problems)


def test_secret_without_client_id_is_a_contradiction() -> None:
    (problem,) = problems(client_secret="secret")

    assert "no client id: set HF_OAUTH_CLIENT_ID in app.config" in problem


@pytest.mark.parametrize(("name", "value"), [("refresh", True), ("revalidate_after", 300)])
def test_what_needs_the_token_contradicts_that_none_is_kept(name: str, value: object) -> None:
    (problem,) = problems(store_token=False, **{name: value})

    assert problem.startswith(f"HF_OAUTH_{name.upper()} needs the access token")
    assert getattr(read({f"HF_OAUTH_{name.upper()}": value}), name) == value


def test_contradictions_stand_beside_other_problems() -> None:
    assert len(problems(client_secret="secret", timeout="soon")) == 2


def test_keyword_in_capitals_names_the_one_in_lower_case() -> None:
    (problem,) = problems(HF_OAUTH_SCOPES="openid")

    assert "did you mean scopes?" in problem


def test_bad_client_id_is_not_also_called_missing() -> None:
    assert len(problems(client_id=" pasted", client_secret="secret")) == 1


@pytest.mark.parametrize(
    "given", [{"client_id": "client"}, {"provider_url": "https://huggingface.co"}], ids=repr
)
def test_dev_provider_beside_another_one_is_a_contradiction(given: dict[str, str]) -> None:
    (problem,) = problems(dev_provider=True, **given)

    assert problem.startswith("HF_OAUTH_DEV_PROVIDER brings its own provider and client: remove it")


def test_dev_provider_alone_is_fine() -> None:
    assert read(dev_provider=True, client_secret="left over").dev_provider


def test_mistyped_keyword_is_named_with_the_nearest_one() -> None:
    assert problems(scope="email") == (
        "scope is not a setting of flask-hf-oauth: did you mean scopes?",
    )


def test_keyword_of_another_world_is_to_be_removed() -> None:
    assert problems(zzz=1) == ("zzz is not a setting of flask-hf-oauth: remove it.",)


@pytest.mark.parametrize(
    ("key", "advice"),
    [
        ("HF_OAUTH_SCOPE", "did you mean HF_OAUTH_SCOPES?"),
        ("HF_OAUTH_CLIENTID", "did you mean HF_OAUTH_CLIENT_ID?"),
        ("HF_OAUTH_ZZZ", "remove it."),
    ],
)
def test_unknown_config_key_is_warned_about(key: str, advice: str) -> None:
    sentence = f"{key} is not a setting of flask-hf-oauth: {advice}"

    with pytest.warns(UserWarning, match=re.escape(sentence)):
        read({key: "x"})


def test_warning_points_at_the_line_of_the_app() -> None:
    app = Flask("demo")
    app.config["HF_OAUTH_SCOPE"] = "email"

    with pytest.warns(UserWarning, match="HF_OAUTH_SCOPES") as caught:
        HfOAuth(app)

    assert caught[0].filename == __file__


def test_keys_of_others_are_none_of_our_business() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        read({"HF_TOKEN": "x", "OAUTH_FOO": "x", "HF_OAUTH_SCOPES": "email"})


def test_iterator_that_is_read_once_does_not_let_everybody_in() -> None:
    with pytest.raises(ConfigurationError, match="allowed_orgs"):
        read(allowed_orgs=map(str.strip, ["acme", "demo-org "]))


def test_repr_holds_no_secret() -> None:
    assert "secret-of-the-space" not in repr(read(environ=SPACE))


def test_settings_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        read().csrf_check = False  # type: ignore[misc]  # that is the claim


def test_each_setting_is_documented_with_its_variable() -> None:
    rows = re.findall(r"^\| `HF_OAUTH_(\w+)` \| (\S+) \|", DOCUMENTED.read_text(), re.MULTILINE)
    variables = [(field.name.upper(), field.metadata["environment"]) for field in fields(Settings)]

    assert rows == [(name, f"`{variable}`" if variable else "-") for name, variable in variables]
