//! The hub of a native test of a trigger: notes what the client asks for and gives the answers that the test prepared.

use std::{cell::RefCell, collections::BTreeMap, fmt};

use serde::Serialize;

use super::{
    BEGIN_MS,
    trace::{at, text},
};
use crate::{
    bindings::{
        client::{EntityState, Error, Filter, InstanceStatus, ManagementUrls, Page, RuntimeStatus, StartOptions},
        types,
    },
    client::{Client, ClientError},
    entity::{Entity, EntityId},
    payload,
};

/// A hub that only takes notes.
///
/// ```
/// use dacapo::{prelude::*, testing::Desk};
///
/// #[timer_trigger]
/// fn nightly(tick: Tick, client: Client) -> Result<()> {
///     let id = format!("report-{}", tick.scheduled.as_millis());
///     client.start(Start::named("report", &tick.missed)?.id(id))?;
///     Ok(())
/// }
///
/// let tick = Tick { scheduled: Timestamp::from_millis(7), now: Timestamp::from_millis(8), missed: 2 };
/// let (result, asked) = Desk::new().run(|client| nightly::run(tick, client));
/// assert_eq!(result, Ok(()));
/// assert_eq!(asked, ["start report(2) as report-7"]);
/// ```
#[derive(Default)]
pub struct Desk {
    entities: BTreeMap<EntityId, EntityState>,
    instances: BTreeMap<String, InstanceStatus>,
    refusals: BTreeMap<String, ClientError>,
    asked: Vec<String>,
    started: u32,
}

thread_local! {
    static DESK: RefCell<Option<Desk>> = const { RefCell::new(None) };
}

impl Desk {
    /// A hub without instances, in which everything is granted.
    pub fn new() -> Desk {
        Desk::default()
    }

    /// The same with an entity that has this state.
    ///
    /// # Panics
    /// If the state has no JSON form.
    pub fn entity<E: Entity>(mut self, key: &str, state: &E::State) -> Desk {
        let data = payload::encode(state, "invalid-state").expect("the state of a test has a JSON form");
        let state = EntityState { data, version: E::VERSION, last_operation: BEGIN_MS };
        self.entities.insert(EntityId::of::<E>(key), state);
        self
    }

    /// The same with an instance.
    ///
    /// # Panics
    /// If the output has no JSON form.
    pub fn instance(
        mut self,
        instance: &str,
        name: &str,
        status: RuntimeStatus,
        output: &(impl Serialize + ?Sized),
    ) -> Desk {
        let known = InstanceStatus {
            instance: instance.to_owned(),
            name: name.to_owned(),
            status,
            created: BEGIN_MS,
            updated: BEGIN_MS,
            input: b"null".to_vec(),
            custom_status: b"null".to_vec(),
            output: payload::encode(output, "invalid-output").expect("the output of a test has a JSON form"),
        };
        self.instances.insert(instance.to_owned(), known);
        self
    }

    /// The same, but this function of the client fails: `start`, `read-entity` and so on.
    pub fn refuse(mut self, function: &str, error: ClientError) -> Desk {
        self.refusals.insert(function.to_owned(), error);
        self
    }

    /// Runs a trigger, and tells what it asked for in words.
    pub fn run<R>(self, trigger: impl FnOnce(Client) -> R) -> (R, Vec<String>) {
        DESK.set(Some(self));
        let result = trigger(Client::new());
        let desk = DESK.take().expect("it was put there before");
        (result, desk.asked)
    }
}

/// Lets the desk answer, unless it refuses.
fn ask<T>(function: &str, answer: impl FnOnce(&mut Desk) -> T) -> Result<T, Error> {
    DESK.with_borrow_mut(|desk| {
        let Some(desk) = desk else {
            return Err(Error::Unavailable("this test has no hub: use `testing::Desk`".to_owned()));
        };
        match desk.refusals.get(function) {
            Some(error) => Err(to_contract(error.clone())),
            None => Ok(answer(desk)),
        }
    })
}

fn note(function: &str, line: String) -> Result<(), Error> {
    ask(function, |desk| desk.asked.push(line))
}

pub(crate) fn start(name: &str, input: &[u8], options: &StartOptions) -> Result<String, Error> {
    ask("start", |desk| {
        desk.started += 1;
        let id = options.instance.clone().unwrap_or_else(|| format!("started-{}", desk.started));
        desk.asked.push(format!("start {name}({}) as {id}{}", text(input), at(options.at)));
        id
    })
}

pub(crate) fn signal(entity: &types::EntityId, name: &str, input: &[u8], time: Option<u64>) -> Result<(), Error> {
    let entity = EntityId::from_contract(entity.clone());
    note("signal", format!("signal {entity} {name}({}){}", text(input), at(time)))
}

pub(crate) fn raise(instance: &str, name: &str, input: &[u8]) -> Result<(), Error> {
    note("raise", format!("raise {name}({}) to {instance}", text(input)))
}

pub(crate) fn status(instance: &str) -> Result<Option<InstanceStatus>, Error> {
    ask("status", |desk| desk.instances.get(instance).cloned())
}

pub(crate) fn query(filter: &Filter) -> Result<Page, Error> {
    ask("query", |desk| {
        let fits = |known: &&InstanceStatus| {
            known.instance.starts_with(filter.prefix.as_deref().unwrap_or_default())
                && (filter.statuses.is_empty() || filter.statuses.contains(&known.status))
        };
        Page { instances: desk.instances.values().filter(fits).cloned().collect(), next: None }
    })
}

pub(crate) fn terminate(instance: &str, reason: &str) -> Result<(), Error> {
    note("terminate", format!("terminate {instance}: {reason}"))
}

pub(crate) fn suspend(instance: &str, reason: &str) -> Result<(), Error> {
    note("suspend", format!("suspend {instance}: {reason}"))
}

pub(crate) fn resume(instance: &str, reason: &str) -> Result<(), Error> {
    note("resume", format!("resume {instance}: {reason}"))
}

pub(crate) fn purge(instance: &str) -> Result<(), Error> {
    note("purge", format!("purge {instance}"))
}

pub(crate) fn read_entity(entity: &types::EntityId) -> Result<Option<EntityState>, Error> {
    let entity = EntityId::from_contract(entity.clone());
    ask("read-entity", |desk| desk.entities.get(&entity).cloned())
}

pub(crate) fn urls(instance: &str) -> Result<ManagementUrls, Error> {
    let url = |rest: &str| format!("http://test/instances/{instance}{rest}");
    ask("start", |_| ManagementUrls {
        status_query_get: url(""),
        send_event_post: url("/raiseEvent/{eventName}"),
        terminate_post: url("/terminate?reason={text}"),
        rewind_post: url("/rewind?reason={text}"),
        purge_history_delete: url(""),
        restart_post: url("/restart"),
        suspend_post: url("/suspend?reason={text}"),
        resume_post: url("/resume?reason={text}"),
    })
}

fn to_contract(error: ClientError) -> Error {
    match error {
        ClientError::NotGranted(message) => Error::NotGranted(message),
        ClientError::Invalid(message) => Error::Invalid(message),
        ClientError::UnknownFunction(message) => Error::UnknownFunction(message),
        ClientError::NotFound(message) => Error::NotFound(message),
        ClientError::Exists(message) => Error::Exists(message),
        ClientError::Conflict(message) => Error::Conflict(message),
        ClientError::Unavailable(message) => Error::Unavailable(message),
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Desk").field("asked", &self.asked).finish_non_exhaustive()
    }
}
