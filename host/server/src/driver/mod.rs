//! Carries out what the partition decides.
//!
//! ```text
//!   HTTP, CLI ──ask──▶ partition thread ──play, load──▶ turn threads
//!                        ▲   │    │ └─────run──────────▶ activity runtime
//!                        │   │    └──commit──▶ commit thread (one per hub file)
//!                        └───┴── inputs from all of them, by one channel
//! ```
//!
//! The partition thread owns the state machine and does nothing slow: no guest runs on it and it never touches a disk.
//! Guests run on threads of lower priority, so that the commit thread, on which everybody waits, gets a core at once.
//!
//! It knows threads, channels and clocks. It does not decide anything: what may happen next is the kernel's.

mod clock;
mod entities;
mod histories;
mod partition;
mod payloads;
mod sessions;
mod sweeper;
mod tasks;
mod threads;
mod turns;

use std::sync::mpsc;

use kernel::model::InstanceId;
use kernel::partition::{Input, Op, Reply, ReplyTo};
use tokio::sync::oneshot;

pub use clock::Clock;
pub(crate) use entities::in_halves;
pub(crate) use partition::{Commits, Driver, HeldInstances, Parts, start_commits};
pub use payloads::PayloadError;
pub(crate) use payloads::Payloads;
use sessions::Sessions;
pub(crate) use sweeper::Refusals;
pub use tasks::ActivityClients;
pub(crate) use tasks::Running;

/// What the partition thread is sent.
#[derive(Debug)]
pub(crate) enum Mail {
    /// Something happened.
    Input(Input),
    /// Somebody asks for something.
    Ask {
        op: Op,
        /// Whom to answer.
        reply: (ReplyTo, oneshot::Sender<Reply>),
        /// Who else wants to know how it ends.
        watch: Option<(ReplyTo, oneshot::Sender<Reply>)>,
    },
    /// Somebody does not want to know any more.
    Left { id: InstanceId, reply: ReplyTo },
    /// The store lost track of what is durable: nothing may go on from here.
    StoreLost(String),
    /// Finish what is under way and stop.
    Stop,
}

/// The way to the partition thread.
pub(crate) type Mailbox = mpsc::Sender<Mail>;
