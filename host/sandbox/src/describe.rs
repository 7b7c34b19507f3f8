//! Asks a component once what it can do, and whether it can begin at all.
//!
//! It owns the checks on the catalogue. Like all that a guest says it is data that may be wrong, and a component whose
//! catalogue is wrong is refused as a whole.

use std::collections::BTreeSet;
use std::time::Duration;

use kernel::limits::{DESCRIBE_TEXT_MAX_BYTES, DESCRIBE_TIMEOUT_MS, FUNCTIONS_PER_COMPONENT_MAX_COUNT};
use kernel::model::{Failure, Function, FunctionKind, FunctionName, Payload, kind};
use wasmtime::component::InstancePre;
use wasmtime::{Error, Store};

use crate::bindings::functions as wit;
use crate::convert;
use crate::fault::{guest_failure, with_last_words};
use crate::refusal::Refusal;
use crate::roles::{FUNCTIONS, Role, Roles};

/// How the names of the activities begin that the host itself has.
const RESERVED: &str = "dacapo.";

/// What a store has that a guest runs in.
pub(crate) trait Listener {
    /// What the guest wrote to its standard error before it failed, if anybody listened.
    fn last_words(&mut self) -> String;
}

/// Instantiates a component, asks for its catalogue and checks it.
///
/// `refuel` gives the store what `describe` may use, after instantiation had its share.
pub(crate) fn describe<T: Listener + Send + 'static>(
    instance: &InstancePre<T>,
    mut store: Store<T>,
    refuel: impl FnOnce(&mut Store<T>),
    roles: &Roles,
) -> Result<Vec<Function>, Refusal> {
    let has_catalogue = instance.component().get_export_index(None, FUNCTIONS).is_some();
    let guest = has_catalogue.then(|| wit::GuestIndices::new(instance)).transpose();
    let guest = guest.map_err(|error| mismatch(&error))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|error| Refusal::InitFailed(format!("the host has no runtime for it: {error}")))?;
    let functions = runtime.block_on(async {
        let limit = Duration::from_millis(DESCRIBE_TIMEOUT_MS);
        let instance = tokio::time::timeout(limit, instance.instantiate_async(&mut store))
            .await
            .map_err(|_| Refusal::InitTimeout)?
            .map_err(|error| init_refusal(failure(&mut store, &error), &error))?;
        let Some(guest) = guest else { return Ok(Vec::new()) };
        let guest = guest.load(&mut store, &instance).map_err(|error| mismatch(&error))?;
        refuel(&mut store);
        tokio::time::timeout(limit, guest.call_describe(&mut store))
            .await
            .map_err(|_| Refusal::DescribeFailed("it did not return in time".to_owned()))?
            .map_err(|error| Refusal::DescribeFailed(with_details(failure(&mut store, &error))))
    })?;
    catalogue(functions, roles)
}

/// Says how an interface differs from the contract.
pub(crate) fn mismatch(error: &Error) -> Refusal {
    Refusal::WorldMismatch(format!(
        "an interface has another shape than in wit/: {error:#}; build it with this version"
    ))
}

fn failure<T: Listener>(store: &mut Store<T>, error: &Error) -> Failure {
    with_last_words(guest_failure(error), &store.data_mut().last_words())
}

fn init_refusal(failure: Failure, error: &Error) -> Refusal {
    match failure.kind.as_str() {
        kind::OUT_OF_FUEL => Refusal::InitTimeout,
        kind::OUT_OF_MEMORY => Refusal::MemoryLimit(failure.message),
        kind::PROTOCOL => Refusal::InitFailed(format!("{error:#}")),
        _ => Refusal::InitFailed(with_details(failure)),
    }
}

fn with_details(failure: Failure) -> String {
    match failure.details {
        Some(details) => format!("{}\n{}", failure.message, details.trim_end()),
        None => failure.message,
    }
}

fn catalogue(functions: Vec<wit::Function>, roles: &Roles) -> Result<Vec<Function>, Refusal> {
    // What answers HTTP requests is found by its route and has no entry.
    if functions.is_empty() && !roles.has(Role::HttpTrigger) {
        return Err(Refusal::DescribeFailed("it lists no function; register at least one".to_owned()));
    }
    if functions.len() > FUNCTIONS_PER_COMPONENT_MAX_COUNT {
        let text =
            format!("it lists {} functions; at most {FUNCTIONS_PER_COMPONENT_MAX_COUNT} are accepted", functions.len());
        return Err(Refusal::DescribeFailed(text));
    }
    let mut seen = BTreeSet::new();
    let check = |function: wit::Function| {
        let function = checked(function, roles).map_err(Refusal::DescribeFailed)?;
        if !seen.insert((function.kind, function.name.clone())) {
            let text =
                format!("it lists {} {} twice; names are compared without case", function.kind.as_str(), function.name);
            return Err(Refusal::DescribeFailed(text));
        }
        Ok(function)
    };
    functions.into_iter().map(check).collect()
}

fn checked(function: wit::Function, roles: &Roles) -> Result<Function, String> {
    let name = FunctionName::parse(&function.name).map_err(|invalid| invalid.to_string())?;
    let kind = match function.kind {
        wit::Kind::Activity => FunctionKind::Activity,
        wit::Kind::Orchestrator => FunctionKind::Orchestrator,
        wit::Kind::Entity => FunctionKind::Entity,
        wit::Kind::TimerTrigger => FunctionKind::TimerTrigger,
        wit::Kind::StreamTrigger => FunctionKind::StreamTrigger,
    };
    if function.name.to_ascii_lowercase().starts_with(RESERVED) {
        return Err(format!("it lists {name}; names that begin with `{RESERVED}` are the host's own"));
    }
    if !roles.has(kind.into()) {
        return Err(format!("it lists {name}, but the component exports no interface of that kind: {}", kind.as_str()));
    }
    let texts =
        [("doc", &function.doc), ("input schema", &function.input_schema), ("output schema", &function.output_schema)];
    for (what, text) in texts {
        let bytes = text.as_ref().map_or(0, String::len);
        if bytes > DESCRIBE_TEXT_MAX_BYTES {
            return Err(format!(
                "the {what} of {name} has {bytes} bytes; at most {DESCRIBE_TEXT_MAX_BYTES} are accepted"
            ));
        }
    }
    for (what, schema) in [("input schema", &function.input_schema), ("output schema", &function.output_schema)] {
        let check = schema.as_ref().map_or(Ok(()), |text| Payload::check(text.as_bytes()));
        check.map_err(|invalid| format!("the {what} of {name} is {invalid}"))?;
    }
    let defaults = convert::options(function.defaults);
    defaults.check().map_err(|invalid| format!("the defaults of {name} make no sense: {invalid}"))?;
    Ok(Function {
        name,
        kind,
        doc: function.doc,
        input_schema: function.input_schema,
        output_schema: function.output_schema,
        defaults,
    })
}
