"""A real nginx with TLS, in front of an app, on a free port of 127.0.0.1."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hosting.servers import ending
from requirements_gate import require_program

# The folders of Debian's package belong to root. Started by root, a worker would be somebody else,
# who cannot read the test's folder.
_FRAME = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {server}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nginx:
    """An nginx that serves a site.

    Attributes:
        port: Where it listens, instead of 443.
        certificate: What a visitor has to trust.
        log: What nginx complains about.
    """

    port: int
    certificate: Path
    log: Path


@contextmanager
def nginx(folder: Path, server: str, *, app_port: int) -> Iterator[Nginx]:
    """Serve a site.

    The port is open before nginx runs: it takes it over, as from an nginx that it replaces.

    Args:
        folder: For nginx's own files.
        server: A server block, as it would stand in a site's file, with port 443 and an app on
            port 8000; these two, and where the certificate lies, are replaced.
        app_port: Where the app is.
    """
    [host] = re.findall(r"server_name (\S+);", server)
    certificate, key = make_certificate(folder, host)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)  # so that it does not block: nginx sees to sockets of its own alone
        port, descriptor = listener.getsockname()[1], listener.fileno()
        replaced = {
            "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
            f"/etc/ssl/{host}.pem": str(certificate),
            f"/etc/ssl/{host}.key": str(key),
            "127.0.0.1:8000": f"127.0.0.1:{app_port}",
        }
        for old, new in replaced.items():
            assert server.count(old) == 1, old
            server = server.replace(old, new)
        user = "user root;" if os.geteuid() == 0 else ""
        settings, log = folder / "nginx.conf", folder / "error.log"
        settings.write_text(_FRAME.format(user=user, folder=folder, server=server))
        process = subprocess.Popen(
            [require_program("nginx"), "-p", folder, "-e", log, "-c", settings],
            env={**os.environ, "NGINX": f"{descriptor};"},
            pass_fds=[descriptor],
            start_new_session=True,
        )
    with ending(process):
        yield Nginx(port=port, certificate=certificate, log=log)


def make_certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """Make a certificate that signs itself, and return where it and its key are."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file
