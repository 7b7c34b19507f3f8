//! What a component can be asked in, as its exports say.
//!
//! It owns the names of the interfaces. It does not know how a role is run.

use std::collections::BTreeSet;
use std::fmt;

use kernel::model::FunctionKind;

/// The catalogue, which every component exports that is more than an HTTP trigger.
pub(crate) const FUNCTIONS: &str = "dacapo:durable/functions@0.1.0";
/// How the interface of HTTP triggers begins, which is not ours; releases of this track are compatible.
const INCOMING_HANDLER: &str = "wasi:http/incoming-handler@0.2.";

/// Something that a component can be asked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Is replayed.
    Orchestrator,
    /// Keeps a state.
    Entity,
    /// Touches the world.
    Activity,
    /// Runs when a schedule says so.
    TimerTrigger,
    /// Runs for each message of a stream.
    StreamTrigger,
    /// Answers HTTP requests.
    HttpTrigger,
}

/// The roles of a component; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles(BTreeSet<Role>);

impl Role {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Orchestrator, Self::Entity, Self::Activity, Self::TimerTrigger, Self::StreamTrigger, Self::HttpTrigger];

    /// The word for people and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Orchestrator => FunctionKind::Orchestrator.as_str(),
            Self::Entity => FunctionKind::Entity.as_str(),
            Self::Activity => FunctionKind::Activity.as_str(),
            Self::TimerTrigger => FunctionKind::TimerTrigger.as_str(),
            Self::StreamTrigger => FunctionKind::StreamTrigger.as_str(),
            Self::HttpTrigger => "http-trigger",
        }
    }

    /// Whether it runs without a world: linked to nothing that lives, with fuel instead of a clock.
    pub fn is_journaled(self) -> bool {
        matches!(self, Self::Orchestrator | Self::Entity)
    }

    /// Whether something outside makes it run.
    pub fn is_trigger(self) -> bool {
        matches!(self, Self::TimerTrigger | Self::StreamTrigger | Self::HttpTrigger)
    }

    /// Whether a component that exports this interface has the role.
    fn is_exported_as(self, interface: &str) -> bool {
        match self {
            Self::Orchestrator => interface == "dacapo:durable/orchestrator@0.1.0",
            Self::Entity => interface == "dacapo:durable/entity@0.1.0",
            Self::Activity => interface == "dacapo:durable/activity@0.1.0",
            Self::TimerTrigger => interface == "dacapo:durable/timer-trigger@0.1.0",
            Self::StreamTrigger => interface == "dacapo:durable/stream-trigger@0.1.0",
            Self::HttpTrigger => interface.starts_with(INCOMING_HANDLER),
        }
    }
}

impl From<FunctionKind> for Role {
    fn from(kind: FunctionKind) -> Self {
        match kind {
            FunctionKind::Orchestrator => Self::Orchestrator,
            FunctionKind::Entity => Self::Entity,
            FunctionKind::Activity => Self::Activity,
            FunctionKind::TimerTrigger => Self::TimerTrigger,
            FunctionKind::StreamTrigger => Self::StreamTrigger,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Roles {
    /// The roles of a component with these exports; `None` if it has none.
    pub(crate) fn of<'a>(exports: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let role = |export: &str| Role::ALL.into_iter().find(|role| role.is_exported_as(export));
        let roles: BTreeSet<_> = exports.into_iter().filter_map(role).collect();
        if roles.is_empty() { None } else { Some(Self(roles)) }
    }

    /// Whether the component has this one.
    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// All of them, the journaled ones first.
    pub fn iter(&self) -> impl Iterator<Item = Role> + '_ {
        self.0.iter().copied()
    }

    /// Whether one of them is journaled.
    pub(crate) fn has_journaled(&self) -> bool {
        self.iter().any(Role::is_journaled)
    }

    /// Whether one of them touches the world.
    pub(crate) fn has_active(&self) -> bool {
        !self.iter().all(Role::is_journaled)
    }

    /// Whether the component must have a catalogue.
    pub(crate) fn need_functions(&self) -> bool {
        self.iter().any(|role| role != Role::HttpTrigger)
    }
}

/// The words of all roles, with commas between.
impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, role) in self.iter().enumerate() {
            write!(f, "{}{role}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_follow_from_exports() {
        let check = |exports: &[&str], expect: Option<&str>| {
            let got = Roles::of(exports.iter().copied()).map(|roles| roles.to_string());
            assert_eq!(got.as_deref(), expect, "{exports:?}");
        };
        let ours = |name: &str| format!("dacapo:durable/{name}@0.1.0");
        check(&[], None);
        check(&[FUNCTIONS], None);
        check(&[FUNCTIONS, &ours("activity"), &ours("orchestrator")], Some("orchestrator, activity"));
        check(&[&ours("entity")], Some("entity"));
        check(&[&ours("stream-trigger"), &ours("timer-trigger")], Some("timer-trigger, stream-trigger"));
        check(&["wasi:http/incoming-handler@0.2.0"], Some("http-trigger"));
        check(&["wasi:http/incoming-handler@0.2.12", "wasi:cli/run@0.2.0"], Some("http-trigger"));
        check(&["wasi:http/incoming-handler@0.3.0"], None);
        check(&["dacapo:durable/entity@0.2.0"], None);
    }
}
