"""The journal: readings on disk as they come."""
