//! Which imports are granted. Deny by default: what is not listed does not exist.

use crate::refusal::Refusal;
use crate::roles::{Role, Roles};

/// What the roles that touch the world are granted, all of it with nothing behind it but clocks, randomness and the
/// log: no arguments, no environment, no files. Toolchains import most of these whether or not they are used.
const GRANTED: &[&str] = &[
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/stderr",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:cli/terminal-stderr",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
];

/// How an activity reports progress.
pub(crate) const PROGRESS: &str = "dacapo:durable/progress@0.1.0";
/// How activities and triggers reach their hub.
pub(crate) const CLIENT: &str = "dacapo:durable/client@0.1.0";
/// How the messages of HTTP triggers are read and written.
pub(crate) const HTTP_TYPES: &str = "wasi:http/types";

/// Packages that exist and are not granted.
const WITHHELD: &[&str] = &["wasi:http/", "wasi:sockets/"];

/// The track of WASI that is granted; releases within it are compatible.
const WASI_TRACK: &str = "0.2.";

/// Refuses an import of a component with these roles, unless it is granted.
pub(crate) fn check(import: &str, roles: &Roles) -> Result<(), Refusal> {
    let refused = |reason| Err(Refusal::ImportNotAllowed { import: import.to_owned(), reason });
    if !roles.has_active() {
        return refused(
            "a component that has only orchestrators and entities is replayed and may import nothing; take the time \
             and random numbers from the context of the turn, and do everything else in an activity",
        );
    }
    if import == PROGRESS || import == CLIENT {
        return Ok(());
    }
    let (name, version) = import.split_once('@').unwrap_or((import, ""));
    let is_granted = GRANTED.contains(&name) || name == HTTP_TYPES && roles.iter().any(Role::is_trigger);
    if !is_granted && WITHHELD.iter().any(|package| name.starts_with(package)) {
        return refused(
            "activities are not granted the network; build the component without it, or let the orchestrator call HTTP",
        );
    }
    if !is_granted {
        let known = GRANTED.iter().chain([&PROGRESS, &CLIENT]);
        let closest = known.min_by_key(|granted| distance(name, granted)).expect("the list is not empty");
        return Err(Refusal::UnknownImport { import: import.to_owned(), closest });
    }
    if !version.starts_with(WASI_TRACK) {
        return refused("only version 0.2 of WASI is granted; build the component for wasm32-wasip2");
    }
    Ok(())
}

/// How many letters must change, come or go to make one text of the other.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.bytes().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, right) in b.bytes().enumerate() {
            let change = corner + usize::from(left != right);
            corner = row[j + 1];
            row[j + 1] = change.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
