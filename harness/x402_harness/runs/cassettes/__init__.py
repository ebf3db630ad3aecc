"""Cassettes: purchases as they went, kept without their signatures, so that they can be judged again without paying."""
