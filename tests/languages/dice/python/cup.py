"""What a cup remembers, and what it does: as in Rust."""

from dataclasses import dataclass
from typing import Any

from dacapo import EntityContext, Failure, entity


@entity(name="cup")
@dataclass
class Cup:
    """A sum that can be spilled. It counts its uses, so that each of them makes another state in every language."""

    sum: int = 0
    uses: int = 0

    def add(self, n: int) -> int:
        self.sum += n
        self.uses += 1
        if n % 5 == 4:
            raise Failure("spilled", str(n))
        return self.sum

    def shake(self, cx: EntityContext) -> dict[str, Any]:
        number = cx.random()
        self.sum += int(number * 100)
        self.uses += 1
        now = round(cx.now.timestamp() * 1000)
        return {"number": number, "uuid": str(cx.uuid()), "now": now, "key": cx.key}

    def pour(self, cx: EntityContext, to: str) -> str:
        cx.signal("cup", to, "add", self.sum)
        self.sum = 0
        self.uses += 1
        return cx.start("dice", {"steps": []})

    def look(self) -> int:
        return self.sum
