"""A run as one self-contained HTML page: ``render(run)`` turns the run's JSON object into text."""

from wattline.report.page.run import render

__all__ = ["render"]
