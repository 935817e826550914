"""httpx reads all certificates anew for each client, which takes longer than most calls of a test: here once for all.

Imported for its effect, by whatever starts products.
"""

import ssl
from typing import Any

import httpx
from httpx._transports import default

_READ_ONCE = httpx.create_ssl_context(trust_env=False)


def _context(verify: Any = True, **_: Any) -> ssl.SSLContext:
    return verify if isinstance(verify, ssl.SSLContext) else _READ_ONCE


default.create_ssl_context = _context  # type: ignore[attr-defined]
