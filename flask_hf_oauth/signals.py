"""Signals: what happened to a login, for whoever wants to listen.

The sender is the Flask application; every signal comes after the fact.

* ``user_logged_in(app, user=HfUser)``: after the login was written to the session.
* ``user_logged_out(app, user=HfUser)``: after the session was emptied, by the person or because
  of what the provider says of the tokens or of the user; not for what ``revoke_sessions`` ends.
* ``login_failed(app, error=HfOAuthError)``: after a login came to nothing.
* ``token_refreshed(app, user=HfUser, token=HfToken)``: after a new token came for an old one.
"""

from __future__ import annotations

from blinker import Namespace

_signals = Namespace()

user_logged_in = _signals.signal("user-logged-in")
user_logged_out = _signals.signal("user-logged-out")
login_failed = _signals.signal("login-failed")
token_refreshed = _signals.signal("token-refreshed")
