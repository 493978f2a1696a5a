"""Addresses that somebody may ask a login to lead to, and those by which others were led astray."""

from __future__ import annotations

from hypothesis import strategies as st

#: The strings by which other login pages were led astray, one of each kind; "evil.example" is
#: where they lead when a judge and a browser read them differently.
BYPASSES = {
    # another host in so many words
    "https": "https://evil.example/",
    "http": "http://evil.example/",
    "upper case": "HTTPS://EVIL.EXAMPLE/",
    "no slashes": "https:evil.example",
    "own scheme, no slashes": "http:evil.example",
    "one slash": "https:/evil.example",
    "three slashes": "https:///evil.example",
    "many slashes": "https:////////evil.example",
    "own scheme, many slashes": "http:////////evil.example",
    "scheme-relative": "//evil.example",
    "scheme-relative, more slashes": "///evil.example",
    "six slashes": "//////evil.example",  # lingthio/Flask-User#119
    "scheme-relative, port": "//evil.example:80",
    "scheme-relative, path that climbs": "//evil.example/%2f..",
    "scheme-relative, encoded climb": "//evil.example/%2e%2e%2f",
    "scheme-relative, address inside": "//https://evil.example//",
    # a backslash is a slash to a browser
    "backslash": "/\\evil.example",  # maxcountryman/flask-login#737
    "two backslashes": "\\\\evil.example",
    "backslash, slash": "\\/evil.example",
    "backslashes and slashes": "\\/\\/evil.example/",
    "slash, two backslashes": "/\\\\evil.example",
    "slashes around a backslash": "/\\/evil.example/",
    "backslashes after a scheme": "https:\\\\evil.example",  # indico/flask-multipass#94
    "one backslash after a scheme": "https:\\evil.example",
    "own host, backslash, at": "http://localhost\\@evil.example/",
    "own host, backslash": "http://evil.example\\@localhost/",
    # what a browser drops from an address
    "tab inside": "/\t/evil.example",  # FlintUA/MeshCenter#130
    "tab between dots": "/.\t./\t/evil.example",
    "line feed inside": "/\n/evil.example",
    "carriage return inside": "/\r/evil.example",
    "tab first": "\t//evil.example",
    "space first": " //evil.example",
    "space and slash": "/ /evil.example/\t",
    "null first": "\x00//evil.example",
    "control first": "\x01//evil.example",
    "unit separator first": "\x1f//evil.example",
    "tab in the scheme": "ht\ttps://evil.example",
    "tab before the colon": "https\t://evil.example",
    "next line first": "\x85//evil.example",
    "no-break space first": "\xa0//evil.example",
    "byte order mark first": "\ufeff//evil.example",
    # dots that are resolved before the slashes are counted
    "dot": "/.//evil.example",
    "two dots": "/..//evil.example",
    "encoded dot": "/%2e//evil.example",
    "encoded dots": "/%2e%2e//evil.example",
    "encoded dots, upper case": "/%2E%2E//evil.example",
    "dot and encoded dot": "/.%2e//evil.example",
    "dot and backslash": "/.\\/evil.example",
    "own host, dots": "http://localhost/..//evil.example",
    "own host, slashes": "http://localhost//evil.example",
    "own host, empty path": "http://localhost/./\\evil.example",
    # the host is what stands after the last @
    "credentials": "http://localhost@evil.example/",
    "credentials and port": "http://localhost:80@evil.example/",
    "credentials, scheme-relative": "//localhost@evil.example/",
    "credentials, encoded at": "http://localhost%40evil.example/",
    "two ats": "http://localhost@localhost@evil.example/",
    "colon and at": "https://:@evil.example\\@localhost",
    "question mark before the at": "http://evil.example?@localhost/",
    "hash before the at": "http://evil.example:80#@localhost/",
    # hosts that only look like this one
    "longer host": "http://localhost.evil.example/",
    "shorter host": "http://local/",
    "dotted host": "http://localhost./",
    "ampersand in the host": "http://evil.example&localhost/",
    "other port": "http://localhost:8080/",
    "port of letters": "http://localhost:evil/",
    "encoded host": "http://%65vil.example/",
    "ideographic full stop": "//evil。example",
    "full-width full stop": "//evil\uff0eexample",
    "half-width ideographic full stop": "//evil\uff61example",
    "encoded full stop": "//evil%E3%80%82example",
    "full-width letters": "http://\uff45\uff56\uff49\uff4c.example/",
    "full-width own host": "http://\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54/",
    "full-width slashes": "\uff0f\uff0fevil.example",
    "full-width slash in the host": "http://localhost\uff0f.evil.example/",
    "account-of sign in the host": "http://evil.c\u2100.example/",
    "division slash": "http://localhost\u2215.evil.example/",
    "internationalized host": "http://bücher.example/",
    "internationalized host, encoded": "http://xn--bcher-kva.example/",
    "vertical kana repeat mark": "〱evil.example",
    "null in the host": "//evil\x00.example",
    "number for a host": "http://3627734734/",
    "octal host": "http://0330.072.0326.0316/",
    "hexadecimal host": "http://0xd83ad6ce/",
    "IPv6": "http://[::1]/",
    "open bracket": "http://[::1",
    "no host": "http:///",
    "empty credentials": "http://@/",
    # schemes that are no pages
    "javascript": "javascript:alert(1)",
    "javascript, upper case": "JaVaScRiPt:alert(1)",
    "javascript with a host": "javascript://localhost/%0aalert(1)",
    "javascript, tab": "java\tscript:alert(1)",
    "javascript, line break": "java\r\nscript:alert(1)",
    "javascript, control first": "\x01javascript:alert(1)",
    "data": "data:text/html,<script>alert(1)</script>",
    "vbscript": "vbscript:msgbox(1)",
    "file": "file:///etc/passwd",
    "blob": "blob:http://localhost/x",
    "view-source": "view-source:http://localhost/",
    "ftp": "ftp://localhost/",
    "mail": "mailto:demo@evil.example",
    "web socket": "ws://localhost/",
    # a header of its own
    "response splitting": "/\r\nSet-Cookie: session=x",
    "response splitting, line feed": "/\nLocation: http://evil.example",
    "header and body": "/\r\n\r\n<script>alert(1)</script>",
    # nothing that leads anywhere
    "empty": "",
    "space": " ",
    "relative": "evil.example",
    "relative climb": "../evil.example",
    "query alone": "?next=//evil.example",
    "fragment alone": "#//evil.example",
    "too long": "/" + 1000 * "x",
    "too long once encoded": "/" + 400 * "ü",
}

#: Odd, but of this origin, and a browser resolves them so.
HARMLESS = {
    "/": "/",
    "/private": "/private",
    "/a/b?c=d&e=f#g": "/a/b?c=d&e=f#g",
    "/a:b?c:d#e:f": "/a:b?c:d#e:f",
    "/logoutX": "/logoutX",
    " /private ": "/private",
    "http://localhost": "/",
    "http://localhost/": "/",
    "HTTP://LOCALHOST/a": "/a",
    "https://localhost/a": "/a",
    "http://localhost?a=b": "/?a=b",
    "http://localhost#top": "/#top",
    "/search?q=//evil.example": "/search?q=//evil.example",
    "/#//evil.example": "/#//evil.example",
    "/go/https://evil.example/": "/go/https://evil.example/",
    "/https://evil.example/": "/https://evil.example/",
    "/@evil.example": "/@evil.example",
    "/:80": "/:80",
    "/;//evil.example": "/;//evil.example",
    "/%09/evil.example": "/%09/evil.example",
    "/%5cevil.example": "/%5cevil.example",
    "/%2f/evil.example": "/%2f/evil.example",
    "/%00": "/%00",
    "/%": "/%",
    "/...": "/...",
    "/.well-known/x": "/.well-known/x",
    "/größe?ü=ß": "/gr%C3%B6%C3%9Fe?%C3%BC=%C3%9F",
    "/〱evil.example": "/%E3%80%B1evil.example",
    "/\uff0fevil.example": "/%EF%BC%8Fevil.example",
    "/\u200b/evil.example": "/%E2%80%8B/evil.example",
    "/a b": "/a%20b",
    '/"><script>': "/%22%3E%3Cscript%3E",
    "/{}|^`": "/%7B%7D%7C%5E%60",
    "/" + 999 * "x": "/" + 999 * "x",
}

#: What an address is put together from, by an attacker who has read all of the above.
PIECES = [
    *"/\\.:@?#&%\t\r\n \x00",
    *("//", "..", "%2e", "%2f", "%5C", "?#", "http:", "https://", "javascript:"),
    *("localhost", "evil.example", "__sign=x", "\ud800", "\u3002", "\uff0f"),
]

_texts = st.text(st.characters())  # lone surrogates too: JSON can carry them
_pieces = st.sampled_from(PIECES)

#: Any text, and more often what an attacker would put together.
addresses = _texts | st.lists(_pieces | st.text(max_size=2), max_size=8).map("".join)
