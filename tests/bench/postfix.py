"""A Postfix of our own to compare with: it takes mails from this machine, keeps them durably as it always does, and discards them.

It needs the package installed (its users and groups are part of it) and root, which its master process insists on.
"""

import os
import re
import shutil
import smtplib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.backend_servers import Program, running, temporary_folder
from tests.backends import BackendMissing
from tests.bench.targets import Target, pid_of
from tests.suite_processes import choose_ports

_MASTER = Path("/etc/postfix/master.cf.proto")
_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = bench.example
mydestination = bench.example
mynetworks = 127.0.0.0/8
local_recipient_maps =
alias_maps =
alias_database =
local_transport = discard:
default_transport = discard:
maillog_file = /dev/stdout
maillog_file_prefixes = /dev
"""


@contextmanager
def postfix_target() -> Iterator[Target]:
    """A running Postfix. Raises BackendMissing where there is none, or where we may not start it."""
    if not shutil.which("postfix") or not _MASTER.exists() or os.geteuid() != 0:
        raise BackendMissing("Postfix is missing: its package is not installed, or we are not root")
    [port] = choose_ports(1)
    with temporary_folder() as folder:
        # Its own users have to reach what lies below.
        folder.chmod(0o755)
        program = Program(command=_configured(folder, port), answers=lambda: _greets(port), folder=folder)
        with running(program, end=program.stop):
            yield Target("127.0.0.1", port, {"postfix": pid_of(program)}, smtp_port=port)


def _greets(port: int) -> None:
    smtplib.SMTP("127.0.0.1", port, timeout=5).close()


def _configured(folder: Path, port: int) -> list[str]:
    settings = folder / "etc"
    for name in ("etc", "spool", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    (settings / "main.cf").write_text(_MAIN.format(folder=folder))
    # Without the prisons of Debian, which would want copies of files.
    services = re.sub(r"(?m)^(\S+\s+\S+\s+\S+\s+\S+\s+)y", r"\1n", _MASTER.read_text())
    listen = re.sub(r"(?m)^smtp(\s+inet\s)", rf"127.0.0.1:{port}\1", services)
    (settings / "master.cf").write_text(listen)
    # Makes the folders of the queue.
    subprocess.run(["postfix", "-c", str(settings), "check"], check=True, capture_output=True)
    daemons = subprocess.run(["postconf", "-c", str(settings), "-h", "daemon_directory"], check=True, capture_output=True, text=True)
    # The master itself instead of `postfix start`: it stays our child, and its own children end with it.
    return [f"{daemons.stdout.strip()}/master", "-c", str(settings), "-d"]
