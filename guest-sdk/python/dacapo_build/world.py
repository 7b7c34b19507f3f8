"""The world of a component: exports for the kinds of functions that it has, imports for what these may use.

componentize-py stubs every import of WASI in what it builds, also those that the world asks for. So the WIT says
`wasj:` instead of `wasi:`, and `component.rename` puts that right in the finished component: a component imports
exactly what its world says, and one that has only orchestrators and entities imports nothing.
"""

from __future__ import annotations

import os

VERSION = "0.1.0"
"""Of the package `dacapo:durable`."""

HTTP = "wasi:http/types@0.2.12"

EXPORTS = {
    "activity": "dacapo:durable/activity",
    "orchestrator": "dacapo:durable/orchestrator",
    "entity": "dacapo:durable/entity",
    "timer_trigger": "dacapo:durable/timer-trigger",
    "stream_trigger": "dacapo:durable/stream-trigger",
    "http": "wasi:http/incoming-handler@0.2.12",
}
"""By the kinds of functions."""

ACTIVE = {"activity", "timer_trigger", "stream_trigger", "http"}
"""Kinds that are not replayed, and may look at the world."""

NAMES = {
    "dacapo:durable/types@0.1.0": "types",
    "wasi:clocks/wall-clock@0.2.0": "clock",
    "wasi:clocks/monotonic-clock@0.2.12": "steady",
    "wasi:http/types@0.2.12": "http",
}
"""What the generated modules are called where their own names say too little, or are taken."""

WASI = """\
package app:wasi;

package wasi:random@0.2.0 {
    interface random { get-random-bytes: func(len: u64) -> list<u8>; }
}

package wasi:clocks@0.2.0 {
    interface wall-clock {
        record datetime { seconds: u64, nanoseconds: u32 }
        now: func() -> datetime;
    }
}

package wasi:cli@0.2.0 {
    interface stdout { use wasi:io/streams@0.2.12.{output-stream}; get-stdout: func() -> output-stream; }
    interface stderr { use wasi:io/streams@0.2.12.{output-stream}; get-stderr: func() -> output-stream; }
}
"""
"""What the SDK uses of WASI beside the texts that the host brings."""


def world(kinds: set[str]) -> str:
    """The text of the world."""
    imports = []
    if kinds & ACTIVE:
        imports += ["wasi:clocks/wall-clock@0.2.0", "wasi:clocks/monotonic-clock@0.2.12", "wasi:random/random@0.2.0"]
        imports += ["wasi:cli/stdout@0.2.0", "wasi:cli/stderr@0.2.0", f"dacapo:durable/client@{VERSION}"]
    if "activity" in kinds:
        imports.append(f"dacapo:durable/progress@{VERSION}")
    if "http" in kinds:
        imports.append(HTTP)
    exports = [f"dacapo:durable/functions@{VERSION}"]
    exports += [name if "@" in name else f"{name}@{VERSION}" for kind, name in EXPORTS.items() if kind in kinds]
    lines = [f"    import {name};" for name in imports] + [f"    export {name};" for name in exports]
    return "\n".join(["package app:component;", "", "world component {", *lines, "}", ""])


def write(folder: str, wit: str, kinds: set[str]) -> list[str]:
    """Writes the world with all that it names. Gives the arguments by which componentize-py takes it."""
    deps = os.path.join(folder, "deps")
    _copy(os.path.join(wit, "dacapo"), os.path.join(deps, "dacapo"))
    if kinds & ACTIVE:
        _copy(os.path.join(wit, "wasi"), os.path.join(deps, "http"), skips="deps")
        _copy(os.path.join(wit, "wasi", "deps"), deps)
        _write(os.path.join(deps, "more", "wasi.wit"), WASI)
    _write(os.path.join(folder, "world.wit"), world(kinds))
    used = world(kinds)
    arguments = ["--wit-path", folder, "--world", "component"]
    for interface, name in NAMES.items():
        if name == "types" or interface in used:
            arguments += ["--import-interface-name", f"{_disguised(interface)}={name}"]
    return arguments


def _copy(source: str, target: str, skips: str = "") -> None:
    for entry in sorted(os.listdir(source)):
        path = os.path.join(source, entry)
        if os.path.isdir(path) and entry != skips:
            _copy(path, os.path.join(target, entry))
        elif entry.endswith(".wit"):
            with open(path, encoding="utf-8") as text:
                _write(os.path.join(target, entry), text.read())


def _write(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(_disguised(text))


def _disguised(text: str) -> str:
    return text.replace("wasi:", "wasj:")
