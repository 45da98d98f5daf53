"""A mail server that keeps what it is given."""

from __future__ import annotations

import socketserver
import threading


class Letterbox(socketserver.ThreadingTCPServer):
    """Takes mail as any server does, and keeps it. `refuses`: it accepts nobody; `drops`: it never answers a mail."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        self.mails: list[str] = []
        self.refuses = self.drops = False
        super().__init__(("127.0.0.1", 0), _Conversation)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Conversation(socketserver.StreamRequestHandler):
    server: Letterbox

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        self.say("220 letterbox")
        for raw in self.rfile:
            word = raw.decode().strip().upper()
            if word.startswith("RCPT") and self.server.refuses:
                self.say("550 nobody here")
            elif word == "DATA":
                self.say("354 go on")
                lines = []
                while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                    lines.append(line)
                self.server.mails.append("\n".join(lines))
                if self.server.drops:
                    return
                self.say("250 taken")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")
