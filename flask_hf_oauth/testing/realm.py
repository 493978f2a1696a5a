"""The realm: everything that one provider knows, in one place for its endpoints."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .accounts import Accounts
from .behavior import Behavior
from .browsers import Browsers
from .clients import Client
from .faults import Changes, Faults
from .grants import Consents, Grants

if TYPE_CHECKING:
    from .keys import SigningKeys


@dataclass(slots=True, kw_only=True)
class Realm:
    """The state of one provider.

    Attributes:
        issuer: The provider's URL, set when it listens.
        behavior: The switches.
        accounts: Who can sign in.
        keys: What signs tokens.
        clients: The registered apps, by client id.
        grants: Codes and tokens.
        consents: What people agreed to before.
        browsers: Who is signed in where.
        faults: How endpoints are told to fail.
        changes: How answers are told to lie.
        spaces: Where the apps are that pages of Spaces show, by `owner/name`.
    """

    behavior: Behavior
    accounts: Accounts
    keys: SigningKeys
    issuer: str = ""
    clients: dict[str, Client] = field(default_factory=dict)
    grants: Grants = field(default_factory=Grants)
    consents: Consents = field(default_factory=Consents)
    browsers: Browsers = field(default_factory=Browsers)
    faults: Faults = field(default_factory=Faults)
    changes: Changes = field(default_factory=Changes)
    spaces: dict[str, str] = field(default_factory=dict)

    def now(self) -> float:
        """Tell the time on the provider's clock, in seconds since the epoch."""
        return time.time() + self.behavior.clock_offset
