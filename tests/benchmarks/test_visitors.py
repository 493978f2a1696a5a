from __future__ import annotations

import pytest

from benchmarks.apps import OURS, SUBJECTS, Provider
from benchmarks.child import Answer, Order
from benchmarks.visitors import COOKIE_LIMIT, CookieTooLarge, Visitor

PROVIDER = Provider(url="http://none", client_id="", client_secret="", redirect_uri="")


class Baker:
    """An app that sets a cookie whose name and value have so many bytes."""

    def __init__(self, size: int) -> None:
        self.cookie = f"s={'x' * (size - 2)}; HttpOnly; Path=/"

    def ask(self, _order: Order) -> Answer:
        return Answer(status=200, headers=[("Set-Cookie", self.cookie)], text="", seconds=0.0)


def test_attributes_do_not_make_a_cookie_too_large() -> None:
    visitor = Visitor(Baker(COOKIE_LIMIT), SUBJECTS[OURS], PROVIDER)
    visitor.visit("/")

    assert len(visitor.cookie) == COOKIE_LIMIT


def test_a_cookie_that_browsers_drop_is_told_with_its_size() -> None:
    baker = Baker(COOKIE_LIMIT + 1)
    visitor = Visitor(baker, SUBJECTS[OURS], PROVIDER)

    with pytest.raises(CookieTooLarge, match=f"{len(baker.cookie)} bytes"):
        visitor.visit("/")
    assert visitor.cookies == {}
