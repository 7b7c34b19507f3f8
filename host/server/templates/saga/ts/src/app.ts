/** A saga: steps that belong together, and what undoes them in reverse order if one fails. */

import { Failure, activity, orchestrator } from "dacapo";

/** Who wants to go where, and for how much. */
interface Trip {
    traveller: string;
    to: string;
    cents: number;
}

/** What undoes a step is tried for long: there is nothing else to be done. */
const PATIENT = { retry: { maxAttempts: 100, firstInterval: "1s", coefficient: 2, maxInterval: "1h" } };

/** Here and below, call whoever can, and pass the idempotency key on: an activity may run twice. */
const reserveCar = activity("reserve_car", (trip: Trip) => `car in ${trip.to}`);
const cancelCar = activity("cancel_car", PATIENT, (_reservation: string) => null);

const reserveHotel = activity("reserve_hotel", (trip: Trip) => `hotel in ${trip.to}`);
const cancelHotel = activity("cancel_hotel", PATIENT, (_reservation: string) => null);

/** There is no flight to Atlantis, and trying again cannot help. */
const reserveFlight = activity("reserve_flight", { retry: { maxAttempts: 3, firstInterval: "1s" } }, (trip: Trip) => {
    if (trip.to === "Atlantis") throw new Failure("no-flight", `nobody flies to ${trip.to}`, { retryable: false });
    return `flight to ${trip.to}`;
});

/** Books a trip as a whole, or nothing of it. */
export const bookTrip = orchestrator("book_trip", async (cx, trip: Trip) => {
    const undo: (() => Promise<unknown>)[] = [];
    try {
        const car = await reserveCar(trip);
        undo.push(() => cancelCar(car));
        const hotel = await reserveHotel(trip);
        undo.push(() => cancelHotel(hotel));
        return [car, hotel, await reserveFlight(trip)];
    } catch (cause) {
        for (const step of undo.reverse()) await step();
        throw new Failure("trip-cancelled", "all reservations are given back", { retryable: false, cause });
    }
});
