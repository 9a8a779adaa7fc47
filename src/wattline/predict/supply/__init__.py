"""``supply``: what should power a site."""
