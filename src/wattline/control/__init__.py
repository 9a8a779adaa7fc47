"""Limits of power and clocks that are set while a job runs, and always set back: ``tune``, ``budget``."""
