"""How the Bot API refuses."""

from typing import Any


class ApiError(Exception):
    """Answered as ``{"ok": false, "error_code", "description"[, "parameters"]}`` with the code as HTTP status."""

    def __init__(self, code: int, description: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters

    def as_json(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            answer["parameters"] = self.parameters
        return answer


def bad_request(problem: str) -> ApiError:
    return ApiError(400, f"Bad Request: {problem}")


def conflict(problem: str) -> ApiError:
    return ApiError(409, f"Conflict: {problem}")


def too_many_requests(seconds: float) -> ApiError:
    wait = max(1, round(seconds))
    return ApiError(429, f"Too Many Requests: retry after {wait}", {"retry_after": wait})
