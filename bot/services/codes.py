"""Codes that let somebody in once: shown to whoever makes them, kept as a hash."""

import hashlib
import secrets


def new_code() -> str:
    """Short enough for a link of Telegram's, which takes 64 characters of ``A-Za-z0-9_-``."""
    return secrets.token_urlsafe(12)


def hashed(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
