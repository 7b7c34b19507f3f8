"""Finds the functions of an app, in an interpreter of its own.

    python azure_scan.py APP

Prints `{"functions": [{"name", "kind"}], "leftOut": [{"name", "reason"}], "later": [MODULE], "inputs": [FILE]}` on the
last line (modules that are imported within functions, files that were read), or says on stderr what is wrong with the
app. The path is that of the component to be: what imports here imports there, but for what the other interpreter does
not have.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

# This folder has a file with the name of the library's package.
sys.path[:] = [path for path in sys.path if path != str(Path(__file__).resolve().parent)]


def main(app: Path) -> int:
    """Finds and prints."""
    from dacapo import seal
    from dacapo_build.inputs import Inputs

    inputs = Inputs(str(app), None)
    # As in the component, so that what is done to the standard library there is done here.
    seal.install()

    from dacapo_azure.app import AppError, every

    from dacapo_build.azure_packages import advice
    from dacapo_build.azure_report import of_exception
    from dacapo_build.probe import imported_later

    try:
        found = importlib.import_module("dacapo_azure_app").APP
    except AppError as error:
        print(f"{app}:1:1: error: {error}", file=sys.stderr)
        return 1
    except BaseException as error:  # An app may raise anything when it is imported, and exit too.
        print(of_exception(app, error) + advice(error), file=sys.stderr)
        return 1
    functions = [{"name": function.name, "kind": function.kind.name.lower()} for function in every(found)]
    left_out = [{"name": function.name, "reason": function.reason} for function in found.left_out]
    later = sorted(imported_later(str(app)))
    result = {"functions": functions, "leftOut": left_out, "later": later, "inputs": inputs.files(later)}
    print("\n" + json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
