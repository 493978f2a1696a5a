"""A relying party written by hand: it speaks to the provider over HTTP and hides nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from flask_hf_oauth.testing import HfProvider

CALLBACK = "http://127.0.0.1:5000/login/callback"
VERIFIER = "verifier-of-at-least-forty-three-characters-0123"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")


class RelyingParty:
    def __init__(self, provider: HfProvider, http: requests.Session) -> None:
        self.provider = provider
        self.http = http

    def authorization_url(self, **changes: str | list[str] | None) -> str:
        parameters: dict[str, str | list[str] | None] = {
            "client_id": self.provider.client_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "openid profile",
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": CHALLENGE.decode(),
            "code_challenge_method": "S256",
            **changes,
        }
        given = {name: value for name, value in parameters.items() if value is not None}
        return f"{self.provider.url}/oauth/authorize?{urlencode(given, doseq=True)}"

    def obtain_code(self, persona: str = "demo-free", **changes: str | list[str] | None) -> str:
        url = self.provider.authorize(self.authorization_url(**changes), persona)
        return parse_callback(url)["code"]

    def send(self, form: dict[str, str | list[str] | None]) -> requests.Response:
        """Send a token request of the default client, as it stands."""
        auth = (self.provider.client_id, self.provider.client_secret)
        return self.post("/oauth/token", form, auth=auth)

    def exchange(self, code: str, **changes: str | None) -> requests.Response:
        return self.send(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": CALLBACK,
                "code_verifier": VERIFIER,
                **changes,
            }
        )

    def sign_in(
        self, persona: str = "demo-free", **changes: str | list[str] | None
    ) -> dict[str, str]:
        tokens: dict[str, str] = self.exchange(self.obtain_code(persona, **changes)).json()
        return tokens

    def refresh(self, refresh_token: str, **changes: str | None) -> requests.Response:
        return self.send({"grant_type": "refresh_token", "refresh_token": refresh_token, **changes})

    def userinfo(self, access_token: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {access_token}"}
        return self.get("/oauth/userinfo", headers=headers)

    def claims(self, persona: str = "demo-free", **changes: str | None) -> dict[str, object]:
        """Sign in and ask userinfo."""
        answer: dict[str, object] = self.userinfo(
            self.sign_in(persona, **changes)["access_token"]
        ).json()
        return answer

    def get(self, path: str, headers: dict[str, str] | None = None) -> requests.Response:
        url = path if path.startswith("http") else self.provider.url + path
        return self.http.get(url, headers=headers, allow_redirects=False, timeout=5)

    def post(
        self,
        path: str,
        form: dict[str, str | list[str] | None],
        auth: tuple[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        url = path if path.startswith("http") else self.provider.url + path
        return self.http.post(
            url, data=form, auth=auth, headers=headers, allow_redirects=False, timeout=5
        )


def parse_callback(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def decode_part(token: str, number: int) -> dict[str, object]:
    """Read the header (0) or the claims (1) of a JSON Web Token, unchecked."""
    part = token.split(".")[number]
    value: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return value
