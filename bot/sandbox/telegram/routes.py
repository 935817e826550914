"""The Bot API over HTTP: parameters in JSON, forms and multipart; faults; downloads."""

import asyncio
import hmac
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.faults import CALL_KINDS, Faults
from bot.sandbox.http import Hanging
from bot.sandbox.telegram import Telegram
from bot.sandbox.telegram.errors import ApiError, bad_request, too_many_requests
from bot.sandbox.telegram.methods import Parameters, Upload

_SERVER_ERROR = ApiError(500, "Internal Server Error")


class TelegramRoutes:
    def __init__(self, telegram: Telegram, token: str, faults: Faults, hanging: Hanging) -> None:
        self._telegram, self._token, self._faults, self._hanging = telegram, token, faults, hanging

    def routes(self) -> list[Route]:
        return [
            Route("/file/bot{token}/{path:path}", self.download, methods=["GET"]),
            Route("/bot{token}/{method}", self.call, methods=["GET", "POST"]),
        ]

    async def call(self, request: Request) -> Response:
        try:
            result = await self._answer(request)
        except ApiError as error:
            return JSONResponse(error.as_json(), error.code)
        return result if isinstance(result, Response) else JSONResponse({"ok": True, "result": result})

    async def download(self, request: Request) -> Response:
        file = self._telegram.chats.paths.get(request.path_params["path"])
        if not self._known(request) or file is None:
            return JSONResponse(ApiError(404, "Not Found").as_json(), 404)
        fault = self._faults.strike("telegram.file", CALL_KINDS - {"failed"})
        if fault and fault.kind.startswith("hang"):
            return await self._hanging.hang(request, fault)
        if fault and fault.kind != "delay":
            return JSONResponse(_SERVER_ERROR.as_json(), fault.code or 500)
        await asyncio.sleep(fault.seconds if fault else 0)
        return Response(file.content, media_type="application/octet-stream")

    def _known(self, request: Request) -> bool:
        return hmac.compare_digest(request.path_params["token"].encode(), self._token.encode())

    async def _answer(self, request: Request) -> Any:
        """The method's result, or a Response where a fault decides. Raises ApiError."""
        name = request.path_params["method"]
        call = await _parameters(request)
        if not self._known(request):
            raise ApiError(401, "Unauthorized")
        method = self._telegram.methods.find(name)
        fault = self._faults.strike(f"telegram.{name}", CALL_KINDS - {"failed"})
        kind = fault.kind if fault else ""
        if fault and kind == "429":
            raise too_many_requests(fault.seconds)
        if fault and kind == "error":
            raise ApiError(fault.code or 400, "Told to fail")
        if kind == "500_before":
            raise _SERVER_ERROR
        if fault and kind == "hang_before":
            return await self._hanging.hang(request, fault)
        if fault and kind == "delay":
            await asyncio.sleep(fault.seconds)
        if name.lower() == "getupdates":
            result = await self._hanging.until_gone(request, method(call)) or []
        else:
            result = await method(call)
        if fault and kind == "hang_after":
            return await self._hanging.hang(request, fault)
        if kind == "500_after":
            raise _SERVER_ERROR
        return result


async def _parameters(request: Request) -> Parameters:
    values: dict[str, Any] = dict(request.query_params)
    files: dict[str, Upload] = {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind == "application/json":
        try:
            given = await request.json()
        except ValueError:
            raise bad_request("can't parse JSON object") from None
        if not isinstance(given, dict):
            raise bad_request("can't parse JSON object: an object is expected")
        return Parameters(values | given, files)
    if kind not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        await request.body()
        return Parameters(values, files)
    async with request.form() as form:
        for name, value in form.items():
            if isinstance(value, UploadFile):
                mime_type = value.content_type or "application/octet-stream"
                files[name] = Upload(await value.read(), value.filename or "file", mime_type)
            else:
                values[name] = value
    return Parameters(values, files)
