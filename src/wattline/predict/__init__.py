"""Questions put to the line: train, prompt, serve, site."""
