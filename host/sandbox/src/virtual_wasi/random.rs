//! `wasi:random`: one seeded stream behind all three interfaces.

use kernel::limits::RANDOM_PER_CALL_MAX_BYTES;
use kernel::model::{Failure, kind};

use super::answer::{Answer, Call, world};
use crate::fault::BrokenCall;

const RANDOM: &str = "wasi:random/random";
const INSECURE: &str = "wasi:random/insecure";
const INSECURE_SEED: &str = "wasi:random/insecure-seed";

pub(super) const ANSWERS: &[Answer] = &[
    Answer::new(RANDOM, "get-random-bytes", |linker, name| linker.func_wrap(name, bytes)),
    Answer::new(RANDOM, "get-random-u64", |linker, name| linker.func_wrap(name, number)),
    Answer::new(INSECURE, "get-insecure-random-bytes", |linker, name| linker.func_wrap(name, bytes)),
    Answer::new(INSECURE, "get-insecure-random-u64", |linker, name| linker.func_wrap(name, number)),
    Answer::new(INSECURE_SEED, "insecure-seed", |linker, name| {
        linker.func_wrap(name, |mut call: Call<'_>, (): ()| {
            let chance = world(&mut call, 16)?.chance();
            Ok(((chance.next(), chance.next()),))
        })
    }),
];

fn bytes(mut call: Call<'_>, (count,): (u64,)) -> wasmtime::Result<(Vec<u8>,)> {
    if count > RANDOM_PER_CALL_MAX_BYTES {
        let text =
            format!("the guest asked for {count} random bytes at once, where {RANDOM_PER_CALL_MAX_BYTES} are given");
        return Err(wasmtime::Error::new(BrokenCall(Failure::host(kind::TOO_LARGE, text))));
    }
    let count = usize::try_from(count).expect("it is at most a limit");
    Ok((world(&mut call, count)?.chance().bytes(count),))
}

fn number(mut call: Call<'_>, (): ()) -> wasmtime::Result<(u64,)> {
    Ok((world(&mut call, 8)?.chance().next(),))
}
