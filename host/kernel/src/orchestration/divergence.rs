//! What is said when the code does not do what the history says it did: the error that authors meet, made readable.

use std::fmt;

use crate::codec::Damage;
use crate::model::{BlobRef, ComponentDigest, Decision, FunctionName, InstanceId, Payload, TaskId, Timestamp};

/// Why an instance does not go on although it has not ended. Nothing that the guest decided is committed; the others run
/// on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Held {
    /// The code does not do what the history says it did.
    #[error("{0}")]
    Diverged(Box<Divergence>),
    /// It cannot be played here and now: the component is not there, or the history is for a newer host.
    #[error("the instance cannot be played here and now: {0}")]
    Unavailable(String),
    /// A large payload that it needs cannot be had.
    #[error("the blob sha256:{} of {} bytes cannot be had: {why}; it is tried again from time to time", blob.digest, blob.length)]
    Blob {
        /// Which.
        blob: BlobRef,
        /// Why.
        why: String,
    },
    /// Stored bytes are not what was written.
    #[error("{0}; restore the hub from a backup, or terminate the instance")]
    Damaged(Damage),
}

/// The first difference between a history and the code that plays it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divergence {
    /// The instance.
    pub instance: InstanceId,
    /// Its orchestrator.
    pub function: FunctionName,
    /// The index of the decision.
    pub decision: u32,
    /// The number of the event in the history, from 1; of the last one if the history has no more.
    pub event: u64,
    /// What the history has there, or `None` if it has no more decisions.
    pub recorded: Option<String>,
    /// What the code has there, or `None` if it decided nothing.
    pub decided: Option<String>,
    /// Where in the author's source that was decided, if the language tells.
    pub source: Option<String>,
    /// The component that made the history.
    pub recorded_by: ComponentDigest,
    /// The component that was played.
    pub played_by: ComponentDigest,
}

/// One line; [`Divergence::lines`] has the same in parts.
impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nothing = "nothing";
        write!(
            f,
            "the code does not replay the history of {} ({}): at event {} (decision {}) the history has {} and the code \
             has {}",
            self.instance,
            self.function,
            self.event,
            self.decision,
            self.recorded.as_deref().unwrap_or(nothing),
            self.decided.as_deref().unwrap_or(nothing),
        )?;
        if let Some(source) = &self.source {
            write!(f, " at {source}")?;
        }
        write!(f, "; recorded by {:?}, played by {:?}; {}", self.recorded_by, self.played_by, Self::REMEDY)
    }
}

impl Divergence {
    /// What to do about it.
    pub const REMEDY: &str = "deploy code that decides as the history says and the instance goes on by itself, or \
                              terminate it; `dacapo replay` tries a build beforehand";

    /// What there is to tell, as names and values for people.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let nothing = || "nothing".to_owned();
        let mut lines = vec![
            ("instance", self.instance.to_string()),
            ("function", self.function.to_string()),
            ("event", format!("{} (decision {})", self.event, self.decision)),
            ("history has", self.recorded.clone().unwrap_or_else(nothing)),
            ("code has", self.decided.clone().unwrap_or_else(nothing)),
        ];
        lines.extend(self.source.clone().map(|source| ("source", source)));
        lines.push(("recorded by", format!("{:?}", self.recorded_by)));
        lines.push(("played by", format!("{:?}", self.played_by)));
        lines
    }
}

/// A decision for people, and of what may be long the part in which it differs from another one.
pub(super) fn describe(decision: &Decision, other: Option<&Decision>) -> String {
    match decision {
        Decision::ScheduleActivity { name, input, options } => {
            let other = match other {
                Some(Decision::ScheduleActivity { input, options, .. }) => Some((input, options)),
                _ => None,
            };
            let shown = excerpt(input, other.map(|(input, _)| input));
            match other {
                Some((_, other)) if other != options => format!("schedule-activity {name}({shown}) with {options}"),
                _ => format!("schedule-activity {name}({shown})"),
            }
        }
        Decision::CreateTimer { fire_at: Timestamp(at) } => format!("create-timer {at}"),
        Decision::Cancel { target: TaskId(target) } => format!("cancel {target}"),
        Decision::StartChild { name, input, options } => {
            let other = match other {
                Some(Decision::StartChild { input, .. }) => Some(input),
                _ => None,
            };
            let id = options.instance.as_ref().map(|id| format!(" as {id}")).unwrap_or_default();
            let version = options.version.as_ref().map(|version| format!(" version {version}")).unwrap_or_default();
            let retry = options.retry.as_ref().map(|policy| format!(" with {policy}")).unwrap_or_default();
            format!("start-child {name}({}){id}{version}{retry}", excerpt(input, other))
        }
        Decision::SendEvent { to, event } => {
            let other = match other {
                Some(Decision::SendEvent { event, .. }) => Some(&event.input),
                _ => None,
            };
            format!("send-event {}({}) to {to}", event.name, excerpt(&event.input, other))
        }
        Decision::CallEntity { to, name, input } => {
            let other = match other {
                Some(Decision::CallEntity { input, .. }) => Some(input),
                _ => None,
            };
            format!("call-entity {to} {name}({})", excerpt(input, other))
        }
        Decision::SignalEntity { to, name, input, at } => {
            let other = match other {
                Some(Decision::SignalEntity { input, .. }) => Some(input),
                _ => None,
            };
            let at = at.map(|Timestamp(at)| format!(" at {at}")).unwrap_or_default();
            format!("signal-entity {to} {name}({}){at}", excerpt(input, other))
        }
        Decision::LockEntities { set } => {
            let entities: Vec<_> = set.entities().iter().map(ToString::to_string).collect();
            format!("lock-entities {}", entities.join(" "))
        }
        Decision::ReleaseLock { lock: TaskId(lock) } => format!("release-lock {lock}"),
    }
}

/// The start of a payload, or the stretch around the first byte in which it differs from the other one.
pub(super) fn excerpt(input: &Payload, other: Option<&Payload>) -> String {
    const BEFORE_BYTES: usize = 20;
    const SHOWN_BYTES: usize = 80;
    let text = input.shown();
    let other = other.map(Payload::shown);
    let same = other.map_or(0, |other| text.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count());
    let start = if same < SHOWN_BYTES { 0 } else { text.floor_char_boundary(same - BEFORE_BYTES) };
    let end = text.floor_char_boundary(start + SHOWN_BYTES);
    match (start > 0, end < text.len()) {
        (false, false) => text.into_owned(),
        (cut_before, cut_behind) => {
            let (before, behind) = (if cut_before { "…" } else { "" }, if cut_behind { "…" } else { "" });
            format!("{before}{}{behind} of {} bytes", &text[start..end], input.len())
        }
    }
}
