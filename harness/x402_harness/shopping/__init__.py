"""Shopping: purchases one at a time, for tests and programs that want to look at each of them."""
