"""Sessions: calls to a model that build on each other, as files and as presets in the same format."""
