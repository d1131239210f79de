"""A study as files: pages for the browser, pictures, tables."""
