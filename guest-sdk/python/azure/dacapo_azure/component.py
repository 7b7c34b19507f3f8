"""Puts an app behind the interfaces of a component.

Everything between the bindings and the words of the contract is `dacapo.host`; it asks what stands behind it as it
asks the SDK. The build tool's entry module imports this with the author's code, when the component is built.
"""

from __future__ import annotations

from dacapo.host import words
from dacapo_azure_app import APP

from .service import Service

words.put(Service(APP))
