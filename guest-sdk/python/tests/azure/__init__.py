"""Tests of the adapter for Azure, with the library itself.

It is the one that the build tool installs for components; without it these tests are skipped and say how to get it.
"""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

from dacapo_build import azure_packages
from dacapo_build.diagnosis import BuildError

SDK = Path(__file__).resolve().parents[2]
REQUIREMENTS = SDK / "toolchain" / "azure-requirements.txt"

try:
    _library = azure_packages.Choice(
        azure_packages.default_folder(), REQUIREMENTS, azure_packages.may_install()
    ).library()
except BuildError as error:
    raise unittest.SkipTest(f"{error} (or set DACAPO_INSTALL=1)") from None

sys.path += [str(SDK / "azure"), str(SDK / "azure" / "stubs"), str(_library)]
