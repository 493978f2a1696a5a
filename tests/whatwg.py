"""How a browser resolves an address: the URL standard of the WHATWG, written down once more.

Only the origin is of interest here. Section numbers are those of https://url.spec.whatwg.org.
"""

from __future__ import annotations

import re
import unicodedata

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21"}
_OPAQUE = "null"


def resolve_origin(address: str, base: str = "http://localhost") -> str:
    """Return the origin of an address found on a page of `base`; "null" for an opaque one."""
    # 4.4: drops spaces and controls around an address, tabs and line breaks anywhere in it.
    address = re.sub(r"[\t\n\r]", "", address.strip("".join(map(chr, range(0x21)))))
    base_scheme = base.partition(":")[0]
    match = _SCHEME.match(address)
    scheme = match[1].lower() if match else base_scheme
    rest = address[match.end() :] if match else address
    if scheme not in _PORTS:
        return _OPAQUE
    # A backslash is a slash, and the base's own scheme may stand before a relative address.
    if scheme == base_scheme and not re.match(r"[/\\]{2}", rest):
        return base
    return _read_origin(scheme, rest)


def _read_origin(scheme: str, rest: str) -> str:
    # Any number of slashes, even none, leads to the host; the last @ ends the credentials.
    authority = re.split(r"[/\\?#]", rest.lstrip("/\\"), maxsplit=1)[0].rpartition("@")[2]
    host, _colon, port = authority.partition(":")
    # 3.5: the mapping of UTS #46 turns full-width letters and ideographic full stops into ASCII.
    host = unicodedata.normalize("NFKC", host).lower().replace("。", ".")
    shown = "" if port in {"", _PORTS[scheme]} else f":{port}"
    return f"{scheme}://{host}{shown}"
