"""The schema's history; applied on start by ``storage.engine.migrate``."""
