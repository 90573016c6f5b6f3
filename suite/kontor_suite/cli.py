"""`kontor`: what operators do. Settings come from the environment (docs/operations.md lists them)."""

import importlib
import os
from typing import Any

import click

# Child processes are started by exec; gRPC's handlers for forks have nothing to do and complain on standard error.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")

# Imported when used: one command need not load what another one needs.
_COMMANDS = {
    "up": "serve",
    "serve": "serve",
    "migrate": "serve",
    "keys": "serve",
    "account": "accounts",
    "user": "accounts",
    "reindex": "reindex",
    "queues": "queues",
    "audit": "audit",
    "doctor": "doctor",
    "demo": "demo",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"kontor_suite.commands.{_COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """What an operator can put right is one line, not a traceback."""
        from kontor_chassis.errors import KontorError  # noqa: PLC0415 - as the commands
        from kontor_chassis.settings import WrongSetting  # noqa: PLC0415

        try:
            return super().invoke(ctx)
        except (KontorError, WrongSetting, OSError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="kontor-suite", prog_name="kontor")
def main() -> None:
    """Kontor, the CRM suite."""
    # Databases, mail and keys are nobody else's business on this machine.
    os.umask(0o077)
