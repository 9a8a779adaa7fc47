"""The ``wattline`` command: one file a command, options in, text or JSON out."""
