"""Everything that acts: the chat, the webhooks, the worker, the command line."""
