"""From the server's plug to the utility meter."""
