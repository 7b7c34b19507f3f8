//! Threads with names and priorities.

use std::io;
use std::thread::{Builder, JoinHandle};

/// Who gets a core first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Priority {
    /// Everybody waits for it: partition, commits.
    Host,
    /// Runs guests.
    Guest,
}

/// Starts a thread.
pub(super) fn spawn(
    name: &str,
    priority: Priority,
    body: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).spawn(move || {
        lower(priority);
        body();
    })
}

/// Lowers the priority of the calling thread if it runs guests. A thread may always make itself less important; should
/// the system refuse, the host is slower and nothing else.
pub(super) fn lower(priority: Priority) {
    const GUEST_NICE: i32 = 5;
    if priority == Priority::Guest {
        let _ = rustix::process::setpriority_process(None, GUEST_NICE);
    }
}
