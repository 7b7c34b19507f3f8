//! What goes wrong in a simulation, and how often, as data.

use kernel::partition::Tuning;

use super::rng::Rng;

/// How the world treats the partition. Rates are per mille.
#[derive(Debug, Clone)]
pub struct Profile {
    /// When the host crashes.
    pub crash: Crash,
    /// A result comes twice, the second time late.
    pub duplicate: u64,
    /// A read fails.
    pub unreadable: u64,
    /// A warm session is gone when it is wanted.
    pub cold: u64,
    /// A second input is taken in before what the first led to is committed.
    pub crowd: u64,
    /// A batch of an entity cannot be run.
    pub holds: u64,
    /// How long everything that takes time takes.
    pub pace: Pace,
    /// How many starts, other requests, and faults that last.
    pub events: Events,
    /// The partition's limits.
    pub tuning: Tuning,
}

/// When the host crashes: always before an effect is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// It does not.
    Never,
    /// Before some, per mille, while there are faults.
    Sometimes(u64),
    /// Once, before the effect of this number, from 1.
    Before(u64),
}

/// How long everything that takes time takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Always the same.
    Even,
    /// Anything.
    Uneven,
}

/// How often things happen in a simulation.
#[derive(Debug, Clone, Default)]
pub struct Events {
    /// Instances are started.
    pub starts: u64,
    /// Somebody waits for an instance, and perhaps leaves.
    pub waits: u64,
    /// Instances are terminated.
    pub terminates: u64,
    /// Events are sent.
    pub raises: u64,
    /// Instances are suspended or resumed.
    pub gates: u64,
    /// Instances are rewound.
    pub rewinds: u64,
    /// Instances are deleted.
    pub purges: u64,
    /// Clients talk to entities.
    pub talks: u64,
    /// Messages come from outside and are marked.
    pub messages: u64,
    /// Entities are forgotten, whoever has locked them.
    pub wipes: u64,
    /// Blobs cannot be had for a while.
    pub losses: u64,
    /// Blobs that nobody refers to are swept.
    pub sweeps: u64,
    /// The storage is full for a while.
    pub full: u64,
    /// A component is not available for a while.
    pub gone: u64,
    /// The wall clock jumps.
    pub jumps: u64,
    /// A row is damaged.
    pub damages: u64,
}

impl Profile {
    /// Nothing goes wrong, and nothing is asked but what a test asks.
    pub fn calm() -> Self {
        Self {
            crash: Crash::Never,
            duplicate: 0,
            unreadable: 0,
            cold: 0,
            crowd: 0,
            holds: 0,
            pace: Pace::Even,
            events: Events::default(),
            tuning: Tuning::default(),
        }
    }

    /// Everything goes wrong with the host that can, but nobody interferes with what it does.
    pub fn rough(rng: &mut Rng) -> Self {
        let Events { full, jumps, losses, sweeps, .. } = Self::any(rng).events;
        Self { events: Events { full, jumps, losses, sweeps, ..Events::default() }, ..Self::any(rng) }
    }

    /// Some of all that can go wrong. Each seed leaves some of it out, so that no fault always hides behind another.
    pub fn any(rng: &mut Rng) -> Self {
        let mut some = |most: u64| if rng.happens(600) { rng.below(most + 1) } else { 0 };
        let events = Events {
            starts: 2 + some(14),
            waits: some(12),
            terminates: some(6),
            raises: some(10),
            gates: some(10),
            rewinds: some(12),
            purges: some(8),
            talks: some(8),
            messages: some(8),
            wipes: some(2),
            losses: some(2),
            sweeps: some(6),
            full: some(2),
            gone: some(2),
            jumps: some(4),
            damages: some(2),
        };
        Self {
            crash: Crash::Sometimes(some(25)),
            duplicate: some(200),
            unreadable: some(120),
            cold: some(900),
            crowd: some(600),
            holds: some(150),
            pace: Pace::Uneven,
            events,
            tuning: Tuning {
                idle_instances_max_count: usize::try_from(some(3)).expect("it is small"),
                idle_entities_max_count: usize::try_from(some(3)).expect("it is small"),
                due_loads_max_count: 1 + usize::try_from(some(3)).expect("it is small"),
            },
        }
    }
}
