"""The ``iss`` of a callback (RFC 9207): who says that a code is theirs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from flow import begin, error_code, parameters, recorded, with_parameters
from security.lies import check_accepted

from flask_hf_oauth import login_failed
from flask_hf_oauth.testing import HfProvider

every_announcement = pytest.mark.parametrize(
    "announced", [True, False], ids=["announced", "not announced"]
)


def check_callback_refused(
    client: FlaskClient, provider: HfProvider, callback: str, code: str
) -> None:
    """Come back with another callback: no code is spent, and the next login works."""
    provider.reset_records()
    with recorded(login_failed, client.application) as errors:
        answer = client.get(callback)
    assert (error_code(answer), answer.status_code) == (code, 400)
    assert [error.error_code for error in errors] == [code]
    assert provider.requests == []
    assert client.get("/private").location == "/login?next=/private"
    check_accepted(client, provider)


ISSUERS: dict[str, Callable[[str], str]] = {
    "another": lambda _: "https://evil.example",
    "Hugging Face": lambda _: "https://huggingface.co",
    "empty": lambda _: "",
    "with a slash": lambda issuer: f"{issuer}/",
    "with a path": lambda issuer: f"{issuer}/tenant",
    "in capitals": str.upper,
    "encoded twice": lambda issuer: issuer.replace(":", "%3A"),
    "by its other name": lambda issuer: issuer.replace("127.0.0.1", "localhost"),
    "with a space": lambda issuer: f"{issuer} ",
    "both": lambda issuer: f"{issuer},https://evil.example",
}


@every_announcement
@pytest.mark.parametrize("issuer", ISSUERS)
def test_code_of_another_provider_is_refused(
    issuer: str, client: FlaskClient, provider: HfProvider, *, announced: bool
) -> None:
    """RFC 9700 section 4.4: a mix-up would send the code to whom it is not for."""
    provider.switch(callback_iss=True, announce_callback_iss=announced)
    callback = provider.authorize(begin(client))
    forged = with_parameters(callback, iss=ISSUERS[issuer](provider.url))
    check_callback_refused(client, provider, forged, "issuer_mismatch")


def test_missing_iss_is_refused_where_it_was_announced(
    client: FlaskClient, provider: HfProvider
) -> None:
    provider.switch(callback_iss=True, announce_callback_iss=True)
    callback = with_parameters(provider.authorize(begin(client)), iss=None)
    check_callback_refused(client, provider, callback, "issuer_mismatch")


@every_announcement
@pytest.mark.parametrize("other", ["the same", "https://evil.example", ""])
@pytest.mark.parametrize("order", ["{callback}&iss={other}", "/login/callback?iss={other}&{query}"])
def test_iss_that_comes_twice_is_refused(
    order: str, other: str, client: FlaskClient, provider: HfProvider, *, announced: bool
) -> None:
    provider.switch(callback_iss=True, announce_callback_iss=announced)
    callback = provider.authorize(begin(client))
    twice = order.format(
        callback=callback,
        query=callback.partition("?")[2],
        other=provider.url if other == "the same" else other,
    )
    check_callback_refused(client, provider, twice, "callback_invalid")


@every_announcement
def test_error_of_another_provider_is_refused(
    client: FlaskClient, provider: HfProvider, *, announced: bool
) -> None:
    provider.switch(announce_callback_iss=announced, callback_iss=True)
    refusal = provider.refuse(begin(client))
    assert parameters(refusal)["iss"] == provider.url

    forged = with_parameters(refusal, iss="https://evil.example")
    check_callback_refused(client, provider, forged, "issuer_mismatch")
