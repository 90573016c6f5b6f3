"""Outgoing mail as files, for trying: `<folder>/<message id>.eml`. A file is there as a whole or not at all."""

import asyncio
import os
import re
from pathlib import Path

from kontor_chassis.errors import Unavailable
from kontor_chassis.outgoing_mail.port import Mail, message_of

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._@-]")


class FileMail:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, mail: Mail) -> None:
        content = message_of(mail).as_bytes()
        try:
            await asyncio.to_thread(self._write, _NOT_IN_NAMES.sub("_", mail.message_id), content)
        except OSError as error:
            raise Unavailable("The mail cannot be written to its file.", reason="MAIL_UNAVAILABLE") from error

    def _write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = self._folder / f".{name}.tmp"
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self._folder / f"{name}.eml")
