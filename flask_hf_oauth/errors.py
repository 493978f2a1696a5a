"""Everything that can go wrong, as one tree of exceptions.

::

    HfOAuthError
    ├── ConfigurationError          503  what the owner set is missing, wrong or contradictory
    ├── NotInitialized                   the app has no HfOAuth
    ├── LoginError                       a login did not come to its end
    │   ├── NavigationRequired      403  /login was not opened by a person's browser as a page
    │   ├── HostInvalid             400  the site was opened by a name that no callback can have
    │   ├── CallbackError           400  the browser brought back something that we did not send out
    │   │   ├── StateInvalid             forged, or signed with a key that is gone
    │   │   ├── StateExpired             older than ten minutes
    │   │   ├── BrowserKeyMissing        the session cookie did not come back
    │   │   ├── StateMismatch            begun in another browser
    │   │   ├── StateUsed                used before
    │   │   ├── IssuerMismatch           sent by another provider (RFC 9207)
    │   │   └── CodeRejected             the provider does not know the code
    │   ├── AccessDenied            403  the person said no on the consent page
    │   ├── LoginRefused            403  the app said no
    │   │   └── OrganizationRequired     not a member of an allowed organization
    │   ├── AuthorizationError      502  the provider refused the request itself
    │   ├── ProviderError           502  the provider answered something that fails a check
    │   │   └── DiscoveryError, KeysError, TokenError, IdTokenError, UserinfoError
    │   ├── ProviderUnavailable     503  it answers with 429, 5xx or not at all; or CACHE does not
    │   ├── ProviderTimeout         504  it answers too late
    │   ├── LoginBusy               503  too many logins wait for the provider
    │   └── SessionTooLarge         500  the user does not fit into the session cookie
    ├── LoginRequired               401  a guarded view was asked for as data, signed out
    │   └── SessionEnded                 the Hub does not accept the token any more
    ├── PermissionRequired          403  signed in, and not allowed
    │   ├── InsufficientScope            a scope was not granted
    │   └── MembershipRequired           not in the organization, or not in this role
    └── CrossSiteRequest            403  another site sent a form to a guarded view

Each one with a status is also the werkzeug exception of it, so that an app's own ``errorhandler``
takes over. ``error_code`` is stable and safe to compare with; werkzeug has ``code`` for the status.
``description`` is for the person at the browser, ``detail`` for the owner's log, ``remedy`` says
what the owner can do. None of them ever holds a token, a code, a secret, a verifier or a state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar

from werkzeug.exceptions import (
    BadGateway,
    BadRequest,
    Forbidden,
    GatewayTimeout,
    InternalServerError,
    ServiceUnavailable,
    Unauthorized,
)


class HfOAuthError(Exception):
    """Any refusal or failure of this library.

    Args:
        detail: What happened, for the owner's log; no secret may stand in it.
        error_code: Overrides the stable code of the class with a narrower one.
        remedy: What the owner of the app can do about it.
        retry_after: Seconds after which another try makes sense; overrides that of the class.
    """

    error_code = "hf_oauth_error"
    title = "Something went wrong"
    message = "Signing in did not work this time."
    retry_after: datetime | int | None = None  # as in werkzeug's own classes

    def __init__(
        self,
        detail: str = "",
        *,
        error_code: str | None = None,
        remedy: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        """Describe what happened; see the class."""
        super().__init__(self.message)
        self.detail = detail
        self.error_code = error_code or self.error_code
        self.remedy = remedy
        # Of the class: werkzeug has set the instance's to None.
        self.retry_after = type(self).retry_after if retry_after is None else retry_after

    def __repr__(self) -> str:
        """Show class and code; the rest is for pages and logs."""
        return f"<{type(self).__name__} {self.error_code}>"


class ConfigurationError(HfOAuthError, ServiceUnavailable):
    """Raised by ``init_app`` with all problems at once, or at the first login."""

    error_code = "not_configured"
    title = "Sign-in is not set up yet"
    message = "The owner of this site still has to finish setting up the sign-in."

    def __init__(self, problems: Sequence[str] | str, *, error_code: str | None = None) -> None:
        """Take one sentence a problem, each with its remedy."""
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        text = "\n".join(self.problems)
        super().__init__(text, error_code=error_code, remedy=text)

    def __str__(self) -> str:
        """Print every problem: this is what ends on the terminal of the owner."""
        return "\n".join(("flask-hf-oauth is not configured correctly:", *self.problems))


class NotInitialized(HfOAuthError, RuntimeError):
    """The programmer forgot ``init_app``: no page for this, but a traceback."""

    error_code = "not_initialized"
    message = "This app has no HfOAuth. Did you forget init_app(app)?"


class LoginError(HfOAuthError):
    """A login did not come to its end, or could not be asked about again; nothing was written."""


class NavigationRequired(LoginError, Forbidden):
    """``/login`` was asked for as an image, a prefetch or a script's data.

    Only a navigation begins a login: everything else would spend state and provider requests
    on a page that no person sees.
    """

    error_code = "navigation_required"
    title = "Please open this page directly"
    message = "Signing in begins with a click, in a page of its own."


class HostInvalid(LoginError, BadRequest):
    """The ``Host`` of the request is no host name, so that no redirect URI can be built from it."""

    error_code = "host_invalid"
    title = "Please open this site by another name"
    message = "Hugging Face can't send you back to the address by which you opened this site."


class CallbackError(LoginError, BadRequest):
    """The callback carries something that this app did not send out, or twice."""

    error_code = "callback_invalid"
    title = "This sign-in can't be completed"
    message = "The answer that came back is not one that this site is waiting for."


class StateInvalid(CallbackError):
    """The state is missing, forged, or signed with a key that is gone."""

    error_code = "state_invalid"


class StateExpired(CallbackError):
    """The login was begun more than ten minutes ago."""

    error_code = "state_expired"
    title = "That took a little long"
    message = "This sign-in was started too long ago. Please start it once more."


class BrowserKeyMissing(CallbackError):
    """The session cookie did not come back with the callback."""

    error_code = "cookie_missing"
    title = "Your browser did not keep the cookie"
    message = (
        "Signing in needs a cookie of this site, and your browser did not send it back. "
        "Allow cookies for this site, or open the sign-in in a tab of its own."
    )


class StateMismatch(CallbackError):
    """The login was begun in another browser or before the last sign-out.

    RFC 9700 section 4.7: a callback that is not bound to the browser is a login CSRF.
    """

    error_code = "state_mismatch"
    title = "This sign-in began somewhere else"
    message = "This sign-in was not started in this browser. Please start it once more."


class StateUsed(CallbackError):
    """The callback was delivered before."""

    error_code = "state_used"
    title = "This sign-in was already used"
    message = "Each sign-in works once, and this one has been used before."


class IssuerMismatch(CallbackError):
    """The ``iss`` parameter is missing or names another provider (RFC 9207 section 2.4)."""

    error_code = "issuer_mismatch"


class CodeRejected(CallbackError):
    """The token endpoint answered ``invalid_grant``: the code is unknown, used or expired.

    A refresh token that is refused so ends the login, and this error reaches nobody.
    """

    error_code = "code_rejected"
    message = "Hugging Face did not accept this sign-in any more. Please start it once more."


class AccessDenied(LoginError, Forbidden):
    """The person refused on the consent page.

    Attributes:
        is_signed_in: They were asked for more than they had granted, and stay signed in.
    """

    error_code = "access_denied"
    title = "You chose not to sign in"
    message = "No problem: nothing was shared with this site. You can sign in whenever you like."
    is_signed_in = False

    def note_signed_in(self) -> None:
        """Say what it means for somebody who is signed in already."""
        self.is_signed_in = True
        self.title = "You did not give the permission"
        self.description = "No problem: nothing has changed, and you are still signed in."


class LoginRefused(LoginError, Forbidden):
    """Raise this in a ``login_handler`` to turn somebody away.

    Args:
        reason: One sentence for the person; it stands on the page.
    """

    error_code = "login_refused"
    title = "You can't sign in here"
    message = "This site did not accept the sign-in."

    def __init__(self, reason: str = "") -> None:
        """Take the sentence that the person reads."""
        super().__init__(reason)
        self.description = reason or self.message


class OrganizationRequired(LoginRefused):
    """The person is in none of ALLOWED_ORGS, or did not share the membership.

    Args:
        reason: One sentence for the person.
        review: The parameters of a ``/login`` that shows the choice of organizations again.
    """

    error_code = "organization_required"
    title = "This site is for members"
    message = "You need to be a member of an organization that this site accepts."

    def __init__(self, reason: str = "", review: Mapping[str, str] = MappingProxyType({})) -> None:
        """Describe why; see the class."""
        super().__init__(reason)
        self.review = review


class AuthorizationError(LoginError, BadGateway):
    """The authorization endpoint answered with an error (RFC 6749 section 4.1.2.1)."""

    error_code = "authorization_error"
    title = "Hugging Face refused the request"
    message = "Hugging Face did not accept the way in which this site asks for the sign-in."


class ProviderError(LoginError, BadGateway):
    """The provider answered something that fails a check."""

    error_code = "provider_error"
    title = "The sign-in could not be verified"
    message = "Hugging Face answered something unexpected, so you were not signed in."


class DiscoveryError(ProviderError):
    """The discovery document is not one of the configured provider."""

    error_code = "discovery_invalid"


class KeysError(ProviderError):
    """The key set holds no usable key."""

    error_code = "keys_invalid"


class TokenError(ProviderError):
    """The token endpoint's answer is an error, or not a token answer."""

    error_code = "token_invalid"


class IdTokenError(ProviderError):
    """The ID token fails a check of OpenID Connect Core section 3.1.3.7."""

    error_code = "id_token_invalid"


class UserinfoError(ProviderError):
    """Userinfo refuses the token, speaks of somebody else, or can't be read."""

    error_code = "userinfo_invalid"


class ProviderUnavailable(LoginError, ServiceUnavailable):
    """The provider is down, overloaded or out of reach; or HF_OAUTH_CACHE does not answer."""

    error_code = "provider_unavailable"
    retry_after = 10
    title = "Hugging Face can't be reached"
    message = "Hugging Face does not answer at the moment. Please try again in a little while."


class ProviderTimeout(LoginError, GatewayTimeout):
    """The provider did not answer before the deadline."""

    error_code = "provider_timeout"
    retry_after = 10
    title = "Hugging Face answers too slowly"
    message = "Hugging Face took too long to answer. Please try again in a little while."


class LoginBusy(LoginError, ServiceUnavailable):
    """MAX_EXCHANGES exchanges with the provider are under way already."""

    error_code = "login_busy"
    retry_after = 5
    title = "Many people are signing in"
    message = "Too many sign-ins are under way right now. Please try again in a few seconds."


class SessionTooLarge(LoginError, InternalServerError):
    """The session cookie would exceed what browsers keep, about 4 kB."""

    error_code = "session_too_large"
    title = "This sign-in does not fit into a cookie"
    message = (
        "This site keeps who you are and your organizations in a cookie, and there is not enough "
        "room in it, so you were not signed in."
    )


class LoginRequired(HfOAuthError, Unauthorized):
    """A guarded view was asked for as data by somebody who is not signed in."""

    error_code = "login_required"
    title = "Please sign in"
    message = "You need to sign in first."

    def __init__(self, login_url: str) -> None:
        """Take the address at which the login begins; it stands in the answer."""
        super().__init__()
        self.login_url = login_url


class SessionEnded(LoginRequired):
    """The Hub answered 401 to the token of this user, who is signed out now."""

    error_code = "session_ended"
    title = "Your sign-in has ended"
    message = "Hugging Face no longer accepts your sign-in here. Please sign in once more."


class PermissionRequired(HfOAuthError, Forbidden):
    """A guarded view needs more than this user has.

    Attributes:
        login_url: Where a login begins that may mend it; None when no login can.
        asked: What is missing, as it stands in the JSON answer.
    """

    error_code = "permission_required"
    title = "You are not allowed to do this yet"
    message = "This page needs something that your sign-in does not include."
    login_url: str | None = None
    asked: Mapping[str, object] = MappingProxyType({})


class InsufficientScope(PermissionRequired):
    """A scope was not granted (RFC 6750 section 3.1).

    Args:
        scopes: The missing ones.
        login_url: Where the person is asked for them; None when the app may not ask.
        remedy: What the owner can do about that.
    """

    error_code = "insufficient_scope"
    title = "Your permission is needed"

    def __init__(
        self, scopes: Sequence[str], login_url: str | None, *, remedy: str | None = None
    ) -> None:
        """Name what is missing."""
        names = " ".join(scopes)
        super().__init__(f"not granted: {names}", remedy=remedy)
        self.scopes = tuple(scopes)
        self.login_url = login_url
        self.asked = {"scopes": list(scopes)}
        which = "a permission" if len(scopes) == 1 else "permissions"
        self.description = f"This page needs {which} that you have not given yet: {names}."
        if login_url is None:
            self.title = "This page is not ready yet"
            self.description = f"It needs {which} that this site does not ask for: {names}."


class MembershipRequired(PermissionRequired):
    """The user is not in the organization, not in this role, or has to do something there first.

    Args:
        org: The organization, as the guard names it.
        role: The role that the guard asks for, or None.
        reason: One sentence for the person.
        login_url: Where the person can choose organizations again.
        error_code: Which of the three it is.
        remedy: What the owner can do where that choice does not help.
    """

    error_code = "membership_required"
    title = "This page is for members"
    titles: ClassVar = {
        "role_required": "This page is for another role",
        "membership_restricted": "One more step is needed",
    }

    def __init__(  # noqa: PLR0913 - what an answer has to tell
        self,
        org: str,
        role: str | None,
        reason: str,
        login_url: str,
        *,
        error_code: str,
        remedy: str | None = None,
    ) -> None:
        """Name what is missing."""
        detail = f"{error_code}: {org} {role or ''}".rstrip()
        super().__init__(detail, error_code=error_code, remedy=remedy)
        self.title = self.titles.get(error_code, self.title)
        self.org, self.role = org, role
        self.login_url = login_url
        self.asked = {"org": org, "role": role}
        self.description = reason


class CrossSiteRequest(HfOAuthError, Forbidden):
    """A page of another site sent an unsafe request to a guarded view."""

    error_code = "cross_site_request"
    title = "This request came from another site"
    message = "For your safety, this form only works from a page of this site."
