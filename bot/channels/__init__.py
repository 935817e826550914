"""Adapters of the ``Channel`` contract: one file a channel."""
