"""A saga: steps that belong together, and what undoes them in reverse order if one fails."""

from dataclasses import dataclass

from dacapo import Context, Failure, Retry, activity, orchestrator


@dataclass
class Trip:
    """Who wants to go where, and for how much."""

    traveller: str
    to: str
    cents: int


PATIENT = Retry(100, first_interval="1s", coefficient=2.0, max_interval="1h")
"""What undoes a step is tried for long: there is nothing else to be done."""


@activity
def reserve_car(trip: Trip) -> str:
    """Reserves a car. Here and below, call whoever can, and pass the idempotency key on: an activity may run twice."""
    return f"car in {trip.to}"


@activity(retry=PATIENT)
def cancel_car(reservation: str) -> None:
    """Gives a car back."""


@activity
def reserve_hotel(trip: Trip) -> str:
    """Reserves a hotel."""
    return f"hotel in {trip.to}"


@activity(retry=PATIENT)
def cancel_hotel(reservation: str) -> None:
    """Gives a hotel back."""


@activity(retry=Retry(3, first_interval="1s"))
def reserve_flight(trip: Trip) -> str:
    """Reserves a flight. There is none to Atlantis, and trying again cannot help."""
    if trip.to == "Atlantis":
        raise Failure("no-flight", f"nobody flies to {trip.to}", retryable=False)
    return f"flight to {trip.to}"


@orchestrator
async def book_trip(cx: Context, trip: Trip) -> list[str]:
    """Books a trip as a whole, or nothing of it."""
    undo = []
    try:
        car = await reserve_car(trip)
        undo.append((cancel_car, car))
        hotel = await reserve_hotel(trip)
        undo.append((cancel_hotel, hotel))
        return [car, hotel, await reserve_flight(trip)]
    except Failure as cause:
        for cancel, reservation in reversed(undo):
            await cancel(reservation)
        raise Failure("trip-cancelled", "all reservations are given back", retryable=False) from cause
