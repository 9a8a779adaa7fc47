"""``wattline web``: the commands as pages in a browser, on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from wattline.core.errors import WattlineError

Opt = typer.Option
MAX_AT_ONCE = 64
LANGS = ("en", "zh")
TOKEN = "WATTLINE_WEB_TOKEN"


def web(
    context: typer.Context,
    port: Annotated[int, Opt(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = 8200,
    listen: Annotated[
        str, Opt("--listen", "--host", help="Address to listen on, such as 127.0.0.1 or 0.0.0.0.")
    ] = "127.0.0.1",
    lang: Annotated[str, Opt(help="Language of the pages where the reader chose none: en or zh.")] = "en",
    journals: Annotated[Path | None, Opt(metavar="DIR", help="Folder of recordings that Measure shows.")] = None,
    proxy: Annotated[str, Opt(help="Address of a running `wattline proxy`, whose requests Measure shows.")] = "",
    at_once: Annotated[
        int | None, Opt(help="Number of questions calculated at the same time [default: one a core, two at least].")
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        Opt(help="Host name that requests may be sent to, beside this machine's own; may be given several times."),
    ] = None,
) -> None:
    """Serve the commands as pages for a browser on this machine; browsers on other machines need the token that is
    printed."""
    if lang not in LANGS:
        raise WattlineError(f"--lang {lang!r} is none of {', '.join(LANGS)}")
    if at_once is not None and not 2 <= at_once <= MAX_AT_ONCE:
        raise WattlineError(f"--at-once {at_once} is out of range; give 2 to {MAX_AT_ONCE}")
    if proxy and not proxy.startswith(("http://", "https://")):
        from wattline.core.address import without_secrets

        raise WattlineError(f"--proxy {without_secrets(proxy)!r} is no address, such as http://127.0.0.1:8100")
    try:
        from wattline.web.app.server import WebSetup, serve_app
    except ImportError as error:
        raise WattlineError(f"the web app needs {error.name}; install it by `pip install 'wattline[web]'`") from None
    from wattline.cli.printing import emit

    root: Any = context.find_root().command
    setup = WebSetup(
        host=listen, port=port, lang=lang, journals=journals, proxy=proxy, workers=at_once,
        names=tuple(allow_host or ()), token=os.environ.get(TOKEN) or None,
    )  # fmt: skip
    serve_app(setup, root, lambda address: emit(f"wattline web: {address}\nCtrl-C ends it.\n"))
