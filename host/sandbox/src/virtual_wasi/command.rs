//! `wasi:cli` and the folders that a command is given: nothing comes in, and what is written goes to the log.

use wasmtime::component::Resource;
use wasmtime_wasi::I32Exit;

use super::answer::{Answer, Call, pay};
use super::output::Stream;
use super::types::{Descriptor, InputStream, OutputStream, TerminalInput, TerminalOutput};

const ENVIRONMENT: &str = "wasi:cli/environment";
const EXIT: &str = "wasi:cli/exit";

pub(super) const ANSWERS: &[Answer] = &[
    Answer::new(ENVIRONMENT, "get-environment", |linker, name| linker.func_wrap(name, none::<(String, String)>)),
    Answer::new(ENVIRONMENT, "get-arguments", |linker, name| linker.func_wrap(name, none::<String>)),
    Answer::new(ENVIRONMENT, "initial-cwd", |linker, name| {
        linker.func_wrap(name, |mut call: Call<'_>, (): ()| {
            pay(&mut call, 0)?;
            Ok((None::<String>,))
        })
    }),
    Answer::new(EXIT, "exit", |linker, name| {
        linker.func_wrap(name, |_: Call<'_>, (status,): (Result<(), ()>,)| exit(i32::from(status.is_err())))
    }),
    Answer::new(EXIT, "exit-with-code", |linker, name| {
        linker.func_wrap(name, |_: Call<'_>, (code,): (u8,)| exit(i32::from(code)))
    }),
    Answer::new("wasi:cli/stdin", "get-stdin", |linker, name| {
        linker.func_wrap(name, |mut call: Call<'_>, (): ()| {
            pay(&mut call, 0)?;
            Ok((InputStream::empty(),))
        })
    }),
    Answer::new("wasi:cli/stdout", "get-stdout", |linker, name| {
        linker.func_wrap(name, |call: Call<'_>, (): ()| stream(call, Stream::Output))
    }),
    Answer::new("wasi:cli/stderr", "get-stderr", |linker, name| {
        linker.func_wrap(name, |call: Call<'_>, (): ()| stream(call, Stream::Error))
    }),
    Answer::new("wasi:cli/terminal-stdin", "get-terminal-stdin", |linker, name| {
        linker.func_wrap(name, no_terminal::<TerminalInput>)
    }),
    Answer::new("wasi:cli/terminal-stdout", "get-terminal-stdout", |linker, name| {
        linker.func_wrap(name, no_terminal::<TerminalOutput>)
    }),
    Answer::new("wasi:cli/terminal-stderr", "get-terminal-stderr", |linker, name| {
        linker.func_wrap(name, no_terminal::<TerminalOutput>)
    }),
    Answer::new("wasi:filesystem/preopens", "get-directories", |linker, name| {
        linker.func_wrap(name, none::<(Resource<Descriptor>, String)>)
    }),
];

fn none<T>(mut call: Call<'_>, (): ()) -> wasmtime::Result<(Vec<T>,)> {
    pay(&mut call, 0)?;
    Ok((Vec::new(),))
}

fn no_terminal<T>(mut call: Call<'_>, (): ()) -> wasmtime::Result<(Option<Resource<T>>,)> {
    pay(&mut call, 0)?;
    Ok((None,))
}

fn exit(code: i32) -> wasmtime::Result<()> {
    Err(wasmtime::Error::new(I32Exit(code)))
}

fn stream(mut call: Call<'_>, stream: Stream) -> wasmtime::Result<(Resource<OutputStream>,)> {
    pay(&mut call, 0)?;
    Ok((Resource::new_own(stream.number()),))
}
