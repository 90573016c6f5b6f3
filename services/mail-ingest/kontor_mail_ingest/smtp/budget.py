"""How much of mails that are on their way is held in memory, by all sessions together."""


class Budget:
    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.used = 0

    @property
    def exhausted(self) -> bool:
        return self.used >= self._limit

    def take(self, size: int) -> bool:
        """False, and nothing is taken, where there is not so much left."""
        if self.used + size > self._limit:
            return False
        self.used += size
        return True

    def give_back(self, size: int) -> None:
        self.used -= size
