//! The sandbox against guests that mean well and guests that do not.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod activities;
mod artifacts;
mod client;
mod entities;
mod guest;
mod http;
mod inbound;
mod layout;
mod progress;
mod refusals;
mod steps;
mod triggers;
mod turns;
mod wasi;

use kernel::model::ComponentDigest;
use sandbox::Sandbox;

/// A sandbox in a folder of its own. All tests of a file share one: engines are dear.
struct Host {
    sandbox: Sandbox,
    _dir: tempfile::TempDir,
}

impl Host {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { sandbox: Sandbox::open(dir.path(), [7; 32]).unwrap(), _dir: dir }
    }

    fn deploy(&self, guest: &guest::Guest) -> ComponentDigest {
        self.sandbox.deploy(&guest.build()).unwrap().digest
    }
}
