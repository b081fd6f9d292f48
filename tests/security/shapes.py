"""The shapes in which programs write a secret."""

import base64
import html
import json
import shlex
from collections.abc import Iterator
from urllib.parse import quote, quote_plus


def shapes(secret: str) -> Iterator[tuple[str, str]]:
    """The secret as it usually gets out."""
    raw = secret.encode()
    yield "raw", secret
    yield "JSON", json.dumps(secret)[1:-1]
    yield "JSON in Unicode", json.dumps(secret, ensure_ascii=False)[1:-1]
    yield "URL", quote(secret, safe="")
    yield "URL path", quote(secret)
    yield "form", quote_plus(secret)
    yield "HTML", html.escape(secret)
    yield "HTML in numbers", html.escape(secret).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    yield "XML", html.escape(secret).replace("&#x27;", "&apos;")
    go = json.dumps(secret, ensure_ascii=False)[1:-1].replace("&", "\\u0026")
    yield "JSON of Go", go
    yield "JSON of Go in JSON", json.dumps(go, ensure_ascii=False)[1:-1]
    yield "JSON of Java", json.dumps(secret)[1:-1].replace("\\u00fc", "\\u00FC")
    net = {'"': "\\u0022", "&": "\\u0026", "'": "\\u0027", "ü": "\\u00FC", "$": "$"}
    yield "JSON of .NET", "".join(net.get(one, one) for one in secret)
    yield "JSON of PHP", "".join({**net, "ü": "\\u00fc", "/": "\\/"}.get(one, one) for one in secret)
    yield "JSON of PowerShell", "".join({**net, "ü": "ü", '"': '\\"'}.get(one, one) for one in secret)
    yield (
        "HTML in numbers throughout",
        "".join(one if one.isascii() and one.isalnum() else f"&#x{ord(one):X};" for one in secret),
    )
    yield "bytes in hexadecimal", ", 0x".join(f"{one:02x}" for one in raw)
    yield "bytes in a script", "\\x".join(f"{one:02x}" for one in raw)
    yield "JSON in JSON", json.dumps(json.dumps(secret))[3:-3]
    yield "encodeURI", quote(secret, safe=";,/?:@&=+$-_.!~*'()#")
    yield "connection string", quote(secret, safe="!$&'()*+,;=")
    yield "bytes", repr(raw)[2:-1]
    yield "hexadecimal", raw.hex()
    yield "HEXADECIMAL", raw.hex().upper()
    yield "shell", shlex.quote(secret)[1:-1]
    yield "base64 of itself", base64.b64encode(raw).decode().rstrip("=")
    for offset, cut in ((1, 2), (2, 3)):
        coded = base64.b64encode(b"\0" * offset + raw).decode()
        yield f"base64 at offset {offset}", coded[cut : (offset + len(raw)) * 8 // 6]
