"""Tests of the SDK on plain CPython: `python -m unittest` in the folder above, without a host."""
