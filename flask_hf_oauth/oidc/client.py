"""One app as a client of one provider: sends a browser there, and verifies what it brings back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from ..errors import IssuerMismatch, LoginBusy, LoginError
from . import discovery, id_token, tokens, userinfo
from .callback import CallbackAnswer, check_callback
from .http import Exchange, Transport
from .kept import Kept
from .login import BrowserKey, PendingLogin

#: Seconds for discovery, keys, token and userinfo together.
DEADLINE = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedLogin:
    """A login that passed every check; ``claims`` is the whole userinfo, read-only."""

    claims: Mapping[str, object]
    tokens: tokens.TokenAnswer


class OidcClient:
    """The provider as one app sees it; shared by all its threads, and holding nothing of a user.

    Args:
        issuer: Where the provider's discovery document is, without it.
        credentials: Who the app is.
        timeout: Seconds to connect, and to wait for a byte.
        max_exchanges: How many exchanges with the provider may run at a time.
    """

    def __init__(
        self,
        *,
        issuer: str,
        credentials: tokens.ClientCredentials,
        timeout: tuple[float, float],
        max_exchanges: int,
    ) -> None:
        """Fetch nothing yet."""
        self.issuer = issuer
        self._credentials = credentials
        self._transport = Transport(timeout=timeout, deadline=DEADLINE, max_exchanges=max_exchanges)
        self._metadata = Kept(lambda exchange: discovery.fetch_metadata(exchange, issuer))
        self._keys = Kept(self._fetch_keys)

    def _fetch_metadata(self) -> discovery.ProviderMetadata:
        try:
            with self._transport.exchange() as exchange:
                return self._metadata.get(exchange)
        except LoginBusy:
            if self._metadata.document is None:
                raise
            return self._metadata.document

    def _fetch_keys(self, exchange: Exchange) -> discovery.KeySet:
        return discovery.fetch_keys(exchange, self._metadata.get(exchange))

    def known_as(self, client_id: str) -> OidcClient:
        """Return this client under another id and without a secret, on the same connections."""
        twin = copy(self)
        twin._credentials = tokens.ClientCredentials(client_id=client_id)  # noqa: SLF001 - our own
        return twin

    def close(self) -> None:
        """Close the connections that are kept."""
        self._transport.close()

    def begin_login(
        self, login: PendingLogin, key: BrowserKey, *, state: str, redirect_uri: str
    ) -> str:
        """Return the URL that sends the browser to the provider (OpenID Connect Core 3.1.2.1).

        Fetches the discovery document when it is due, and nothing else.

        Raises:
            LoginError: The document is not to be had.
        """
        metadata = self._metadata.peek() or self._fetch_metadata()
        extra = {"prompt": login.prompt, "orgIds": ",".join(login.org_ids)}
        url: str = prepare_grant_uri(
            metadata.authorization_endpoint,
            client_id=self._credentials.client_id,
            response_type="code",
            state=state,
            code_challenge=create_s256_code_challenge(key.code_verifier(login)),
            code_challenge_method="S256",
            nonce=key.nonce(login),
            scope=" ".join(login.scopes),
            redirect_uri=redirect_uri,
            **{name: value for name, value in extra.items() if value},
        )
        return url

    def complete_login(
        self,
        login: PendingLogin,
        key: BrowserKey,
        answer: CallbackAnswer,
        *,
        redirect_uri: str,
        claim: Callable[[], None],
    ) -> VerifiedLogin:
        """Turn the callback of a login into a verified person.

        Args:
            login: What the state said.
            key: That of this browser.
            answer: What the provider sent along.
            redirect_uri: The very one that the login began with.
            claim: Called right before the code is spent; raises when another request spends it.

        Raises:
            LoginError: The first check that fails.
        """
        code = check_callback(answer, self.issuer)
        with self._transport.exchange() as exchange, self._doubting():
            metadata = self._metadata.get(exchange)
            if metadata.iss_parameter_supported and answer.iss is None:
                raise IssuerMismatch("iss is missing, and the provider says that it sends it")
            claim()
            granted = tokens.fetch_tokens(
                exchange,
                metadata,
                self._credentials,
                code=code,
                code_verifier=key.code_verifier(login),
                redirect_uri=redirect_uri,
                requested_scopes=frozenset(login.scopes),
            )
            expected = id_token.Expectation(
                issuer=metadata.issuer,
                client_id=self._credentials.client_id,
                nonce=key.nonce(login),
                access_token=granted.access_token,
                algorithms=metadata.signing_algorithms,
            )
            sub = self._check_id_token(exchange, granted.id_token, expected)
            claims = userinfo.fetch_userinfo(
                exchange, metadata, access_token=granted.access_token, sub=sub
            )
        return VerifiedLogin(claims=claims, tokens=granted)

    def refresh(self, refresh_token: str, granted_scopes: frozenset[str]) -> tokens.TokenAnswer:
        """Spend a refresh token (RFC 6749 section 6); raises what :meth:`complete_login` does."""
        with self._transport.exchange() as exchange, self._doubting():
            return tokens.refresh_tokens(
                exchange,
                self._metadata.get(exchange),
                self._credentials,
                refresh_token=refresh_token,
                granted_scopes=granted_scopes,
            )

    def fetch_claims(self, access_token: str, sub: str) -> Mapping[str, object]:
        """Ask userinfo about the person whose token this is; raises as :meth:`refresh`."""
        with self._transport.exchange() as exchange, self._doubting():
            return userinfo.fetch_userinfo(
                exchange, self._metadata.get(exchange), access_token=access_token, sub=sub
            )

    @contextmanager
    def _doubting(self) -> Iterator[None]:
        """Have the discovery document fetched anew after a failed login: it may be the reason."""
        try:
            yield
        except LoginError:
            self._metadata.doubt()
            raise

    def _check_id_token(
        self, exchange: Exchange, token: str, expected: id_token.Expectation
    ) -> str:
        header = id_token.parse_header(token, expected.algorithms)
        keys = self._keys.get(exchange)
        try:
            claims = id_token.check_signature(token, header, keys)
        except id_token.UnknownKey:
            newer = self._keys.get_newer(exchange, keys)
            if newer is None:
                raise
            claims = id_token.check_signature(token, header, newer)
        return id_token.check_claims(claims, expected, now=time.time())
