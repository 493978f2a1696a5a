"""Where a request can meet us: the methods, the addresses, and what a browser says of itself."""

from __future__ import annotations

from plain_app import NAVIGATION

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]

_LOGINS = ["/login", "/login?prompt=consent", "/login?next=//evil.example", "/login/callback"]
PATHS = [*_LOGINS, "/logout", "/logout?next=//evil.example", "/private", "/write"]

#: What browsers send with a link that stands on a page of ours, and of another site.
LINK = {"Sec-Fetch-Site": "same-origin", **NAVIGATION}
FOREIGN_LINK = {"Sec-Fetch-Site": "cross-site", **NAVIGATION}
