"""A recording handed on to other tools."""
