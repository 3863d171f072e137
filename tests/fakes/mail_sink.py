"""A mail server on loopback that takes everything and delivers nothing."""

import email
import email.policy
import socketserver
import threading
from email.message import EmailMessage
from types import TracebackType


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        sink: MailSink = self.server.sink  # type: ignore[attr-defined]
        self._say("220 sink")
        for line in self.rfile:
            verb = line.split(None, 1)[0].upper() if line.strip() else b""
            if verb == b"DATA" and not sink.refuses:
                self._say("354 go on")
                self._take(sink)
            elif verb == b"QUIT":
                self._say("221 bye")
                return
            elif verb == b"MAIL" and sink.refuses:
                self._say("451 not now")
            else:
                self._say("250 ok")

    def _take(self, sink: "MailSink") -> None:
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line.removeprefix(b"."))
        letter = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        sink.letters.append(letter)
        self._say("250 taken")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class MailSink:
    """``letters`` are what came; while ``refuses``, nothing is taken."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.refuses = False

    def __enter__(self) -> "MailSink":
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Session)
        self._server.daemon_threads = True
        self._server.sink = self  # type: ignore[attr-defined]
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
