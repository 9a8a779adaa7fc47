"""One module a format that others record in; each gives a Recording."""
