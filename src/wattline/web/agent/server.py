"""The server of the Model Context Protocol: the tools over standard input and output, until that ends."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from wattline.core.errors import WattlineError
from wattline.core.version import __version__
from wattline.web.agent import tools

if TYPE_CHECKING:
    from mcp.server import MCPServer

ABOUT = """Wattline works out the electricity of AI from the chip to the grid. Every number is a range (p5, p50, p95):
tell the range, and say what was assumed (region, site, format). What is estimated is not measured."""
# tool -> what answers it
TOOLS: dict[str, Callable[..., Any]] = {
    "predict_prompt": tools.prompt,
    "predict_training": tools.train,
    "predict_site": tools.site,
    "check_claim": tools.check,
    "find_facts": tools.facts,
    "measure_power": tools.power,
}


def agent_server() -> MCPServer[Any]:
    """The server with its tools. Raises WattlineError where the extra is not installed."""
    try:
        from mcp.server import MCPServer
    except ImportError as error:
        raise WattlineError("wattline mcp needs the extra: pip install 'wattline[mcp]'") from error
    server: MCPServer[Any] = MCPServer(
        "wattline", version=__version__, instructions=" ".join(ABOUT.split()), log_level="ERROR"
    )
    for name, tool in TOOLS.items():
        server.tool(name=name, structured_output=True)(_with_errors(tool))
    return server


def _with_errors(tool: Callable[..., Any]) -> Callable[..., Any]:
    """The tool, whose errors reach the agent as the line that they are."""
    from mcp.server.mcpserver.exceptions import ToolError

    @wraps(tool)
    def work(*args: Any, **kwargs: Any) -> Any:
        try:
            return tool(*args, **kwargs)
        except (WattlineError, TypeError, ValueError) as error:
            raise ToolError(str(error)) from error

    return work
