//! `bench DACAPO [ROW…]`: measures the release binary over loopback and prints one JSON object for each row.
//!
//! It owns the order of things and the exit code: 0 if every row has its figures, 1 if one was void, 2 for a mistake in
//! the call. `README.md` beside this file says what each row means. Progress goes to stderr.

mod bare;
mod client;
mod limits;
mod load;
mod nats;
mod report;
mod rows;
mod server;
mod stats;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::report::Row;
use crate::rows::{ALL, Bench};
use crate::server::Stage;

/// The guests that are measured, in the checkout; `dacapo build` puts each component beside its manifest. That of the triggers
/// is served alone, by rows that write a manifest for it.
const GUESTS: [&str; 5] = [
    "guests/hello/hello.wasm",
    "guests/fan-out/fan-out.wasm",
    "guests/reminder/reminder.wasm",
    "guests/transfer/transfer.wasm",
    "tests/bench/guest/rehearsal.wasm",
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match &arguments[..] {
        [mode, port, data, guests @ ..] if mode == "serve-bare" => serve_bare(port, data, guests),
        [dacapo, rows @ ..] => measure(Path::new(dacapo), rows),
        [] => Err(anyhow::anyhow!("usage: bench DACAPO [ROW…]; rows: {}", names().join(" "))),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("bench: {error:#}");
        ExitCode::from(2)
    })
}

fn serve_bare(port: &str, data: &str, guests: &[String]) -> Result<ExitCode> {
    let guests: Vec<PathBuf> = guests.iter().map(PathBuf::from).collect();
    bare::serve(port.parse()?, Path::new(data), &guests)?;
    Ok(ExitCode::SUCCESS)
}

fn measure(dacapo: &Path, asked: &[String]) -> Result<ExitCode> {
    let wanted = wanted(asked)?;
    let dacapo = dacapo.canonicalize().with_context(|| format!("{} is not there; build it", dacapo.display()))?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the crate lies in a checkout")?;
    let guests = GUESTS.map(|guest| root.join(guest)).to_vec();
    if let Some(missing) = guests.iter().find(|guest| !guest.exists()) {
        bail!("{} is not there; build it with `dacapo build`", missing.display());
    }
    // Beside the binary: a temporary folder may lie in memory, and there a flush costs nothing.
    let beside = dacapo.parent().context("a binary lies in a folder")?;
    let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(beside)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut exit = ExitCode::SUCCESS;
    for name in wanted {
        eprintln!("bench: {name}");
        let bench = Bench::new(
            Stage { dacapo: dacapo.clone(), root: root.to_owned(), guests: guests.clone() },
            folder.path().join(name),
        )?;
        let rows = ALL.iter().find(|(known, _)| *known == name).map(|(_, rows)| rows).context("checked before")?;
        match runtime.block_on(rows(bench)) {
            Ok(rows) => rows.into_iter().for_each(Row::print),
            Err(error) => {
                eprintln!("bench: {name} is void: {error:#}");
                Row::void(name, &error);
                exit = ExitCode::FAILURE;
            }
        }
    }
    Ok(exit)
}

fn names() -> Vec<&'static str> {
    ALL.iter().map(|(name, _)| *name).collect()
}

/// What was asked for on the command line or in `ROWS`; all rows if nothing was.
fn wanted(arguments: &[String]) -> Result<Vec<&'static str>> {
    let variable = std::env::var("ROWS").unwrap_or_default();
    let asked = arguments.iter().map(String::as_str).chain(variable.split([',', ' ']).filter(|word| !word.is_empty()));
    let known = |word| {
        let found = names().into_iter().find(|name| *name == word);
        found.with_context(|| format!("there is no row {word}; rows: {}", names().join(" ")))
    };
    let asked: Vec<&str> = asked.map(known).collect::<Result<_>>()?;
    Ok(if asked.is_empty() { names() } else { asked })
}
