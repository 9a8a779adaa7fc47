"""A service simulated request by request."""
