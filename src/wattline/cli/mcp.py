"""``wattline mcp``: the commands as tools of an agent."""

from __future__ import annotations


def mcp() -> None:
    """Serve the commands as tools of an agent (Model Context Protocol, over standard input and output)."""
    from wattline.web.agent.server import agent_server

    agent_server().run("stdio")
