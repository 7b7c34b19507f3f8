"""The examples of README.md, as they stand there."""

from __future__ import annotations

import os
import re
import unittest

from dacapo.functions import Registry, registry

README = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "README.md")

PRELUDE = """
from datetime import timedelta
from dacapo import *
from dacapo.testing import Actor, Desk, Kit
"""


class Readme(unittest.TestCase):
    def test_the_examples_run(self) -> None:
        with open(README, encoding="utf-8") as file:
            examples = re.findall(r"^```python\n(.*?)^```$", file.read(), re.DOTALL | re.MULTILINE)
        self.assertEqual(len(examples), 6)
        others, registry.functions = registry.functions, Registry().functions
        try:
            scope: dict[str, object] = {"__name__": "readme"}
            exec(PRELUDE, scope)
            for example in examples:
                exec(compile(example, README, "exec", dont_inherit=True), scope)
        finally:
            registry.functions = others


if __name__ == "__main__":
    unittest.main()
