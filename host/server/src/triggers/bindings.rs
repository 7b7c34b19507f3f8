//! What a manifest binds a component to: grants, routes, timers and streams.
//!
//! It owns the syntax of that, and whether it makes sense: by itself, for what the component has, and beside what is bound
//! already. A manifest and the hub hold it in the same form. It knows nothing of how a trigger runs.

mod stream;

use std::collections::BTreeSet;

use kernel::limits::{BINDINGS_PER_COMPONENT_MAX_COUNT, TRIGGER_SOURCE_MAX_CHARS};
use kernel::model::{Function, FunctionKind, FunctionName};
use serde::{Deserialize, Serialize};

pub use self::stream::{Batch, Deliveries, StartFrom, StreamBinding, Subject, Token};
use super::route::Route;
use super::schedule::{Expression, Schedule, Zone};

/// All that one component is bound to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Bindings {
    /// Whose they are: the application and its component. What is deployed under a name takes the place of what was bound
    /// under it before.
    pub name: String,
    /// Which functions of the client it may call.
    #[serde(default)]
    pub grants: BTreeSet<Grant>,
    /// The routes that lead to it.
    #[serde(default)]
    pub http: Vec<HttpBinding>,
    /// When which function runs.
    #[serde(default)]
    pub timers: Vec<TimerBinding>,
    /// Which function reads which stream.
    #[serde(default)]
    pub streams: Vec<StreamBinding>,
}

/// A function of the client, by its name in `wit/client.wit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the contract with guests documents them")]
pub enum Grant {
    Start,
    Signal,
    Raise,
    Status,
    Query,
    Terminate,
    Suspend,
    Resume,
    Purge,
    ReadEntity,
}

/// An HTTP method that a route may be limited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "the names of methods")]
pub enum Method {
    Delete,
    Get,
    Head,
    Options,
    Patch,
    Post,
    Put,
}

/// A route that leads to the component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HttpBinding {
    /// Under `/api/`.
    pub route: Route,
    /// By which methods.
    #[serde(default = "Method::all")]
    pub methods: BTreeSet<Method>,
}

/// A function that runs at certain times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TimerBinding {
    /// Of the kind `timer-trigger`.
    #[serde(with = "name")]
    pub function: FunctionName,
    /// When.
    pub schedule: Expression,
    /// By which clock.
    #[serde(default)]
    pub time_zone: Zone,
}

/// Why bindings are refused; nothing was deployed. In words for the author of the manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidBindings(String);

impl Bindings {
    /// Of a component without a manifest: nothing.
    pub fn none(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Whether nothing is bound or granted.
    pub fn is_empty(&self) -> bool {
        *self == Self::none(self.name.as_str())
    }

    /// Whether they make sense by themselves.
    pub fn check(&self) -> Result<(), InvalidBindings> {
        let Self { http, timers, streams, .. } = self;
        let most = http.len().max(timers.len()).max(streams.len());
        if most > BINDINGS_PER_COMPONENT_MAX_COUNT {
            return self.refuse(format!("{most} bindings; at most {BINDINGS_PER_COMPONENT_MAX_COUNT} of a kind fit"));
        }
        for (at, binding) in http.iter().enumerate() {
            if binding.methods.is_empty() {
                return self.refuse(format!("route {}: methods is empty; leave it out to allow all", binding.route));
            }
            let same = |other: &&HttpBinding| other.route.is_like(&binding.route) && binding.shares(other).is_some();
            if let Some(other) = http[..at].iter().find(same) {
                return self.refuse(format!("routes {} and {} are the same; join them", other.route, binding.route));
            }
        }
        for (at, timer) in timers.iter().enumerate() {
            let function = &timer.function;
            self.check_source(&timer.source(&self.name))?;
            if timers[..at].iter().any(|other| other.function == *function) {
                return self.refuse(format!("function {function} has two timers; give each a function of its own"));
            }
        }
        for (at, stream) in streams.iter().enumerate() {
            stream.check().or_else(|why| self.refuse(why))?;
            self.check_source(&stream.source())?;
            if streams[..at].iter().any(|other| other.source() == stream.source()) {
                return self.refuse(stream.taken("another binding of this component"));
            }
        }
        Ok(())
    }

    /// Whether the component has the functions.
    fn check_functions(&self, functions: &[Function]) -> Result<(), InvalidBindings> {
        let timers = self.timers.iter().map(|timer| (&timer.function, FunctionKind::TimerTrigger, "timer"));
        let streams = self.streams.iter().map(|stream| (&stream.function, FunctionKind::StreamTrigger, "stream"));
        for (name, kind, key) in timers.chain(streams) {
            if functions.iter().any(|function| function.kind == kind && function.name == *name) {
                continue;
            }
            let why = match functions.iter().find(|function| function.name == *name) {
                Some(other) => format!("it is of the kind {}, not {}", other.kind.as_str(), kind.as_str()),
                None => format!("the component has no function of that name and the kind {}", kind.as_str()),
            };
            return self.refuse(format!("[[component.{key}]] function = \"{name}\": {why}"));
        }
        Ok(())
    }

    /// Whether the component is all that it is bound as.
    pub fn check_component(&self, deployed: &sandbox::Deployed) -> Result<(), InvalidBindings> {
        if !self.http.is_empty() && !deployed.roles.has(sandbox::Role::HttpTrigger) {
            let export = "export wasi:http/incoming-handler, or leave out [[component.http]]";
            return self.refuse(format!("it has routes, but answers no requests; {export}"));
        }
        self.check_functions(&deployed.functions)
    }

    /// Whether something else, deployed under another name, stands in the way.
    pub fn check_beside(&self, other: &Self) -> Result<(), InvalidBindings> {
        if self.name == other.name {
            return Ok(());
        }
        for ours in &self.http {
            for theirs in &other.http {
                if let Some(method) = ours.shares(theirs).filter(|_| ours.route.overlaps(&theirs.route)) {
                    let (method, taken, by) = (method.as_str(), &theirs.route, &other.name);
                    let why = format!("route {}: {method} clashes with route {taken} of {by}", ours.route);
                    return self.refuse(format!("{why}; change one of them, or deploy {by} again without it"));
                }
            }
        }
        for ours in &self.streams {
            if other.streams.iter().any(|theirs| theirs.source() == ours.source()) {
                return self.refuse(ours.taken(&other.name));
            }
        }
        Ok(())
    }

    /// Whether the operator gave each connection that is named.
    pub fn check_connections<'a>(&self, mut known: impl Iterator<Item = &'a str>) -> Result<(), InvalidBindings> {
        let all: BTreeSet<_> = known.by_ref().collect();
        let Some(missing) = self.streams.iter().find(|stream| !all.contains(stream.connection.as_str())) else {
            return Ok(());
        };
        let name = &missing.connection;
        let have = match all.is_empty() {
            true => "there are none".to_owned(),
            false => format!("there are {}", all.into_iter().collect::<Vec<_>>().join(", ")),
        };
        self.refuse(format!(
            "connection = \"{name}\" is not a connection of this host, {have}; the operator adds [streams.{name}]"
        ))
    }

    /// Ids of instances are made from it.
    fn check_source(&self, source: &str) -> Result<(), InvalidBindings> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
        if source.len() <= TRIGGER_SOURCE_MAX_CHARS && source.bytes().all(allowed) {
            return Ok(());
        }
        let rule = format!("at most {TRIGGER_SOURCE_MAX_CHARS} letters, digits, '-', '_' and '.' in all");
        self.refuse(format!("ids are made from the names in \"{source}\", which must have {rule}; choose other names"))
    }

    /// What is bound, for people: of which kind, and what. `base` comes before the routes.
    pub fn lines(&self, base: &str) -> Vec<(&'static str, String)> {
        let http = self.http.iter().map(|HttpBinding { route, methods }| {
            let all = methods.len() == Method::ALL.len();
            let named = methods.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(",");
            ("route", format!("{} {base}/{route}", if all { "any method" } else { &named }))
        });
        let timers = self.timers.iter().map(|timer| ("timer", format!("{} at {}", timer.function, timer.schedule())));
        let streams = self.streams.iter().map(|stream| {
            let StreamBinding { function, subject, stream, connection, durable, .. } = stream;
            ("stream", format!("{function} reads {subject} of {stream} at {connection} as {durable}"))
        });
        http.chain(timers).chain(streams).collect()
    }

    fn refuse<T>(&self, why: String) -> Result<T, InvalidBindings> {
        Err(InvalidBindings(format!("component {}: {why}", self.name)))
    }
}

impl Grant {
    /// The name in a manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Signal => "signal",
            Self::Raise => "raise",
            Self::Status => "status",
            Self::Query => "query",
            Self::Terminate => "terminate",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Purge => "purge",
            Self::ReadEntity => "read-entity",
        }
    }
}

impl Method {
    const ALL: [Self; 7] = [Self::Delete, Self::Get, Self::Head, Self::Options, Self::Patch, Self::Post, Self::Put];

    fn all() -> BTreeSet<Self> {
        Self::ALL.into()
    }

    /// The method of a request, if it is one that a route may have.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }

    /// As requests spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "DELETE",
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Patch => "PATCH",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

impl HttpBinding {
    fn shares(&self, other: &Self) -> Option<Method> {
        self.methods.intersection(&other.methods).next().copied()
    }
}

impl TimerBinding {
    /// When it is due.
    pub fn schedule(&self) -> Schedule {
        Schedule { expression: self.schedule.clone(), zone: self.time_zone.clone() }
    }

    /// What its runs are marked by.
    pub fn source(&self, component: &str) -> String {
        format!("timer/{component}/{}", self.function.as_str().to_ascii_lowercase())
    }
}

/// The names of functions, which the kernel does not write anywhere.
mod name {
    use kernel::model::FunctionName;
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    pub fn serialize<S: Serializer>(name: &FunctionName, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(name.as_str())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<FunctionName, D::Error> {
        FunctionName::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
