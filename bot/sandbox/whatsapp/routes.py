"""The Cloud API over HTTP: bearer token, faults, messages, media, templates."""

import asyncio
import hmac
import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.config import SandboxConfig
from bot.sandbox.faults import CALL_KINDS, Fault, Faults
from bot.sandbox.http import Hanging
from bot.sandbox.whatsapp import WhatsApp
from bot.sandbox.whatsapp.errors import Refused

Answer = Callable[[Request, Fault | None], Awaitable[dict[str, Any] | Response]]
_SERVER_ERROR = {"error": {"message": "An unknown error has occurred.", "type": "OAuthException", "code": 1}}


class WhatsAppRoutes:
    def __init__(self, whatsapp: WhatsApp, config: SandboxConfig, faults: Faults, hanging: Hanging) -> None:
        self._whatsapp, self._config, self._faults, self._hanging = whatsapp, config, faults, hanging

    def routes(self) -> list[Route]:
        return [
            Route("/whatsapp/media/{ticket}", self.download, methods=["GET"]),
            Route("/{version}/{owner}/messages", self.messages, methods=["POST"]),
            Route("/{version}/{owner}/media", self.upload, methods=["POST"]),
            Route("/{version}/{owner}/message_templates", self.create_template, methods=["POST"]),
            Route("/{version}/{owner}/message_templates", self.list_templates, methods=["GET"]),
            Route("/{version}/{owner}/subscribed_apps", self.subscribed_apps, methods=["GET"]),
            Route("/{version}/{owner}", self.node, methods=["GET", "POST", "DELETE"]),
        ]

    async def messages(self, request: Request) -> Response:
        async def accept(request: Request, fault: Fault | None) -> dict[str, Any]:
            self._owned_by(request, self._config.phone_number_id)
            content = await _json(request)
            return self._whatsapp.cloud.accept(content, fault.code if fault and fault.kind == "failed" else None)

        return await self._answered("whatsapp.messages", request, accept)

    async def upload(self, request: Request) -> Response:
        async def keep(request: Request, _: Fault | None) -> dict[str, Any]:
            self._owned_by(request, self._config.phone_number_id)
            async with request.form() as form:
                file = form.get("file")
                if form.get("messaging_product") != "whatsapp" or not isinstance(file, UploadFile):
                    raise Refused(100, "Params messaging_product and file are required")
                mime_type = str(form.get("type") or file.content_type or "")
                media = self._whatsapp.media.upload(await file.read(), mime_type, file.filename or "file")
            return {"id": media.media_id}

        return await self._answered("whatsapp.media", request, keep)

    async def download(self, request: Request) -> Response:
        async def give(request: Request, _: Fault | None) -> Response:
            media = self._whatsapp.media.redeem(request.path_params["ticket"])
            if media is None:
                return Response("URL signature expired", 404)
            return Response(media.content, media_type=media.mime_type)

        return await self._answered("whatsapp.download", request, give)

    async def create_template(self, request: Request) -> Response:
        async def create(request: Request, _: Fault | None) -> dict[str, Any]:
            self._owned_by(request, self._config.waba_id)
            template = self._whatsapp.templates.create(await _json(request), self._config.template_review)
            return {"id": template.template_id, "status": template.status, "category": template.category}

        return await self._answered("whatsapp.templates", request, create)

    async def list_templates(self, request: Request) -> Response:
        async def listed(request: Request, _: Fault | None) -> dict[str, Any]:
            self._owned_by(request, self._config.waba_id)
            query = request.query_params
            found = self._whatsapp.templates.listed(query.get("name"), query.get("status"))
            limit, after = int(query.get("limit", 25)), int(query.get("after", 0))
            page: dict[str, Any] = {"data": found[after : after + limit]}
            if found[after + limit :]:
                cursors = {"before": str(after), "after": str(after + limit)}
                page["paging"] = {
                    "cursors": cursors,
                    "next": str(request.url.include_query_params(after=after + limit)),
                }
            return page

        return await self._answered("whatsapp.templates", request, listed)

    async def subscribed_apps(self, request: Request) -> Response:
        async def listed(request: Request, _: Fault | None) -> dict[str, Any]:
            self._owned_by(request, self._config.waba_id)
            app = {"whatsapp_business_api_data": {"id": "300000000000003", "name": self._config.business_name}}
            return {"data": [app] if self._config.app_subscribed else []}

        return await self._answered("whatsapp.account", request, listed)

    async def node(self, request: Request) -> Response:
        """An object by its id: the number, the account, or a file; to change it, a template."""
        if request.method == "POST":
            return await self._answered("whatsapp.templates", request, self._edit_template)
        return await self._answered("whatsapp.media", request, self._node)

    async def _edit_template(self, request: Request, _: Fault | None) -> dict[str, Any]:
        node, status = request.path_params["owner"], self._config.template_review
        if self._whatsapp.templates.edit(node, await _json(request), status) is None:
            raise _unknown(node)
        return {"success": True}

    async def _node(self, request: Request, _: Fault | None) -> dict[str, Any]:
        node, media = request.path_params["owner"], self._whatsapp.media
        if request.method == "DELETE":
            if not media.forget(node):
                raise _unknown(node)
            return {"success": True}
        if node == self._config.phone_number_id:
            return {"id": node} | self._number()
        if node == self._config.waba_id:
            return {"id": node, "name": self._config.business_name}
        found = media.find(node)
        if found is None:
            raise _unknown(node)
        return {
            "messaging_product": "whatsapp",
            "url": f"{request.base_url}whatsapp/media/{media.ticket(found)}",
            "mime_type": found.mime_type,
            "sha256": found.sha256,
            "file_size": len(found.content),
            "id": node,
        }

    def _number(self) -> dict[str, Any]:
        config = self._config
        return {
            "display_phone_number": config.phone_number,
            "verified_name": config.business_name,
            "status": config.number_status,
            "quality_rating": config.quality_rating,
            "health_status": {"can_send_message": config.can_send},
            "whatsapp_business_manager_messaging_limit": config.messaging_limit,
        }

    async def _answered(self, target: str, request: Request, answer: Answer) -> Response:
        """One call: its faults, its token, its answer or Meta's refusal."""
        await request.form() if _is_form(request) else await request.body()
        try:
            return await self._judged(target, request, answer)
        finally:
            await request.close()  # the files of a form

    async def _judged(self, target: str, request: Request, answer: Answer) -> Response:
        try:
            self._checked(request)
            allowed = CALL_KINDS if target == "whatsapp.messages" else CALL_KINDS - {"failed"}
            fault = self._faults.strike(target, allowed)
            kind = fault.kind if fault else ""
            if kind == "429":
                raise Refused(130429, "Cloud API message throughput has been reached.")
            if fault and kind == "error":
                raise Refused(fault.code or 131000, "Told to fail")
            if kind == "500_before":
                return JSONResponse(_SERVER_ERROR, 500)
            if fault and kind == "hang_before":
                return await self._hanging.hang(request, fault)
            if fault and kind == "delay":
                await asyncio.sleep(fault.seconds)
            result = await answer(request, fault)
        except Refused as refusal:
            return JSONResponse(refusal.as_json(), refusal.http_status)
        if fault and kind == "hang_after":
            return await self._hanging.hang(request, fault)
        if kind == "500_after":
            return JSONResponse(_SERVER_ERROR, 500)
        return result if isinstance(result, Response) else JSONResponse(result)

    def _checked(self, request: Request) -> None:
        version = request.path_params.get("version")
        if version is not None and not re.fullmatch(r"v\d+\.\d+", version):
            raise Refused(100, f"Unknown path components: /{version}")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.encode(), self._config.whatsapp_token.encode()):
            raise Refused(190, "Invalid OAuth access token - Cannot parse access token")

    def _owned_by(self, request: Request, owner: str) -> None:
        if request.path_params["owner"] != owner:
            raise _unknown(request.path_params["owner"])


def _unknown(node: str) -> Refused:
    return Refused(100, f"Unsupported request. Object with ID '{node}' does not exist or cannot be loaded", 33)


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("multipart/form-data")


async def _json(request: Request) -> dict[str, Any]:
    try:
        content = await request.json()
    except ValueError:
        raise Refused(100, "The body is not valid JSON") from None
    if not isinstance(content, dict):
        raise Refused(100, "The body must be a JSON object")
    return content
