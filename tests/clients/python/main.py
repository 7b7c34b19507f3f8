"""Drives every method of the Durable Functions client of PyPI, unmodified, against a running host.

    DACAPO_BINDING="$(dacapo client-binding)" python main.py

Each case leaves its own instances behind and reads only those and the ones of the first case, so the order of the
others does not matter.
"""

import asyncio
import os
import sys

import cases
import harness
import refusals
from azure.durable_functions.models.DurableOrchestrationClient import DurableOrchestrationClient
from azure.durable_functions.models.utils.http_utils import _close_session


async def every_method(client):
    return client.unused(), []


async def main():
    client = harness.Watched(DurableOrchestrationClient(os.environ["DACAPO_BINDING"], "an-invocation"))
    failed = await harness.run([*cases.CASES, *refusals.CASES, ("every method was used", every_method)], client)
    # Python would complain that the client has left its connections open.
    await _close_session()
    return failed


sys.exit(1 if asyncio.run(main()) else 0)
