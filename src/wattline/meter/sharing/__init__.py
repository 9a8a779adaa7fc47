"""Energy of devices shared among jobs and processes."""
