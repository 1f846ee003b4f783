"""``python -m infra.local.ses``: the local SES and its mailbox, until SIGTERM or Ctrl-C."""

import argparse
import logging
import signal
import sys
import threading

from infra.local.ses.server import SesServer


def main(arguments: list[str] | None = None) -> int:
    """Run the server; 0 after a clean stop, 2 if the port is taken."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        server = SesServer(**vars(given))
    except OSError as error:
        message = f"Port {given.port} on 127.0.0.1 cannot be used: {error.strerror}. Choose another with --port."
        print(message, file=sys.stderr)
        return 2
    with server:
        print(f"SES and its mailbox: {server.url}", flush=True)
        stopping.wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.local.ses", description=__doc__)
    parser.add_argument("--port", type=int, default=4580, help="on 127.0.0.1 (default 4580)")
    parser.add_argument("--dir", dest="directory", default=".local/mail", help="where messages are kept")
    parser.add_argument("--region", default="eu-central-1")
    parser.add_argument("--account", default="000000000000", help="AWS account number in ARNs and events")
    parser.add_argument("--firehose-endpoint", metavar="URL", help="where events are published")
    parser.add_argument("--iam-endpoint", metavar="URL", help="the emulator whose IAM is asked for permission")
    parser.add_argument("--access-key", default="test", help="for Firehose and IAM (default test)")
    parser.add_argument("--secret-key", default="test", help="for Firehose and IAM (default test)")
    parser.add_argument("--gather", type=float, default=0, help="seconds in which events become one record")
    parser.add_argument("--rate", type=float, default=50, help="recipients a second")
    parser.add_argument("--daily", type=float, default=50_000, help="recipients in 24 hours")
    return parser


if __name__ == "__main__":
    sys.exit(main())
