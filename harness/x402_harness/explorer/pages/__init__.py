"""Pages: one module each, with the function that makes it."""
