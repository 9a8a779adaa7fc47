"""Faces on a socket: servers that show or pass on what the line and the meter say."""
