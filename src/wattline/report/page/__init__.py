"""Report pages: HTML and SVG."""
