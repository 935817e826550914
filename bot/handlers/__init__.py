"""The chat: thin handlers that unpack an update, call one use-case, and show. All they remember is in rows."""

import os

os.environ.setdefault("PTB_TIMEDELTA", "true")  # durations as timedelta: what the library will do by itself one day
