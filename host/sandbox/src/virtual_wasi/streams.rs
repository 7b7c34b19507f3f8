//! `wasi:io`: pollables are ready, input is at its end, and output is taken as it comes.

use kernel::limits::HOST_CALL_FUEL;
use kernel::model::{Failure, kind};
use wasmtime::component::{Resource, WasmList};

use super::answer::{Answer, Call, pay, world};
use super::output::Stream;
use super::types::{InputStream, OutputStream, Pollable, StreamError};
use crate::fault::BrokenCall;

/// How much may be written at once.
const WRITE_MAX_BYTES: u64 = 64 << 10;

const POLL: &str = "wasi:io/poll";
const STREAMS: &str = "wasi:io/streams";

type Streamed<T> = wasmtime::Result<(Result<T, StreamError>,)>;

pub(super) const ANSWERS: &[Answer] = &[
    Answer::new(POLL, "[method]pollable.ready", |linker, name| {
        linker.func_wrap(name, |mut call: Call<'_>, (_,): (Resource<Pollable>,)| {
            pay(&mut call, 0)?;
            Ok((true,))
        })
    }),
    Answer::new(POLL, "[method]pollable.block", |linker, name| {
        linker.func_wrap(name, |mut call: Call<'_>, (_,): (Resource<Pollable>,)| pay(&mut call, 0))
    }),
    Answer::new(POLL, "poll", |linker, name| linker.func_wrap(name, poll)),
    Answer::new(STREAMS, "[method]input-stream.read", |linker, name| linker.func_wrap(name, read::<Vec<u8>>)),
    Answer::new(STREAMS, "[method]input-stream.blocking-read", |linker, name| linker.func_wrap(name, read::<Vec<u8>>)),
    Answer::new(STREAMS, "[method]input-stream.skip", |linker, name| linker.func_wrap(name, read::<u64>)),
    Answer::new(STREAMS, "[method]input-stream.blocking-skip", |linker, name| linker.func_wrap(name, read::<u64>)),
    Answer::new(STREAMS, "[method]input-stream.subscribe", |linker, name| {
        linker.func_wrap(name, subscribe::<InputStream>)
    }),
    Answer::new(STREAMS, "[method]output-stream.subscribe", |linker, name| {
        linker.func_wrap(name, subscribe::<OutputStream>)
    }),
    Answer::new(STREAMS, "[method]output-stream.check-write", |linker, name| {
        linker.func_wrap(name, |mut call: Call<'_>, (_,): (Resource<OutputStream>,)| -> Streamed<u64> {
            pay(&mut call, 0)?;
            Ok((Ok(WRITE_MAX_BYTES),))
        })
    }),
    Answer::new(STREAMS, "[method]output-stream.write", |linker, name| linker.func_wrap(name, write)),
    Answer::new(STREAMS, "[method]output-stream.blocking-write-and-flush", |linker, name| {
        linker.func_wrap(name, write)
    }),
    Answer::new(STREAMS, "[method]output-stream.flush", |linker, name| linker.func_wrap(name, flush)),
    Answer::new(STREAMS, "[method]output-stream.blocking-flush", |linker, name| linker.func_wrap(name, flush)),
    Answer::new(STREAMS, "[method]output-stream.write-zeroes", |linker, name| linker.func_wrap(name, write_zeroes)),
    Answer::new(STREAMS, "[method]output-stream.blocking-write-zeroes-and-flush", |linker, name| {
        linker.func_wrap(name, write_zeroes)
    }),
    // There is no input that has anything to move.
    Answer::new(STREAMS, "[method]output-stream.splice", |linker, name| linker.func_wrap(name, splice)),
    Answer::new(STREAMS, "[method]output-stream.blocking-splice", |linker, name| linker.func_wrap(name, splice)),
];

fn poll(mut call: Call<'_>, (pollables,): (Vec<Resource<Pollable>>,)) -> wasmtime::Result<(Vec<u32>,)> {
    // Each of them is as much work as a call.
    pay(&mut call, pollables.len().saturating_mul(HOST_CALL_FUEL as usize))?;
    if pollables.is_empty() {
        return Err(broken(kind::PROTOCOL, "the guest polls an empty list".to_owned()));
    }
    Ok(((0..).take(pollables.len()).collect(),))
}

fn read<T>(mut call: Call<'_>, (_, _): (Resource<InputStream>, u64)) -> Streamed<T> {
    pay(&mut call, 0)?;
    Ok((Err(StreamError::Closed),))
}

fn subscribe<T>(mut call: Call<'_>, (_,): (Resource<T>,)) -> wasmtime::Result<(Resource<Pollable>,)> {
    pay(&mut call, 0)?;
    Ok((Pollable::ready(),))
}

fn write(mut call: Call<'_>, (to, bytes): (Resource<OutputStream>, WasmList<u8>)) -> Streamed<()> {
    let bytes = match bytes.len() {
        length if length as u64 > WRITE_MAX_BYTES => return Err(too_much(length as u64)),
        _ => bytes.as_le_slice(&call).to_vec(),
    };
    world(&mut call, bytes.len())?.output().write(Stream::of(to.rep()), &bytes);
    Ok((Ok(()),))
}

fn write_zeroes(mut call: Call<'_>, (to, count): (Resource<OutputStream>, u64)) -> Streamed<()> {
    if count > WRITE_MAX_BYTES {
        return Err(too_much(count));
    }
    let bytes = vec![0; usize::try_from(count).expect("it is at most a limit")];
    world(&mut call, bytes.len())?.output().write(Stream::of(to.rep()), &bytes);
    Ok((Ok(()),))
}

fn flush(mut call: Call<'_>, (_,): (Resource<OutputStream>,)) -> Streamed<()> {
    pay(&mut call, 0)?;
    Ok((Ok(()),))
}

fn splice(mut call: Call<'_>, (_, _, _): (Resource<OutputStream>, Resource<InputStream>, u64)) -> Streamed<u64> {
    pay(&mut call, 0)?;
    Ok((Err(StreamError::Closed),))
}

fn too_much(bytes: u64) -> wasmtime::Error {
    let text = format!("the guest writes {bytes} bytes at once, where `check-write` allows {WRITE_MAX_BYTES}");
    broken(kind::PROTOCOL, text)
}

fn broken(kind: &str, text: String) -> wasmtime::Error {
    wasmtime::Error::new(BrokenCall(Failure::host(kind, text)))
}
