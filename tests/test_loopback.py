from __future__ import annotations

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from flask_hf_oauth.loopback import is_loopback, is_secure_url, is_web_address


@pytest.mark.parametrize(
    "url",
    ["http://localhost", "http://LOCALHOST:5000/x", "http://127.0.0.1:8100", "http://[::1]:8100/"],
)
def test_this_machine_is_loopback(url: str) -> None:
    assert is_loopback(url)
    assert is_secure_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "http://evil.example#localhost",
        "http://evil.example/localhost",
        "http://192.168.0.1",
        "http://0.0.0.0",
        "http://[::ffff:127.0.0.1]",
        "http://",
        "localhost",
    ],
)
def test_other_machines_are_not_loopback(url: str) -> None:
    assert not is_loopback(url)
    assert not is_secure_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://huggingface.co",
        "https://huggingface.co:8443/oauth/token?x=1",
        "https://[2001:db8::1]/",
        "https://localhost:5000",
    ],
)
def test_https_is_secure_anywhere(url: str) -> None:
    assert is_secure_url(url)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://huggingface.co", id="in the clear"),
        pytest.param("ftp://localhost", id="another scheme"),
        pytest.param("https://", id="no host"),
        pytest.param("https:///huggingface.co", id="path for a host"),
        pytest.param("huggingface.co", id="no scheme"),
        pytest.param("//huggingface.co", id="no scheme but a host"),
        pytest.param("https://user@huggingface.co", id="user"),
        pytest.param("http://localhost@evil.example", id="user that looks like loopback"),
        pytest.param("https://huggingface.co#x", id="fragment"),
        pytest.param("https://huggingface.co#", id="empty fragment"),
        pytest.param("https://hugging face.co", id="space"),
        pytest.param("https://huggingface.co/\r\nHost: evil.example", id="line break"),
        pytest.param("https://huggingface.co/\x00", id="null"),
        pytest.param("https://[::1", id="open bracket"),
        pytest.param("https://[::1]x/", id="letters behind the bracket"),
        pytest.param("https://[v1.a]/", id="address of a later version"),
        pytest.param("https://[1::2::3]/", id="no address at all"),
        pytest.param("https://[fe80::1%25eth0]/", id="zone"),
        pytest.param("https://huggingface.co:", id="empty port"),
        pytest.param("https://huggingface.co:0443", id="port with a zero before"),
        pytest.param("https://huggingface.co:port", id="port of letters"),
        pytest.param("https://huggingface.co:65536", id="port too high"),
    ],
)
def test_what_others_could_read_or_misread_is_not_secure(url: str) -> None:
    assert not is_secure_url(url)


@given(rest=st.text("0123456789abcdefvx:.[]%@/\\?-_", max_size=20))
def test_web_address_is_one_that_requests_can_open(rest: str) -> None:
    if is_web_address(f"https://{rest}"):
        requests.Request("GET", f"https://{rest}").prepare()
