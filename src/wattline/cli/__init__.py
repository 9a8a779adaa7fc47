"""The wattline command."""
