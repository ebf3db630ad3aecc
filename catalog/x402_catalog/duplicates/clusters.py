"""Clusters: what belongs together by any chain of pairs (union-find with path halving)."""

from __future__ import annotations


class Clusters:
    """Numbers joined in pairs."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def join(self, one: int, other: int) -> None:
        """Put both into one cluster."""
        low, high = sorted((self.leader(one), self.leader(other)))
        self._parent[low] = low
        self._parent[high] = low

    def leader(self, number: int) -> int:
        """The smallest number of the cluster that ``number`` is in, itself if it is in none."""
        parent = self._parent
        while (above := parent.get(number, number)) != number:
            parent[number] = parent[above]
            number = above
        return number

    def all(self) -> list[list[int]]:
        """Every cluster of two or more, sorted."""
        found: dict[int, list[int]] = {}
        for number in self._parent:
            found.setdefault(self.leader(number), []).append(number)
        return sorted(sorted(members) for members in found.values() if len(members) > 1)
