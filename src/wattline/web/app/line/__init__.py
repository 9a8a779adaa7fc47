"""One line of plain words, in English or Chinese, as a question of one of the pages."""

from wattline.web.app.line.question import LineQuestion
from wattline.web.app.line.read import MAX_LINE, read_line

__all__ = ["MAX_LINE", "LineQuestion", "read_line"]
