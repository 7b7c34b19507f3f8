//! How much an instance may have open and on record, and when its operator is warned.

use std::fmt;

use super::finish::Waits;
use super::fold::{Live, State};
use crate::limits::{
    DECISIONS_PER_TURN_MAX_COUNT, HISTORY_MAX_BYTES, HISTORY_MAX_EVENTS, OPEN_PER_INSTANCE_MAX_COUNT,
    PAYLOAD_MAX_BYTES, PENDING_EVENTS_MAX_BYTES, PENDING_EVENTS_MAX_COUNT, WARN_AT_PERCENT,
};
use crate::model::{Event, Failure, Head, kind};

/// An instance comes close to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Warning {
    /// What there is much of.
    pub what: &'static str,
    /// How much.
    pub used: u64,
    /// How much there may be.
    pub limit: u64,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, used, limit } = self;
        write!(f, "{used} {what}, of at most {limit}")
    }
}

impl Warning {
    /// What an instance with this index entry is close to.
    pub fn of(head: &Head) -> Vec<Self> {
        let measures = [
            Measure::new("events in the history", 0, head.events, HISTORY_MAX_EVENTS),
            Measure::new("bytes of history", 0, head.bytes, HISTORY_MAX_BYTES),
            Measure::new("open tasks", 0, u64::from(head.open_tasks), OPEN_PER_INSTANCE_MAX_COUNT as u64),
        ];
        measures.into_iter().filter_map(Measure::crossed).collect()
    }
}

const STALLED: &str = "the orchestrator waits, but no task and no timer of it is open and it waits for no external \
                       event: it awaits something that is not durable";

/// Whether an instance that has not ended may stay so, now that its history grows by so many events.
pub(super) fn may_go_on(live: &Live, head: Option<&Head>, grows_by: usize, waits: Waits) -> Result<(), Failure> {
    if waits == Waits::ForNoEvent && !live.is_waiting_for_something() {
        return Err(Failure::host(kind::STALLED, STALLED));
    }
    if live.tasks.len() + live.timers.len() > OPEN_PER_INSTANCE_MAX_COUNT {
        let message = format!("more than {OPEN_PER_INSTANCE_MAX_COUNT} tasks and timers are open at once");
        return Err(Failure::host(kind::LIMIT, message));
    }
    let (had_events, bytes) = head.map_or((0, 0), |head| (head.events, head.bytes));
    let events = had_events + grows_by as u64;
    if events > HISTORY_MAX_EVENTS || bytes > HISTORY_MAX_BYTES {
        let message = format!(
            "the history has {events} events, and had {bytes} bytes before this turn; at most {HISTORY_MAX_EVENTS} \
             events and {HISTORY_MAX_BYTES} bytes are allowed: continue as new, or split the work over children"
        );
        return Err(Failure::host(kind::LIMIT, message));
    }
    Ok(())
}

/// Whether an instance that plays no turns may keep one more message.
pub fn has_room(live: &Live, waiting: usize) -> bool {
    live.pending.len() + waiting < PENDING_EVENTS_MAX_COUNT && pending_bytes(live) < PENDING_EVENTS_MAX_BYTES
}

fn pending_bytes(live: &Live) -> usize {
    live.pending.iter().map(super::begin::size).sum()
}

/// What a state has of that which is limited.
#[derive(Default)]
pub(super) struct Used {
    open: u64,
    pending: u64,
    pending_bytes: u64,
    decisions: u64,
}

impl Used {
    pub(super) fn of(state: &State) -> Self {
        if let State::Live(live) = state { Self::of_live(live) } else { Self::default() }
    }

    fn of_live(live: &Live) -> Self {
        Self {
            open: (live.tasks.len() + live.timers.len()) as u64,
            pending: live.pending.len() as u64,
            pending_bytes: pending_bytes(live) as u64,
            decisions: u64::from(live.decisions),
        }
    }
}

/// The warnings that are due with this record: each limit is warned of once, when it comes close.
pub(super) fn warnings(
    live: &Live,
    head: Option<&Head>,
    before: &Used,
    grows_by: usize,
    decided: &[Event],
) -> Vec<Warning> {
    let had = head.map_or(0, |head| head.events);
    let now = Used::of_live(live);
    let largest = decided.iter().map(payload_bytes).max().unwrap_or(0) as u64;
    let bytes = head.map_or(0, |head| head.bytes);
    let measures = [
        Measure::new("events in the history", had, had + grows_by as u64, HISTORY_MAX_EVENTS),
        // What this record adds is not known yet; that the one before crossed the mark is told now.
        Measure::new("bytes of history", bytes.saturating_sub(last_bytes(head)), bytes, HISTORY_MAX_BYTES),
        Measure::new("open tasks and timers", before.open, now.open, OPEN_PER_INSTANCE_MAX_COUNT as u64),
        Measure::new("decisions in one turn", 0, now.decisions - before.decisions, DECISIONS_PER_TURN_MAX_COUNT as u64),
        Measure::new("bytes in one payload", 0, largest, PAYLOAD_MAX_BYTES as u64),
        Measure::new("messages that wait", before.pending, now.pending, PENDING_EVENTS_MAX_COUNT as u64),
        Measure::new(
            "bytes of messages that wait",
            before.pending_bytes,
            now.pending_bytes,
            PENDING_EVENTS_MAX_BYTES as u64,
        ),
    ];
    measures.into_iter().filter_map(Measure::crossed).collect()
}

fn last_bytes(head: Option<&Head>) -> u64 {
    head.map_or(0, |head| head.bytes / head.events.max(1))
}

fn payload_bytes(event: &Event) -> usize {
    match event {
        Event::TaskScheduled { input, .. } | Event::ChildScheduled { input, .. } => input.len(),
        Event::EntityCalled { input, .. } | Event::EntitySignaled { input, .. } => input.len(),
        Event::Sent { event, .. } => event.input.len(),
        Event::Completed { output } => output.len(),
        _ => 0,
    }
}

struct Measure {
    what: &'static str,
    before: u64,
    used: u64,
    limit: u64,
}

impl Measure {
    fn new(what: &'static str, before: u64, used: u64, limit: u64) -> Self {
        Self { what, before, used, limit }
    }

    fn crossed(self) -> Option<Warning> {
        let Self { what, before, used, limit } = self;
        let mark = limit / 100 * WARN_AT_PERCENT;
        (before < mark && used >= mark).then_some(Warning { what, used, limit })
    }
}
