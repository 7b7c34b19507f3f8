//! What will happen, in order of time; what happens at the same time happens in an order that the seed chooses.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::model::{ComponentDigest, EntityBatch, EntityId, Head, InstanceId, InstanceNo, Millis, Reach};
use kernel::partition::{BatchNo, Depth, Input, LoadNo, ReplyTo, TaskRun, Work};
use kernel::port::{Batch, Key};

use super::component::Availability;
use super::entity::Deed;
use super::store::Space;

/// One thing that will happen.
#[derive(Debug)]
pub enum Happening {
    /// Something of the host, which a crash ends.
    Host(Doing),
    /// Something of the world, which goes on.
    World(Act),
}

/// What the host is doing.
#[derive(Debug)]
pub enum Doing {
    /// It looks an instance up.
    ReadHead(Key, LoadNo, Depth),
    /// It reads the history of the instance that it found.
    ReadHistory(Key, LoadNo, Box<Head>),
    /// It plays a turn.
    Play(InstanceNo, Work),
    /// It runs a batch of an entity.
    Apply(Option<ComponentDigest>, Box<EntityBatch>),
    /// It runs an attempt of an activity.
    Run(Box<TaskRun>),
    /// It writes a batch.
    Write(BatchNo, Arc<Batch>),
    /// It tells the partition something.
    Tell(Input),
}

/// What the world does.
#[derive(Debug, Clone)]
pub enum Act {
    /// Somebody starts an instance of a program.
    Start(Start),
    /// Somebody asks something of an instance.
    Ask(Whom, Request),
    /// Somebody does not want to know any more.
    Leave(ReplyTo),
    /// The space ends or comes back.
    Space(Space),
    /// The shaky component goes or comes back.
    Shake(Availability),
    /// What was late or is mended is deployed.
    Release,
    /// The wall clock jumps forward.
    Forward(Millis),
    /// The wall clock is set back.
    Back(Millis),
    /// A row is damaged.
    Damage,
    /// A client signals an entity.
    Signal(Signal),
    /// A client reads an entity.
    Read(EntityId),
    /// A message comes from outside, perhaps again.
    Message(u64),
    /// Some blobs cannot be had any more.
    Lose(u64),
    /// All blobs can be had again.
    Restore,
    /// Blobs that nobody refers to are deleted.
    Sweep,
    /// What is held is tried again.
    Mend,
}

/// A signal of a client.
#[derive(Debug, Clone)]
pub struct Signal {
    /// By which it is known.
    pub token: String,
    /// The entity.
    pub to: EntityId,
    /// What it is to do.
    pub deed: Deed,
    /// How far ahead it is scheduled.
    pub ahead: Option<Millis>,
    /// How many more signals follow, each once the one before was promised.
    pub more: u64,
}

/// A start that somebody asks for.
#[derive(Debug, Clone)]
pub struct Start {
    /// The id.
    pub id: InstanceId,
    /// Who chose it.
    pub chosen: Chosen,
    /// The program.
    pub program: usize,
    /// Whether somebody wants to know how it ends.
    pub curious: Curious,
    /// How far ahead it is scheduled.
    pub ahead: Option<Millis>,
}

/// Of whom something is asked.
#[derive(Debug, Clone)]
pub enum Whom {
    /// Of the instance of this id, if there is one.
    Named(InstanceId),
    /// Of any that is there then.
    Any(u64),
    /// Of any that has failed then, if one has.
    Failed(u64),
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub enum Request {
    /// How it ends.
    Wait,
    /// To hear an event.
    Raise(u64),
    /// To stop for a while.
    Suspend,
    /// To go on.
    Resume,
    /// To end.
    Terminate(Reach),
    /// To go on from its failed tasks.
    Rewind,
    /// To be deleted.
    Purge,
    /// To release its lock, if nobody is alive who holds it.
    Unlock,
}

/// Who chose an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// The caller.
    ByCaller,
    /// The host.
    ByHost,
}

/// Whether somebody wants to know how an instance ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curious {
    /// They do.
    Yes,
    /// They do not.
    No,
}

/// All that will happen.
#[derive(Debug, Default)]
pub struct Queue {
    happenings: BTreeMap<(u64, u64, u64), Happening>,
    count: u64,
}

impl Queue {
    /// Adds something at a time; `chance` orders what is at the same time.
    pub fn push(&mut self, at: u64, chance: u64, happening: Happening) {
        self.count += 1;
        self.happenings.insert((at, chance, self.count), happening);
    }

    /// When the next thing happens.
    pub fn next_at(&self) -> Option<u64> {
        self.happenings.keys().next().map(|(at, _, _)| *at)
    }

    /// Takes the next thing.
    pub fn pop(&mut self) -> Option<(u64, Happening)> {
        self.happenings.pop_first().map(|((at, _, _), happening)| (at, happening))
    }

    /// Ends what the host is doing and gives it, in order.
    pub fn crash(&mut self) -> Vec<Doing> {
        let (host, world) = std::mem::take(&mut self.happenings)
            .into_iter()
            .partition(|(_, happening)| matches!(happening, Happening::Host(_)));
        self.happenings = world;
        let host: BTreeMap<_, _> = host;
        let doing = host.into_values().filter_map(|happening| match happening {
            Happening::Host(doing) => Some(doing),
            Happening::World(_) => None,
        });
        doing.collect()
    }

    /// Ends some of what the host is doing.
    pub fn retain(&mut self, mut keep: impl FnMut(&Doing) -> bool) {
        self.happenings.retain(|_, happening| match happening {
            Happening::Host(doing) => keep(doing),
            Happening::World(_) => true,
        });
    }
}
