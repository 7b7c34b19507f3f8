"""The first thing to run: an orchestrator that calls an activity once for each city, one after another."""

from dacapo import Context, Retry, activity, orchestrator


@activity(retry=Retry(max_attempts=3, first_interval="1s"), timeout="30s")
def say_hello(city: str) -> str:
    """Greets one city."""
    return f"Hello, {city}!"


@orchestrator
async def hello_sequence(cx: Context, cities: list[str] | None = None) -> list[str]:
    """Greets the cities one after another; without any, Tokyo, Seattle and London."""
    if cities is None:
        cities = ["Tokyo", "Seattle", "London"]
    return [await say_hello(city) for city in cities]


@activity
def echo(number: int) -> int:
    """Returns what it gets."""
    return number


@orchestrator
async def sequence(cx: Context, times: int) -> int:
    """Calls `echo` so many times, one call after another, and returns how many came back."""
    count = 0
    for number in range(times):
        await echo(number)
        count += 1
    return count
