//! What a component offers, as data, and its connection to the contract.
//!
//! [`export!`](crate::export) builds one [`Component`]. The host reaches it through the generated bindings, a native
//! test directly; both call the same three functions.

use schemars::JsonSchema;

use crate::{
    activity::{Activity, ActivityContext},
    bindings::{
        activity::Invocation,
        functions::{Function, Kind},
        orchestrator::{Start, Step},
    },
    context::Context,
    failure::{Failure, Result},
    options::{self, Options},
    orchestrator::Orchestrator,
    payload,
    session::{Root, Session},
    time::Timestamp,
};

/// The functions of a component.
#[derive(Debug)]
pub struct Component {
    /// Those that touch the world.
    pub activities: &'static [ActivityEntry],
    /// Those that are replayed.
    pub orchestrators: &'static [OrchestratorEntry],
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

#[derive(Debug)]
struct About {
    name: &'static str,
    doc: Option<&'static str>,
    input_schema: fn() -> Option<String>,
    output_schema: fn() -> String,
}

impl Component {
    /// The catalogue that the host asks for at deploy.
    pub fn describe(&self) -> Vec<Function> {
        let activities = self.activities.iter().map(|entry| entry.about.function(Kind::Activity, (entry.options)()));
        let orchestrators =
            self.orchestrators.iter().map(|entry| entry.about.function(Kind::Orchestrator, Options::default()));
        orchestrators.chain(activities).collect()
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
}

impl ActivityEntry {
    /// The entry of an activity.
    pub const fn of<A: Activity>() -> Self {
        let output_schema = payload::schema::<A::Output>;
        let about = About { name: A::NAME, doc: A::DOC, input_schema: A::input_schema, output_schema };
        ActivityEntry { about, options: A::options, run: run::<A> }
    }
}

impl OrchestratorEntry {
    /// The entry of an orchestrator.
    pub const fn of<O: Orchestrator>() -> Self {
        let output_schema = payload::schema::<O::Output>;
        let about = About { name: O::NAME, doc: O::DOC, input_schema: O::input_schema, output_schema };
        OrchestratorEntry { about, body: body::<O> }
    }
}

impl About {
    fn is_named(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    fn function(&self, kind: Kind, defaults: Options) -> Function {
        Function {
            name: self.name.to_owned(),
            kind,
            doc: self.doc.map(str::to_owned),
            input_schema: (self.input_schema)(),
            output_schema: Some((self.output_schema)()),
            defaults: options::to_contract(defaults),
        }
    }
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

/// The schema of a type that `#[activity]` or `#[orchestrator]` saw in a signature.
pub fn input_schema<T: JsonSchema>() -> Option<String> {
    Some(payload::schema::<T>())
}
