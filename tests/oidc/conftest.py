from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from ipaddress import IPv4Address
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any, TypeAlias

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from flask_hf_oauth.oidc.http import Exchange, Transport

TransportMaker: TypeAlias = Callable[..., Transport]

# http.client of Python 3.10 leaves the socket of a refused tunnel to the garbage collector: a test
# with this mark collects it at its end, or a later test would be blamed.
refused_tunnel = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def make_transport() -> Iterator[TransportMaker]:
    """Make transports; they are closed after the test."""
    with ExitStack() as stack:

        def make(**changes: Any) -> Transport:
            settings = {"timeout": (2, 2), "deadline": 5, "max_exchanges": 2, **changes}
            transport = Transport(**settings)
            stack.callback(transport.close)
            return transport

        yield make


@pytest.fixture
def transport(make_transport: TransportMaker) -> Transport:
    return make_transport()


@pytest.fixture
def exchange(transport: Transport) -> Iterator[Exchange]:
    with transport.exchange() as exchange:
        yield exchange


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a certificate for 127.0.0.1, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    pem = serialization.Encoding.PEM
    private = serialization.PrivateFormat.PKCS8
    path.write_bytes(
        key.private_bytes(pem, private, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    return path


@pytest.fixture
def tls(certificate: Path) -> SSLContext:
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
