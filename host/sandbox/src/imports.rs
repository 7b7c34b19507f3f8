//! Which imports are granted, and how each is answered. Deny by default: what is not listed does not exist.

use crate::refusal::Refusal;
use crate::roles::{Role, Roles};

/// An interface of WASI, or with `/` at the end all of a package that are not listed by themselves.
struct Interface {
    name: &'static str,
    /// What stands behind it in the roles that are replayed.
    journaled: &'static str,
    /// What stands behind it in the roles that touch the world. Toolchains import most of these whether or not they are
    /// used; nothing is behind them but clocks, randomness and the log.
    active: &'static str,
}

const fn interface(name: &'static str, journaled: &'static str, active: &'static str) -> Interface {
    Interface { name, journaled, active }
}

/// What is granted.
const GRANTED: &[Interface] = &[
    interface("wasi:cli/environment", "no variables and no arguments", "no variables and no arguments"),
    interface("wasi:cli/exit", "fails the turn", "fails the attempt"),
    interface("wasi:cli/stdin", "empty", "empty"),
    interface("wasi:cli/stdout", "the log of the turn, as info", "the host's log"),
    interface("wasi:cli/stderr", "the log of the turn, as warnings", "the host's log"),
    interface("wasi:cli/terminal-input", "no terminal", "no terminal"),
    interface("wasi:cli/terminal-output", "no terminal", "no terminal"),
    interface("wasi:cli/terminal-stdin", "no terminal", "no terminal"),
    interface("wasi:cli/terminal-stdout", "no terminal", "no terminal"),
    interface("wasi:cli/terminal-stderr", "no terminal", "no terminal"),
    interface("wasi:clocks/monotonic-clock", "the time since the start; no wait takes any", "the host's clock"),
    interface("wasi:clocks/wall-clock", "the time of the turn", "the host's clock"),
    interface("wasi:filesystem/preopens", "no folders", "no folders"),
    interface("wasi:filesystem/types", "each call fails", "no files"),
    interface("wasi:io/error", "no errors", "errors of streams"),
    interface("wasi:io/poll", "all is ready at once", "waits for the host"),
    interface("wasi:io/streams", "streams of stdin, stdout and stderr", "streams of the host"),
    interface("wasi:random/insecure", "seeded, the same in every replay", "the host's generator"),
    interface("wasi:random/insecure-seed", "seeded, the same in every replay", "the host's generator"),
    interface("wasi:random/random", "seeded, the same in every replay", "the host's generator"),
    interface("wasi:sockets/", "each call fails", "each call fails: access denied"),
];

/// How an activity reports progress.
pub(crate) const PROGRESS: &str = "dacapo:durable/progress@0.1.0";
/// How activities and triggers reach their hub.
pub(crate) const CLIENT: &str = "dacapo:durable/client@0.1.0";
/// How the messages of HTTP triggers are read and written.
pub(crate) const HTTP_TYPES: &str = "wasi:http/types";

/// A package that exists, and of which only [`HTTP_TYPES`] is granted, and only to triggers.
const HTTP: &str = "wasi:http/";

/// Packages of which a component with journaled roles alone may import anything, though a call may fail.
const LINKED: &[&str] =
    &["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", HTTP, "wasi:io/", "wasi:random/", "wasi:sockets/"];

/// The track of WASI that is granted; releases within it are compatible.
const WASI_TRACK: &str = "0.2.";

const FAILS: &str = "each call fails";

/// How an import of a component is answered, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered<'a> {
    /// The import as the component names it.
    pub import: &'a str,
    /// In its orchestrators and entities, if it has such.
    pub journaled: Option<&'static str>,
    /// In its activities and triggers, if it has such.
    pub active: Option<&'static str>,
}

/// Says how an import is answered that [`check`] accepted.
pub(crate) fn answered<'a>(import: &'a str, roles: &Roles) -> Answered<'a> {
    let name = without_version(import);
    let (journaled, active) = match granted(name) {
        Some(interface) => (interface.journaled, interface.active),
        None if import == PROGRESS => (FAILS, "shown with the status"),
        None if import == CLIENT => (FAILS, "what the manifest grants"),
        None if name == HTTP_TYPES => (FAILS, "the request and its response"),
        None => (FAILS, FAILS),
    };
    Answered {
        import,
        journaled: roles.has_journaled().then_some(journaled),
        active: roles.has_active().then_some(active),
    }
}

/// Whether an answer of the roles that are replayed is another one in another turn.
pub(crate) fn depends_on_turn(import: &str) -> bool {
    let name = without_version(import);
    ["wasi:clocks/", "wasi:random/", "wasi:cli/stdout", "wasi:cli/stderr"].iter().any(|it| name.starts_with(it))
}

/// What to do instead of calling something of this interface in a role that is replayed.
pub(crate) fn instead_of(interface: &str) -> &'static str {
    let is_of = |packages: &[&str]| packages.iter().any(|package| interface.starts_with(package));
    if is_of(&["wasi:sockets/", HTTP]) {
        "call it from an activity, or call the activity `dacapo.http`"
    } else if is_of(&["wasi:filesystem/"]) {
        "there are no files; read and write them in an activity"
    } else {
        "call it from an activity"
    }
}

/// The name of an interface alone.
pub(crate) fn without_version(import: &str) -> &str {
    import.split_once('@').map_or(import, |(name, _)| name)
}

/// Refuses an import of a component with these roles, unless it is granted.
pub(crate) fn check(import: &str, roles: &Roles) -> Result<(), Refusal> {
    let refused = |reason| Err(Refusal::ImportNotAllowed { import: import.to_owned(), reason });
    let (name, version) = import.split_once('@').unwrap_or((import, ""));
    if !roles.has_active() && !LINKED.iter().any(|package| name.starts_with(package)) {
        return refused(
            "a component that has only orchestrators and entities is replayed and may import nothing but cli, clocks, \
             filesystem, http, io, random and sockets of WASI 0.2; do everything else in an activity",
        );
    }
    if import == PROGRESS || import == CLIENT {
        return Ok(());
    }
    let is_message = name == HTTP_TYPES && roles.iter().any(Role::is_trigger);
    let is_granted = !roles.has_active() || granted(name).is_some() || is_message;
    if !is_granted && name.starts_with(HTTP) {
        return refused(
            "activities are not granted the network; build the component without it, or let the orchestrator call HTTP",
        );
    }
    if !is_granted {
        let known = GRANTED.iter().map(|interface| interface.name).chain([PROGRESS, CLIENT]);
        let closest = known.min_by_key(|granted| distance(name, granted)).expect("the list is not empty");
        return Err(Refusal::UnknownImport { import: import.to_owned(), closest });
    }
    if !version.starts_with(WASI_TRACK) {
        return refused("only version 0.2 of WASI is granted; build the component for wasm32-wasip2");
    }
    Ok(())
}

fn granted(name: &str) -> Option<&'static Interface> {
    GRANTED.iter().find(|interface| match interface.name.strip_suffix('/') {
        Some(_) => name.starts_with(interface.name),
        None => name == interface.name,
    })
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
