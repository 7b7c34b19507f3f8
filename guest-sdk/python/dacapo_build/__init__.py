"""The build tool: makes a component of a Python file. It runs on an ordinary CPython, and is no part of that."""
