"""A stable address before the emulated API Gateway, as a custom domain is before the real one.

The emulator gives each deployment a new address; links in mails need one that stays. Nothing is added or taken away but
hop-by-hop headers; only a page that there is not is answered in the template's words, as the emulator does not know
gateway responses.
"""

import argparse
import http.client
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from infra.build import OUT

HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "proxy-authorization",
    "host",
    "content-length",
}
NOWHERE = b'{"message":"Missing Authentication Token"}'
"""What API Gateway says of an address that there is not, unless the template says otherwise."""

Answer = tuple[int, list[tuple[str, str]], bytes]


def nowhere(template: Path = OUT / "sam.yaml") -> Answer:
    """The packaged template's answer for an address that there is not: status, headers, page."""
    definition = yaml.safe_load(template.read_text())["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    said = definition["x-amazon-apigateway-gateway-responses"]["MISSING_AUTHENTICATION_TOKEN"]
    headers = [(name.removeprefix("gatewayresponse.header."), value.strip("'"))
               for name, value in said["responseParameters"].items()]  # fmt: skip
    return int(said["statusCode"]), headers, said["responseTemplates"]["application/json"].encode()


def make_front(port: int, target: str, missing: Answer) -> ThreadingHTTPServer:
    """A server on 127.0.0.1:``port`` that passes every request on to ``target`` (an http URL with a path prefix).

    ``missing`` is answered for pages, not for the API, that the target has no address for.
    """
    upstream = urlsplit(target)

    class Front(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
            if "accept" not in self.headers:  # as a content delivery network would
                headers["Accept"] = "*/*"
            connection = http.client.HTTPConnection(upstream.hostname or "", upstream.port, timeout=60)
            try:
                connection.request(self.command, upstream.path.rstrip("/") + self.path, body or None, headers)
                answer = connection.getresponse()
                content = answer.read()
            except OSError as error:
                return self._answer(502, [("Content-Type", "text/plain")], f"The local AWS is away: {error}\n".encode())
            finally:
                connection.close()
            if answer.status == 403 and content == NOWHERE and not self.path.startswith("/api/"):
                return self._answer(*missing)
            self._answer(
                answer.status, [(n, v) for n, v in answer.getheaders() if n.lower() not in HOP_BY_HOP], content
            )

        def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _pass_on

        def log_message(self, format: str, *arguments: object) -> None:
            """Silent: the functions log."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Front)
    server.daemon_threads = True
    return server


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--target", required=True)
    options = parser.parse_args()
    make_front(options.port, options.target, nowhere()).serve_forever()


if __name__ == "__main__":
    main()
