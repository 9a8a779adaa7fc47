"""A question put to the whole line: train, prompt, serve, run."""
