"""Sessions: what calls that build on each other take together, and where it goes."""
