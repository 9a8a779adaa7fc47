"""Requests over time: traces read and generated."""
