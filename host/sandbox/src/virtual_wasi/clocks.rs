//! `wasi:clocks`: time stands still within a turn, and a wait is over at once.

use wasmtime::component::Resource;

use super::answer::{Answer, Call, pay, world};
use super::types::{Datetime, Pollable};

/// The time of a turn is in milliseconds.
const RESOLUTION_NANOS: u32 = 1_000_000;

const WALL: &str = "wasi:clocks/wall-clock";
const MONOTONIC: &str = "wasi:clocks/monotonic-clock";

pub(super) const ANSWERS: &[Answer] = &[
    Answer::new(WALL, "now", |linker, name| {
        linker.func_wrap(name, |mut call: Call<'_>, (): ()| {
            let millis = world(&mut call, 0)?.now().0;
            let nanoseconds = (millis % 1_000) as u32 * RESOLUTION_NANOS;
            Ok((Datetime { seconds: millis / 1_000, nanoseconds },))
        })
    }),
    Answer::new(WALL, "resolution", |linker, name| {
        linker.func_wrap(name, |mut call: Call<'_>, (): ()| {
            pay(&mut call, 0)?;
            Ok((Datetime { seconds: 0, nanoseconds: RESOLUTION_NANOS },))
        })
    }),
    Answer::new(MONOTONIC, "now", |linker, name| {
        linker.func_wrap(name, |mut call: Call<'_>, (): ()| Ok((world(&mut call, 0)?.nanos_since_origin(),)))
    }),
    Answer::new(MONOTONIC, "resolution", |linker, name| {
        linker.func_wrap(name, |mut call: Call<'_>, (): ()| {
            pay(&mut call, 0)?;
            Ok((u64::from(RESOLUTION_NANOS),))
        })
    }),
    Answer::new(MONOTONIC, "subscribe-instant", |linker, name| linker.func_wrap(name, subscribe)),
    Answer::new(MONOTONIC, "subscribe-duration", |linker, name| linker.func_wrap(name, subscribe)),
];

fn subscribe(mut call: Call<'_>, (_,): (u64,)) -> wasmtime::Result<(Resource<Pollable>,)> {
    pay(&mut call, 0)?;
    Ok((Pollable::ready(),))
}
