"""Organizations in userinfo: what is none, and what must not make anybody a member."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from flow import AppMaker, error_code
from security.lies import attempt, changed, check_accepted, check_refused, lying

from flask_hf_oauth.testing import HfProvider

ACME = {"sub": "1" * 24, "preferred_username": "acme", "name": "Acme"}
ORGANIZATIONS: dict[str, object] = {
    "a text": "acme",
    "a number": 5,
    "true": True,
    "false": False,
    "an object": {"acme": ACME},
    "more than anybody has": [ACME] * 1001,
    "a list of texts": ["acme"],
    "a list with null": [ACME, None],
    "a list of lists": [[ACME]],
    "one without a name": [{**ACME, "preferred_username": None}],
    "one with a number for a name": [{**ACME, "preferred_username": 5}],
    "one with a space in its name": [{**ACME, "preferred_username": "ac me"}],
    "one with a line break behind its name": [{**ACME, "preferred_username": "acme\n"}],
    "one with a name in other letters": [{**ACME, "preferred_username": "\u0430cme"}],
    "one with a role of true": [{**ACME, "roleInOrg": True}],
    "one with a number for a role": [{**ACME, "roleInOrg": 5}],
    "one with a list of roles": [{**ACME, "roleInOrg": ["no_access"]}],
    "one with an empty name": [{**ACME, "preferred_username": " "}],
}
ORGANIZATIONS_WITHOUT_ID: dict[str, object] = {
    "missing": [{"preferred_username": "acme"}],
    "null": [{**ACME, "sub": None}],
    "a number": [{**ACME, "sub": 5}],
    "empty": [{**ACME, "sub": ""}],
    "with a space": [{**ACME, "sub": "a b"}],
    "a list": [{**ACME, "sub": ["1" * 24]}],
}


@pytest.mark.parametrize("orgs", ORGANIZATIONS)
def test_organizations_that_are_none_are_refused(
    orgs: str, client: FlaskClient, provider: HfProvider
) -> None:
    lie = changed("userinfo", orgs=ORGANIZATIONS[orgs])
    check_refused(client, provider, lie, "userinfo_orgs")


@pytest.mark.parametrize("identity", ORGANIZATIONS_WITHOUT_ID)
def test_organization_without_an_id_is_refused(
    identity: str, client: FlaskClient, provider: HfProvider
) -> None:
    lie = changed("userinfo", orgs=ORGANIZATIONS_WITHOUT_ID[identity])
    check_refused(client, provider, lie, "userinfo_sub")


NO_MEMBERSHIPS: dict[str, object] = {
    "none": [],
    "null": None,
    "another": [{**ACME, "preferred_username": "acme-2"}],
    "another that calls itself so": [{**ACME, "preferred_username": "other", "name": "acme"}],
    "another whose id is the name": [{**ACME, "preferred_username": "other", "sub": "acme"}],
    "in capitals": [{**ACME, "preferred_username": "ACME"}],
    "without access": [{**ACME, "roleInOrg": "no_access"}],
    "without access, and once with": [{**ACME, "roleInOrg": "no_access"}, ACME],
}


@pytest.mark.parametrize("orgs", NO_MEMBERSHIPS)
def test_who_is_no_member_stays_outside(
    orgs: str, make_app: AppMaker, provider: HfProvider
) -> None:
    scopes = "openid profile read-memberships"
    client = make_app(HF_OAUTH_ALLOWED_ORGS="acme", HF_OAUTH_SCOPES=scopes).test_client()

    with lying(provider, changed("userinfo", orgs=NO_MEMBERSHIPS[orgs])):
        answer = attempt(client, provider)
    assert (error_code(answer), answer.status_code) == ("organization_required", 403)
    assert client.get("/private").status_code == 302
    with lying(provider, changed("userinfo", orgs=[ACME])):
        check_accepted(client, provider)
