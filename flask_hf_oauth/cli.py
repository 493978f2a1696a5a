"""``flask hf-oauth …``: commands for developers."""

from __future__ import annotations

import os
import sys
import time
from contextlib import redirect_stdout, suppress
from typing import TextIO

import click
from flask.cli import AppGroup, ScriptInfo

from .loopback import is_web_address

_SPACE = "demo-org/space"

commands = AppGroup("hf-oauth", help="Sign in with Hugging Face.")


def _check_url(_ctx: click.Context, _parameter: click.Parameter, url: str | None) -> str | None:
    if url is not None and ("?" in url or not is_web_address(url)):
        raise click.BadParameter("an address like https://my.host is expected")
    return url


def _check_urls(
    ctx: click.Context, parameter: click.Parameter, urls: tuple[str, ...]
) -> tuple[str, ...]:
    for url in urls:
        _check_url(ctx, parameter, url)
    return urls


@commands.command(with_appcontext=False)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8100,
    show_default=True,
    help="Port on 127.0.0.1; 0 takes a free one.",
)
@click.option(
    "--redirect-uri",
    "redirect_uris",
    multiple=True,
    callback=_check_urls,
    help="A callback beyond loopback to take as registered; may be given several times.",
)
@click.option(
    "--space",
    metavar="URL",
    callback=_check_url,
    help="Show the app at this address as a Space's page does.",
)
def provider(port: int, redirect_uris: tuple[str, ...], space: str | None) -> None:
    """Run the embedded test provider alone, until Ctrl-C.

    It lets everybody sign in as one of its fictional accounts, and it is not Hugging Face.
    """
    from .testing import HfProvider, PortTakenError  # noqa: PLC0415 - only this command pays

    try:
        running = HfProvider(port=port, redirect_uris=redirect_uris, remember_consent=False).start()
    except PortTakenError as error:
        raise click.ClickException(str(error)) from None
    with running, suppress(KeyboardInterrupt):
        click.echo("This is a test provider, not Hugging Face. Point an app at it with:")
        for name, value in running.environ().items():
            click.echo(f"  export {name}={value}")
        if space is not None:
            click.echo(f"  export SPACE_ID={_SPACE}")
            click.echo(f"The page of the Space: {running.show_space(_SPACE, space)}")
        click.echo("Press Ctrl-C to stop it.")
        while True:
            time.sleep(3600)
    click.echo("Stopped.")


def _take_stdout() -> TextIO:
    """Keep stdout for the report; what the app prints, also by C or at its end, goes to stderr."""
    try:
        ours, theirs = sys.stdout.fileno(), sys.stderr.fileno()
    except (AttributeError, OSError):  # one is closed, or is that of a test
        return sys.stdout
    report = os.fdopen(os.dup(ours), "w", encoding=sys.stdout.encoding)
    os.dup2(theirs, ours)
    return report


@commands.command(with_appcontext=False)
@click.option("--url", callback=_check_url, help="Where people open the site: https://my.host")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@click.pass_context
def doctor(ctx: click.Context, url: str | None, *, as_json: bool) -> None:
    """Tell whether a login can work here, and what to do if not.

    It asks the provider for its documents and whether it knows this app, but signs nobody in. It
    prints no secret. It ends with status 1 when a login cannot work.
    """
    from .doctor import examine  # noqa: PLC0415 - only this command pays
    from .doctor.report import build_json, build_text, can_sign_in  # noqa: PLC0415 - the same

    report = _take_stdout()
    with redirect_stdout(sys.stderr):
        findings = examine(ctx.ensure_object(ScriptInfo).load_app, url)
    click.echo(build_json(findings) if as_json else build_text(findings), file=report)
    ctx.exit(0 if can_sign_in(findings) else 1)
