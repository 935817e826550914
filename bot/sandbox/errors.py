"""What the sandbox itself refuses."""


class SandboxError(Exception):
    """Something was asked that cannot be done on a phone, or a control call that makes no sense."""
