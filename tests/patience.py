"""How long tests wait for what must come."""

PATIENCE = 180.0  # seconds: long, as on a machine that is slow and busy, since only what fails waits so long
