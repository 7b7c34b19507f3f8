//! A saga: steps that belong together, and what undoes them in reverse order if one fails.

use dacapo::prelude::*;

dacapo::export! {
    orchestrators: [book_trip],
    activities: [reserve_car, reserve_hotel, reserve_flight, cancel_car, cancel_hotel],
}

/// Who wants to go where, and for how much.
#[payload]
#[derive(Clone)]
struct Trip {
    traveller: String,
    to: String,
    cents: u64,
}

/// Reserves a car. Here and below, call whoever can, and pass the idempotency key on: an activity may run twice.
#[activity]
fn reserve_car(trip: Trip) -> String {
    format!("car in {}", trip.to)
}

#[activity]
fn reserve_hotel(trip: Trip) -> String {
    format!("hotel in {}", trip.to)
}

/// Reserves a flight. There is none to Atlantis, and trying again cannot help.
#[activity(retry(max_attempts = 3, first_interval = "1s"))]
fn reserve_flight(trip: Trip) -> Result<String> {
    match trip.to.as_str() {
        "Atlantis" => Err(fail!("no-flight", "nobody flies to {}", trip.to).non_retryable()),
        to => Ok(format!("flight to {to}")),
    }
}

/// Gives a car back. What undoes a step is tried for long: there is nothing else to be done.
#[activity(retry(max_attempts = 100, first_interval = "1s", coefficient = 2.0, max_interval = "1h"))]
fn cancel_car(_reservation: String) {}

#[activity(retry(max_attempts = 100, first_interval = "1s", coefficient = 2.0, max_interval = "1h"))]
fn cancel_hotel(_reservation: String) {}

/// Books a trip as a whole, or nothing of it.
#[orchestrator]
async fn book_trip(cx: Context, trip: Trip) -> Result<Vec<String>> {
    let mut undo: Vec<Undo> = Vec::new();
    match reserve(&cx, trip, &mut undo).await {
        Ok(reservations) => Ok(reservations),
        Err(failure) => {
            while let Some(step) = undo.pop() {
                match step {
                    Undo::Car(reservation) => cancel_car(&cx, reservation).await?,
                    Undo::Hotel(reservation) => cancel_hotel(&cx, reservation).await?,
                }
            }
            Err(fail!("trip-cancelled", "all reservations are given back").because(failure).non_retryable())
        }
    }
}

/// What has to be undone, in the order in which it was done.
enum Undo {
    Car(String),
    Hotel(String),
}

async fn reserve(cx: &Context, trip: Trip, undo: &mut Vec<Undo>) -> Result<Vec<String>> {
    let car = reserve_car(cx, trip.clone()).await?;
    undo.push(Undo::Car(car.clone()));
    let hotel = reserve_hotel(cx, trip.clone()).await?;
    undo.push(Undo::Hotel(hotel.clone()));
    let flight = reserve_flight(cx, trip).await?;
    Ok(vec![car, hotel, flight])
}
