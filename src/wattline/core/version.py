"""The version, where every package may read it without importing the face."""

__version__ = "0.1.0"
