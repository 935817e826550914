"""The chat: thin handlers that unpack an update, call one use-case, and show. All they remember is in rows."""
