"""Puts an app behind the interfaces of a component.

Everything between the bindings and the words of the contract is `dacapo.host`; it asks what stands behind it as it
asks the SDK. The build tool's entry module imports this with the author's code, when the component is built.
"""

from __future__ import annotations

import logging
from typing import cast

from dacapo_azure_app import APP

from dacapo.host import words

from .service import Service

# The library would like authors to know of options that have no meaning here.
logging.getLogger("azure").setLevel(logging.WARNING)
# A world has only the interfaces for which the app has functions.
words.put(cast(words.Served, Service(APP)))
