//! What a component offers, as data, and its connection to the contract.
//!
//! [`export!`](crate::export) builds one [`Component`]. The host reaches it through the generated bindings, a native
//! test directly; both call the same functions.

use schemars::JsonSchema;

use crate::{
    activity::{Activity, ActivityContext},
    bindings::{
        activity::Invocation,
        entity::{self as contract, Outcome},
        functions::{Function, Kind},
        orchestrator::{Start, Step},
        types,
    },
    client::Client,
    context::Context,
    entity::{self, Entity},
    failure::{Failure, Result},
    options::{self, Options},
    orchestrator::Orchestrator,
    payload,
    session::{Root, Session},
    time::Timestamp,
    trigger::{Message, StreamTrigger, Tick, TimerTrigger},
    web::{self, HttpEntry, Request, Response},
};

/// The functions of a component.
#[derive(Debug)]
pub struct Component {
    /// Those that touch the world.
    pub activities: &'static [ActivityEntry],
    /// Those that are replayed.
    pub orchestrators: &'static [OrchestratorEntry],
    /// Those that keep a state.
    pub entities: &'static [EntityEntry],
    /// Those that answer HTTP requests.
    pub http: &'static [HttpEntry],
    /// Those that a schedule sets off.
    pub timers: &'static [TimerEntry],
    /// Those that a message of a stream sets off.
    pub streams: &'static [StreamEntry],
}

/// One activity with its types erased.
#[derive(Debug)]
pub struct ActivityEntry {
    about: About,
    options: fn() -> Options,
    run: fn(ActivityContext, &[u8]) -> Result<Vec<u8>>,
}

/// One orchestrator with its types erased.
#[derive(Debug)]
pub struct OrchestratorEntry {
    about: About,
    body: fn(Context, Vec<u8>) -> Root,
}

/// One entity with its types erased.
#[derive(Debug)]
pub struct EntityEntry {
    about: About,
    apply: fn(contract::Context, Option<contract::State>, Vec<contract::Operation>) -> Outcome,
}

/// One timer trigger with its type erased.
#[derive(Debug)]
pub struct TimerEntry {
    about: About,
    fire: fn(Tick, Client) -> Result<()>,
}

/// One stream trigger with its type erased.
#[derive(Debug)]
pub struct StreamEntry {
    about: About,
    receive: fn(Message, Client) -> Result<()>,
}

#[derive(Debug)]
struct About {
    name: &'static str,
    doc: Option<&'static str>,
    input_schema: fn() -> Option<String>,
    output_schema: fn() -> Option<String>,
}

impl Component {
    /// A component without functions.
    pub const EMPTY: Component =
        Component { activities: &[], orchestrators: &[], entities: &[], http: &[], timers: &[], streams: &[] };

    /// The catalogue that the host asks for at deploy.
    pub fn describe(&self) -> Vec<Function> {
        let plain = |about: &About, kind: Kind| about.function(kind, Options::default());
        let orchestrators = self.orchestrators.iter().map(|entry| plain(&entry.about, Kind::Orchestrator));
        let activities = self.activities.iter().map(|entry| entry.about.function(Kind::Activity, (entry.options)()));
        let entities = self.entities.iter().map(|entry| plain(&entry.about, Kind::Entity));
        let timers = self.timers.iter().map(|entry| plain(&entry.about, Kind::TimerTrigger));
        let streams = self.streams.iter().map(|entry| plain(&entry.about, Kind::StreamTrigger));
        orchestrators.chain(activities).chain(entities).chain(timers).chain(streams).collect()
    }

    /// Runs one attempt of an activity.
    ///
    /// # Errors
    /// `unknown-function`, `invalid-input`, or what the activity returns.
    pub fn run(&self, invocation: Invocation, input: &[u8]) -> Result<Vec<u8>> {
        let Invocation { name, instance, task, attempt, idempotency_key, deadline, trace } = invocation;
        let mut activities = self.activities.iter();
        let entry = activities.find(|entry| entry.about.is_named(&name)).ok_or_else(|| unknown("activity", &name))?;
        let deadline = Timestamp::from_millis(deadline);
        (entry.run)(ActivityContext { instance, task, attempt, idempotency_key, deadline, trace }, input)
    }

    /// Begins an execution of an orchestrator. An unknown name fails it at once with `unknown-function`.
    pub fn open(&self, start: Start) -> (Session, Step) {
        let entry = self.orchestrators.iter().find(|entry| entry.about.is_named(&start.name));
        let body = entry.map_or(no_such_orchestrator as fn(Context, Vec<u8>) -> Root, |entry| entry.body);
        Session::open(start, body)
    }

    /// Runs a batch of operations of an entity. An unknown entity fails all of them with `unknown-function`.
    pub fn apply(
        &self,
        context: contract::Context,
        state: Option<contract::State>,
        operations: Vec<contract::Operation>,
    ) -> Outcome {
        let name = &context.entity.name;
        match self.entities.iter().find(|entry| entry.about.is_named(name)) {
            Some(entry) => (entry.apply)(context, state, operations),
            None => {
                let failure = types::Failure::from(unknown("entity", name));
                let results = operations.iter().map(|_| Err(failure.clone())).collect();
                Outcome { results, state: contract::NewState::Unchanged, logs: Vec::new() }
            }
        }
    }

    /// Runs a timer trigger.
    ///
    /// # Errors
    /// `unknown-function`, or what the trigger returns.
    pub fn fire(&self, name: &str, tick: Tick, client: Client) -> Result<()> {
        let entry = self.timers.iter().find(|entry| entry.about.is_named(name));
        (entry.ok_or_else(|| unknown("timer trigger", name))?.fire)(tick, client)
    }

    /// Runs a stream trigger.
    ///
    /// # Errors
    /// `unknown-function`, or what the trigger returns.
    pub fn receive(&self, name: &str, message: Message, client: Client) -> Result<()> {
        let entry = self.streams.iter().find(|entry| entry.about.is_named(name));
        (entry.ok_or_else(|| unknown("stream trigger", name))?.receive)(message, client)
    }

    /// Answers an HTTP request.
    pub fn serve(&self, request: Request) -> Response {
        web::serve(self.http, request)
    }
}

impl ActivityEntry {
    /// The entry of an activity.
    pub const fn of<A: Activity>() -> Self {
        let output_schema = schema::<A::Output>;
        let about = About { name: A::NAME, doc: A::DOC, input_schema: A::input_schema, output_schema };
        ActivityEntry { about, options: A::options, run: run::<A> }
    }
}

impl OrchestratorEntry {
    /// The entry of an orchestrator.
    pub const fn of<O: Orchestrator>() -> Self {
        let output_schema = schema::<O::Output>;
        let about = About { name: O::NAME, doc: O::DOC, input_schema: O::input_schema, output_schema };
        OrchestratorEntry { about, body: body::<O> }
    }
}

impl EntityEntry {
    /// The entry of an entity.
    pub const fn of<E: Entity>() -> Self {
        EntityEntry { about: About::without_schemas(E::NAME, E::DOC), apply: entity::apply::<E> }
    }
}

impl TimerEntry {
    /// The entry of a timer trigger.
    pub const fn of<T: TimerTrigger>() -> Self {
        TimerEntry { about: About::without_schemas(T::NAME, T::DOC), fire: T::fire }
    }
}

impl StreamEntry {
    /// The entry of a stream trigger.
    pub const fn of<T: StreamTrigger>() -> Self {
        StreamEntry { about: About::without_schemas(T::NAME, T::DOC), receive: T::receive }
    }
}

impl About {
    const fn without_schemas(name: &'static str, doc: Option<&'static str>) -> Self {
        About { name, doc, input_schema: no_schema, output_schema: no_schema }
    }

    fn is_named(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    fn function(&self, kind: Kind, defaults: Options) -> Function {
        Function {
            name: self.name.to_owned(),
            kind,
            doc: self.doc.map(str::to_owned),
            input_schema: (self.input_schema)(),
            output_schema: (self.output_schema)(),
            defaults: options::to_contract(defaults),
        }
    }
}

fn no_schema() -> Option<String> {
    None
}

fn run<A: Activity>(context: ActivityContext, input: &[u8]) -> Result<Vec<u8>> {
    let output = A::invoke(context, payload::decode(input, "invalid-input")?)?;
    payload::encode(&output, "invalid-output")
}

fn body<O: Orchestrator>(context: Context, input: Vec<u8>) -> Root {
    Box::pin(async move {
        let input = payload::decode(&input, "invalid-input")?;
        let output = O::invoke(context, input).await?;
        payload::encode(&output, "invalid-output")
    })
}

fn no_such_orchestrator(context: Context, _: Vec<u8>) -> Root {
    Box::pin(async move { Err(unknown("orchestrator", context.name())) })
}

fn unknown(kind: &str, name: &str) -> Failure {
    Failure::new("unknown-function", format!("this component has no {kind} {name:?}")).non_retryable()
}

/// The schema of a type in the signature of a function.
pub fn schema<T: JsonSchema>() -> Option<String> {
    Some(payload::schema::<T>())
}
