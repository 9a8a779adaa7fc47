"""Reports and text in the reader's language: message catalogs (gettext's .po), numbers, pages."""
