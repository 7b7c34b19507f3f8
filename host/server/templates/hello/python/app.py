"""An orchestration that calls an activity once for each city, one call after another."""

from dacapo import Context, Retry, activity, orchestrator


@activity(retry=Retry(3, first_interval="1s"), timeout="30s")
def say_hello(city: str) -> str:
    """Greets one city. An activity touches the world, and the host runs it at least once."""
    return f"Hello, {city}!"


@orchestrator
async def hello_sequence(cx: Context, cities: list[str]) -> list[str]:
    """Greets the cities one after another. What has been greeted is not greeted again, whatever crashes meanwhile."""
    return [await say_hello(city) for city in cities]
