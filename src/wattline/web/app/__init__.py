"""The web app: the commands as pages and as an API on this machine, each answer from the command line's own code."""
