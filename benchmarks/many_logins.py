"""A process in which one person signs in again and again: `python -m benchmarks.many_logins`.

Its arguments are a subject, its `Provider` as JSON, and numbers of logins, the least first. Whoever
starts it is the browser's and the provider's other half: for each address that it writes as
`consent` it wants the address of the callback as the next line. After so many logins as were named
it writes its `memory`.
"""

from __future__ import annotations

import json
import sys
from http import HTTPStatus
from urllib.parse import urlsplit

from .apps import SUBJECTS, Provider
from .child import Answer, Order, carry_out
from .memory import read_memory
from .visitors import Visitor


class LoginFailed(Exception):
    """An app has not signed anybody in."""


class Here:
    """Asks an app in this very process, where a `Child` would ask one in another."""

    def ask(self, order: Order) -> Answer:
        """Have an order carried out."""
        return carry_out(order)


def main(subject: str, provider: str, *marks: str) -> None:
    """Sign in until the last mark."""
    logins = 0
    for mark in map(int, marks):
        while logins < mark:
            sign_in(subject, Provider(**json.loads(provider)))
            logins += 1
        tell(memory=read_memory())


def sign_in(subject: str, provider: Provider) -> None:
    """Sign in, with a browser that was not there before.

    Raises:
        LoginFailed: The app did not take the code, so that its memory says nothing.
    """
    visitor = Visitor(Here(), SUBJECTS[subject], provider)
    tell(consent=visitor.begin_login())
    callback = urlsplit(sys.stdin.readline().strip())
    answer = visitor.visit(f"{callback.path}?{callback.query}")
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise LoginFailed(f"{subject}: the callback answered {answer.status}: {answer.text}")


def tell(**what: object) -> None:
    """Write one line for whoever started this."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
