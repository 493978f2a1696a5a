"""``flask hf-oauth …``: commands for developers."""

from __future__ import annotations

import time
from contextlib import suppress

import click
from flask.cli import AppGroup

commands = AppGroup("hf-oauth", help="Sign in with Hugging Face.")


@commands.command(with_appcontext=False)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8100,
    show_default=True,
    help="Port on 127.0.0.1; 0 takes a free one.",
)
def provider(port: int) -> None:
    """Run the embedded test provider alone, until Ctrl-C.

    It lets everybody sign in as one of its fictional accounts, and it is not Hugging Face.
    """
    from .testing import HfProvider, PortTakenError  # noqa: PLC0415 - only this command pays

    try:
        running = HfProvider(port=port, remember_consent=False).start()
    except PortTakenError as error:
        raise click.ClickException(str(error)) from None
    with running, suppress(KeyboardInterrupt):
        click.echo("This is a test provider, not Hugging Face. Point an app at it with:")
        for name, value in running.environ().items():
            click.echo(f"  export {name}={value}")
        click.echo("Press Ctrl-C to stop it.")
        while True:
            time.sleep(3600)
    click.echo("Stopped.")
