"""HTTP as it is spoken here: parsed in C, and bounded, which the parser itself is not."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_LIMIT = 64 * 1024  # bytes of a request beside its body: its head, and what frames and follows chunks


class BoundedProtocol(HttpToolsProtocol):
    """Ends a connection whose request has no end but in its body, for which whoever reads it has a limit."""

    _beside = 0  # bytes of the request that is being read, less those of its body

    def data_received(self, data: bytes) -> None:
        self._beside += len(data)
        super().data_received(data)
        if self._beside > HEAD_LIMIT and not self.transport.is_closing():
            self.send_400_response("Request header fields too large.")

    def on_body(self, body: bytes) -> None:
        self._beside -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._beside = 0
        super().on_message_complete()
