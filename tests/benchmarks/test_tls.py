from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from benchmarks.tls import HOST, Certificates, write_certificates


@pytest.fixture(autouse=True)
def trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Trust nobody on this machine."""
    trusted = tmp_path / "trusted.pem"
    trusted.touch()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
    return trusted


@pytest.fixture
def certificates(tmp_path: Path, trusted: Path) -> Certificates:
    return write_certificates(tmp_path)


def verify(certificates: Certificates, trusted: Path, host: str) -> None:
    server = x509.load_pem_x509_certificate(certificates.certificate_file.read_bytes())
    store = Store(x509.load_pem_x509_certificates(trusted.read_bytes()))
    subject = x509.IPAddress(ipaddress.ip_address(host))
    PolicyBuilder().store(store).build_server_verifier(subject).verify(server, [])


def test_a_client_that_trusts_the_file_believes_the_server(certificates: Certificates) -> None:
    verify(certificates, certificates.ca_file, HOST)


def test_the_certificate_is_good_for_no_other_host(certificates: Certificates) -> None:
    with pytest.raises(VerificationError):
        verify(certificates, certificates.ca_file, "127.0.0.2")


def test_each_run_has_an_authority_of_its_own(certificates: Certificates, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(VerificationError):
        verify(certificates, write_certificates(other).ca_file, HOST)


def test_what_the_machine_trusts_stays_trusted(trusted: Path, tmp_path: Path) -> None:
    trusted.write_bytes(b"the authorities of this machine")
    assert write_certificates(tmp_path).ca_file.read_bytes().startswith(trusted.read_bytes())


def test_requests_and_httpx_are_told_of_the_file(certificates: Certificates) -> None:
    told = dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), str(certificates.ca_file))
    assert certificates.environ() == told
