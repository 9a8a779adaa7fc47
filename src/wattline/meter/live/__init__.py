"""Windows of measurement while a job runs."""
