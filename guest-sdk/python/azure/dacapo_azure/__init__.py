"""Runs the functions of an app for `azure-functions-durable` 1.7.0 as a component.

The library is used as it is: this package speaks to it as Azure's host does, and to the host of the component in the
words of its contract. `app` finds the functions, `session`, `entity` and `activity` run them, `component` is what the
host calls.
"""
