"""The HTTP server on 127.0.0.1 and ``SesServer``, its handle in code and in tests."""

import logging
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.local.ses import api
from infra.local.ses.account import Account
from infra.local.ses.control import Control
from infra.local.ses.errors import InternalFailure
from infra.local.ses.http import Request, Response, error_response
from infra.local.ses.iam import Iam
from infra.local.ses.mailbox import Mailbox, Message
from infra.local.ses.operations import Service
from infra.local.ses.pages import Pages
from infra.local.ses.publisher import Publisher

logger = logging.getLogger(__name__)
HOST = "127.0.0.1"
MAX_BODY = 64 * 1024 * 1024  # a 40 MB message in base64, with room
Answer = Callable[[Request], Response]


class SesServer:
    """A strict SES v2 on loopback; ``start()`` and ``stop()`` it, or use it as a context manager.

    Args:
        directory: where accepted messages are kept.
        port: 0 picks a free one; see ``port`` and ``url``.
        account: the AWS account number in ARNs and events.
        firehose_endpoint: where events are published; without it they are not.
        iam_endpoint: the emulator that is asked for permission; without it everybody may.
        access_key, secret_key: for Firehose and for ``iam:SimulatePrincipalPolicy``.
        gather: seconds in which events become one record, as Firehose's buffer makes one object of them.
        rate: recipients a second; daily: recipients in 24 hours.
        clock: seconds, monotonic; for the limits.

    Raises:
        OSError: the port is taken.
    """

    def __init__(
        self,
        directory: Path | str,
        *,
        port: int = 0,
        region: str = "eu-central-1",
        account: str = "000000000000",
        firehose_endpoint: str | None = None,
        iam_endpoint: str | None = None,
        access_key: str = "test",
        secret_key: str = "test",
        gather: float = 0,
        rate: float = 50,
        daily: float = 50_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = _HttpServer((HOST, port), _Handler)
        self.account = Account(region=region, number=account, rate=rate, quota=daily, clock=clock)
        self.mailbox = Mailbox(Path(directory))
        self.publisher = Publisher(firehose_endpoint, region, access_key, secret_key, gather)
        self.control = Control(self.account, self.mailbox, self.publisher)
        iam = Iam(iam_endpoint, region, access_key, secret_key) if iam_endpoint else None
        service = Service(self.account, self.mailbox, self.publisher, iam.may if iam else None)
        pages = Pages(self.mailbox)
        self._http.answers = {
            "v2": lambda request: api.answer(service, iam, request),
            "_control": self.control.answer,
            "": pages.answer,
        }
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        """``http://127.0.0.1:<port>``, for ``endpoint_url`` and for a browser."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> Self:
        """Serve in background threads."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and give queued events a moment to leave."""
        if self._thread.is_alive():
            self._http.shutdown()
        self._http.server_close()
        self.publisher.stop()

    def messages(self, *, to: str = "", **tags: str) -> list[Message]:
        """Accepted messages, oldest first, by recipient and by message tags."""
        return self.mailbox.find(to=to, tags=tags)

    def settle(self, timeout: float = 10.0) -> bool:
        """Wait (seconds) until every event is published; whether that was reached."""
        return self.publisher.settle(timeout)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128
    answers: dict[str, Answer]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""
        logger.debug("connection of %s ended", client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _HttpServer
    protocol_version = "HTTP/1.1"
    server_version = "local-ses"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 120

    def answer(self) -> None:
        """Read the request, find who answers it, write the answer."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY:
            self.close_connection = True
            return self.send_error(413)
        request = Request(self.command, self.path, self.headers.items(), self.rfile.read(length))
        self.write(self._answer(request))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer

    def _answer(self, request: Request) -> Response:
        answers = self.server.answers
        try:
            return answers.get(request.path[0], answers[""])(request)
        except Exception:
            logger.exception("%s %s failed", request.method, request.target)
            return error_response(InternalFailure("An internal failure occurred; the server's log has the traceback."))

    def write(self, response: Response) -> None:
        """Send the answer, or close the connection without one."""
        if response.drop:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are worth a line only when somebody debugs."""
        logger.debug(format, *args)
