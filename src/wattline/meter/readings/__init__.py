"""Readings in order: cleaned, counters unwrapped, devices told apart."""
