"""Names that are given once each."""

from __future__ import annotations


class Numbering:
    """Gives each name once: one that was given already gets a number, as ``form`` writes it."""

    def __init__(self, form: str) -> None:
        self._form = form
        self._given: set[str] = set()
        self._counts: dict[str, int] = {}

    def __call__(self, name: str) -> str:
        """The name, or the name with the next number that is free."""
        told, count = name, self._counts.get(name, 1)
        while told in self._given:
            count += 1
            told = self._form.format(name, count)
        self._counts[name] = count
        self._given.add(told)
        return told
