"""How the tests of files look at a source: what it says of a file, and what it wrote of it."""

import io

from messages.contracts import Fetched, MediaSource

SHORT = 0.6  # seconds
MB = 1024**2


async def fetch(source: MediaSource, media_id: str, limit: int) -> tuple[Fetched, bytes]:
    into = io.BytesIO()
    return await source.fetch(media_id, into, limit), into.getvalue()
