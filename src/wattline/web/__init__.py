"""Servers: the web app, the proxy before a model server, tools for agents."""
