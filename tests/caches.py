"""A cache as several machines share it: it counts, and it can be away."""

from __future__ import annotations

from collections import Counter
from math import inf

from cachelib import BaseCache


class SharedCache(BaseCache):
    """What Redis is to several processes; nothing in it ends by itself.

    Attributes:
        answers: How many more questions it answers; then it is away.
    """

    def __init__(self, answers: float = inf) -> None:
        super().__init__()
        self.kept: dict[str, object] = {}
        self.timeouts: dict[str, object] = {}
        self.gets: Counter[str] = Counter()
        self.answers = answers

    def _answer(self) -> None:
        self.answers -= 1
        if self.answers < 0:
            raise ConnectionError("redis://:password@hidden-address is away")

    def get(self, key: str) -> object:
        self._answer()
        self.gets[key] += 1
        return self.kept.get(key)

    def has(self, key: str) -> bool:
        self._answer()
        return key in self.kept

    def set(self, key: str, value: object, timeout: object = None) -> bool | None:
        self._answer()
        self.kept[key], self.timeouts[key] = value, timeout
        return True

    def add(self, key: str, value: object, timeout: object = None) -> bool:
        self._answer()
        is_new = key not in self.kept
        if is_new:
            self.kept[key], self.timeouts[key] = value, timeout
        return is_new

    def delete(self, key: str) -> bool:
        self._answer()
        return self.kept.pop(key, None) is not None


class SilentCache(BaseCache):
    """Memcached that is away: it raises nothing, and keeps nothing."""

    def add(self, key: str, value: object, timeout: object = None) -> bool:  # noqa: ARG002 - it keeps nothing
        return False

    def set(self, key: str, value: object, timeout: object = None) -> bool | None:  # noqa: ARG002 - the same
        return False

    def has(self, key: str) -> bool:  # noqa: ARG002 - the same
        return False
