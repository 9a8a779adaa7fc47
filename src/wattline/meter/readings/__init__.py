"""Readings in order, cleaned, counters unwrapped."""
