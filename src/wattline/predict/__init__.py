"""A question put to the line, one room or file a command: options in, answer with ranges and bill out."""
