//! A test kit: plays an orchestrator natively, with virtual time and answers of your own.
//!
//! ```
//! use dacapo::{prelude::*, testing::Kit};
//!
//! #[activity]
//! fn double(n: u32) -> u32 {
//!     2 * n
//! }
//!
//! #[orchestrator]
//! async fn patient(cx: Context, n: u32) -> Result<u32> {
//!     cx.sleep(Duration::from_secs(3600)).await;
//!     double(&cx, n).await
//! }
//!
//! let run = Kit::new::<patient>().activity::<double>().start(&21);
//! assert_eq!(run.output::<u32>(), Ok(42));
//! assert_eq!(run.elapsed(), Duration::from_secs(3600));
//! ```
//!
//! Time stands still while code runs and jumps to whatever happens next, so a test of a year takes microseconds.
//! Retries, timeouts of attempts, timers, children, events, entities with their locks and new executions are played as the
//! host does. [`Actor`] is one entity alone, [`Desk`] the hub of a trigger. At the end the
//! kit replays every execution from the beginning, all turns at once, and panics if a decision differs: so every test of
//! an orchestrator is also a test of its determinism.

mod actor;
pub(crate) mod desk;
mod entities;
mod player;
mod progress;
mod replay;
mod run;
mod trace;
mod world;

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    activity::Activity,
    bindings::{
        activity::Invocation,
        entity::State,
        orchestrator::{EventRaised, Start},
    },
    component::{ActivityEntry, Component, OrchestratorEntry},
    entity::{Entity, EntityId},
    failure::Result,
    orchestrator::Orchestrator,
    payload,
    time::millis,
};

use self::entities::Entities;
pub(crate) use self::progress::hear;
pub use self::{
    actor::Actor,
    desk::Desk,
    progress::reports,
    run::{Execution, Run},
};
pub use crate::bindings;

/// The time at which every test begins: 2026-01-01T00:00:00Z.
pub const BEGIN_MS: u64 = 1_767_225_600_000;

/// The instance that a test plays.
const INSTANCE: &str = "test";

/// A test of one orchestrator, before it starts.
pub struct Kit {
    start: Start,
    /// By their names in lower case, as all names here.
    orchestrators: BTreeMap<String, Component>,
    stubs: BTreeMap<String, Stub>,
    entities: Entities,
    events: Vec<(u64, EventRaised)>,
}

/// What stands for an activity, or for a child.
#[derive(Default)]
struct Stub {
    answer: Option<Answer>,
    takes_ms: u64,
}

type Answer = Box<dyn FnMut(Invocation, &[u8]) -> Result<Vec<u8>>>;

impl Kit {
    /// A test of this orchestrator.
    pub fn new<O: Orchestrator>() -> Kit {
        let start = Start {
            name: O::NAME.to_owned(),
            instance: INSTANCE.to_owned(),
            execution: 1,
            version: None,
            parent: None,
            tags: Vec::new(),
            now: BEGIN_MS,
            seed: 0.into(),
            input: b"null".to_vec(),
            replaying: false,
        };
        let (orchestrators, stubs) = (BTreeMap::new(), BTreeMap::new());
        let kit = Kit { start, orchestrators, stubs, entities: Entities::default(), events: Vec::new() };
        kit.child::<O>()
    }

    /// The seed of the generator; 0 unless given.
    pub fn seed(mut self, seed: u64) -> Kit {
        self.start.seed = seed.into();
        self
    }

    /// The version that the caller asks for.
    pub fn version(mut self, version: &str) -> Kit {
        self.start.version = Some(version.to_owned());
        self
    }

    /// The orchestration that started this one.
    pub fn parent(mut self, instance: &str) -> Kit {
        self.start.parent = Some(instance.to_owned());
        self
    }

    /// Something that the caller attaches.
    pub fn tag(mut self, name: &str, value: &str) -> Kit {
        self.start.tags.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Lets calls of this activity run the real function.
    pub fn activity<A: Activity>(self) -> Kit {
        let component = Component { activities: const { &[ActivityEntry::of::<A>()] }, ..Component::EMPTY };
        self.stub(A::NAME, move |invocation, input| component.run(invocation, input))
    }

    /// Lets children of this name be played, too. The orchestrator of the test itself is known already.
    pub fn child<O: Orchestrator>(mut self) -> Kit {
        let orchestrators = const { &[OrchestratorEntry::of::<O>()] };
        self.orchestrators.insert(O::NAME.to_ascii_lowercase(), Component { orchestrators, ..Component::EMPTY });
        self
    }

    /// Lets entities of this name run the real operations.
    pub fn entity<E: Entity>(mut self) -> Kit {
        self.entities.served.insert(E::NAME.to_ascii_lowercase(), actor::serve::<E>());
        self
    }

    /// Lets entities of this name run the real operations, and gives one of them a state.
    ///
    /// # Panics
    /// If the state has no JSON form.
    pub fn entity_with<E: Entity>(mut self, key: &str, state: &E::State) -> Kit {
        let data = payload::encode(state, "invalid-state").expect("the state of a test has a JSON form");
        self.entities.set(EntityId::of::<E>(key), State { data, version: E::VERSION });
        self.entity::<E>()
    }

    /// Lets this function answer the calls of an activity or the starts of a child, retries included.
    pub fn answer<I, U>(self, name: &str, mut answer: impl FnMut(I) -> Result<U> + 'static) -> Kit
    where
        I: DeserializeOwned,
        U: Serialize,
    {
        self.stub(name, move |_, input| {
            payload::encode(&answer(payload::decode(input, "invalid-input")?)?, "invalid-output")
        })
    }

    /// Lets each attempt of an activity, or a child that a function answers, take this long; nothing unless given.
    pub fn takes(mut self, name: &str, duration: Duration) -> Kit {
        self.stubs.entry(name.to_ascii_lowercase()).or_default().takes_ms = millis(duration);
        self
    }

    /// Sends the orchestrator an external event, so long after the test began.
    ///
    /// # Panics
    /// If the value has no JSON form.
    pub fn event_at(mut self, after: Duration, name: &str, value: &(impl Serialize + ?Sized)) -> Kit {
        let input = payload::encode(value, "invalid-event").expect("the event of a test has a JSON form");
        self.events.push((BEGIN_MS + millis(after), EventRaised { name: name.to_owned(), input }));
        self
    }

    /// Plays it to its end, or until nothing can happen any more (`dacapo:stalled`).
    ///
    /// # Panics
    /// If an activity or a child is called that the test does not know, if a replay decides differently, or if it
    /// continues as new without an end.
    pub fn start(mut self, input: &(impl Serialize + ?Sized)) -> Run {
        self.start.input = payload::encode(input, "invalid-input").expect("the input of a test has a JSON form");
        world::play(self)
    }

    fn stub(mut self, name: &str, answer: impl FnMut(Invocation, &[u8]) -> Result<Vec<u8>> + 'static) -> Kit {
        self.stubs.entry(name.to_ascii_lowercase()).or_default().answer = Some(Box::new(answer));
        self
    }
}

impl fmt::Debug for Kit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stubs: Vec<_> = self.stubs.keys().collect();
        out.debug_struct("Kit").field("orchestrator", &self.start.name).field("stubs", &stubs).finish_non_exhaustive()
    }
}
