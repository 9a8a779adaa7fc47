"""Scenario files: TOML with a list of jobs, each a question put to the whole line, and one report of all."""
