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
//! Retries, timeouts of attempts and timers are played as the host does. At the end the kit replays the whole run from
//! the beginning, event by event and all at once, and panics if a decision differs: so every test of an orchestrator is
//! also a test of its determinism.

mod play;
mod run;

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::Serialize;

use crate::{
    activity::Activity, bindings::activity::Invocation, bindings::orchestrator::Start, component::ActivityEntry,
    component::Component, component::OrchestratorEntry, failure::Result, orchestrator::Orchestrator, payload,
    time::millis,
};

pub use crate::bindings;
pub use run::Run;

/// The time at which every test begins: 2026-01-01T00:00:00Z.
pub const BEGIN_MS: u64 = 1_767_225_600_000;

/// A test of one orchestrator, before it starts.
pub struct Kit {
    component: Component,
    start: Start,
    activities: BTreeMap<String, Stub>,
}

/// What stands for an activity.
#[derive(Default)]
struct Stub {
    answer: Option<Answer>,
    takes_ms: u64,
}

type Answer = Box<dyn FnMut(Invocation, &[u8]) -> Result<Vec<u8>>>;

impl Kit {
    /// A test of this orchestrator.
    pub fn new<O: Orchestrator>() -> Kit {
        let orchestrators = const { &[OrchestratorEntry::of::<O>()] };
        let start = Start {
            name: O::NAME.to_owned(),
            instance: "test".to_owned(),
            execution: 1,
            version: None,
            parent: None,
            now: BEGIN_MS,
            seed: 0,
            input: b"null".to_vec(),
            replaying: false,
        };
        Kit { component: Component { orchestrators, activities: &[] }, start, activities: BTreeMap::new() }
    }

    /// The seed of the generator; 0 unless given.
    pub fn seed(mut self, seed: u64) -> Kit {
        self.start.seed = seed;
        self
    }

    /// The version that the caller asks for.
    pub fn version(mut self, version: &str) -> Kit {
        self.start.version = Some(version.to_owned());
        self
    }

    /// Lets calls of this activity run the real function.
    pub fn activity<A: Activity>(self) -> Kit {
        let component = Component { orchestrators: &[], activities: const { &[ActivityEntry::of::<A>()] } };
        self.stub(A::NAME, move |invocation, input| component.run(invocation, input))
    }

    /// Lets this function answer the calls of an activity, retries included.
    pub fn answer<I, U>(self, name: &str, mut answer: impl FnMut(I) -> Result<U> + 'static) -> Kit
    where
        I: serde::de::DeserializeOwned,
        U: Serialize,
    {
        self.stub(name, move |_, input| {
            payload::encode(&answer(payload::decode(input, "invalid-input")?)?, "invalid-output")
        })
    }

    /// Lets each attempt of an activity take this long; nothing unless given.
    pub fn takes(mut self, name: &str, duration: Duration) -> Kit {
        self.activities.entry(name.to_ascii_lowercase()).or_default().takes_ms = millis(duration);
        self
    }

    /// Plays it to its end, or until nothing can happen any more (`dacapo:stalled`).
    ///
    /// # Panics
    /// If an activity is called that the test does not know, or if a replay decides differently.
    pub fn start(mut self, input: &(impl Serialize + ?Sized)) -> Run {
        self.start.input = payload::encode(input, "invalid-input").expect("the input of a test has a JSON form");
        play::play(self)
    }

    fn stub(mut self, name: &str, answer: impl FnMut(Invocation, &[u8]) -> Result<Vec<u8>> + 'static) -> Kit {
        self.activities.entry(name.to_ascii_lowercase()).or_default().answer = Some(Box::new(answer));
        self
    }
}

impl fmt::Debug for Kit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let activities: Vec<_> = self.activities.keys().collect();
        out.debug_struct("Kit").field("orchestrator", &self.start.name).field("activities", &activities).finish()
    }
}
