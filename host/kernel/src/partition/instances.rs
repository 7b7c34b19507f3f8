//! The instances that are in memory, and when those that are not want to be woken.
//!
//! It owns the tables and keeps them in step: every slot has its id in `ids`, a slot's `wake` is in `wakes`, and a slot
//! that may be evicted is in `idle`.

use std::collections::{BTreeMap, BTreeSet};

use super::asker::{Asker, Mail, Wish, drop_waiter};
use super::commits::Commits;
use super::input::{BatchNo, LoadNo, ReplyTo};
use crate::model::{ComponentDigest, Head, InstanceId, InstanceNo, Parent, Status, Timestamp};
use crate::orchestration::{Begun, Held, Live, OpenTask, Place, State, TaskKind, TaskPhase};
use crate::port::Dropped;

/// An instance in memory.
#[derive(Debug)]
pub(super) struct Slot {
    pub id: InstanceId,
    /// `None` until its first row is appended.
    pub head: Option<Head>,
    pub phase: Phase,
    /// What arrived while it was busy, in order.
    pub inbox: Vec<Mail>,
    /// Why no turn is played, although it has not ended.
    pub held: Option<Held>,
    /// Components that it may go on with, if it is held.
    pub untried: Vec<ComponentDigest>,
    /// The one that was tried last.
    pub tried: Option<ComponentDigest>,
    /// Who wants to know how it ends.
    pub watchers: Vec<ReplyTo>,
    /// Set until its start is durable.
    pub origin: Option<Origin>,
    /// What must wait until its start, or its end, is durable: starts of the same id, purges.
    pub rivals: Vec<Wish>,
    /// Its entry in `wakes`.
    wake: Option<Timestamp>,
    /// Its entry in `idle`.
    idle_since: Option<u64>,
}

/// Where an instance that is not durable yet came from.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// Who started it.
    pub asker: Asker,
    /// The task whose child it is.
    pub parent: Option<Parent>,
    /// Whose id it takes over.
    pub replaces: Option<Dropped>,
}

/// A turn that is under way, or a record for which no guest is needed.
#[derive(Debug)]
pub(super) struct InPlay {
    /// What the instance was before it.
    pub state: State,
    pub begun: Begun,
    /// Who waits for what comes of it.
    pub asked: Vec<Asker>,
    /// Where its record goes.
    pub place: Place,
}

/// What is under way for an instance.
#[derive(Debug)]
pub(super) enum Phase {
    /// Nothing: it waits.
    Idle(Live),
    /// A turn.
    Playing(InPlay),
    /// A replay, to see whether a component fits.
    Trying(Live),
    /// A commit; `state` is what the instance is after it.
    Committing { state: State, batch: BatchNo },
    /// Nothing, and nothing will be but its end: its history cannot be read. It is held.
    Damaged,
}

#[derive(Debug, Default)]
pub(super) struct Instances {
    slots: BTreeMap<InstanceNo, Slot>,
    ids: BTreeMap<InstanceId, InstanceNo>,
    wakes: BTreeSet<(Timestamp, InstanceNo)>,
    /// Least recently used first.
    idle: BTreeSet<(u64, InstanceNo)>,
    uses: u64,
    /// Instances that went out of memory while loads were under way, and which load was the next then: what an older load
    /// found of them is stale.
    left: BTreeMap<InstanceNo, LoadNo>,
    /// The load that will be the next, while any are under way.
    next_load: Option<LoadNo>,
}

impl Slot {
    pub fn new(id: InstanceId, phase: Phase) -> Self {
        Self {
            id,
            head: None,
            phase,
            inbox: Vec::new(),
            held: None,
            untried: Vec::new(),
            tried: None,
            watchers: Vec::new(),
            origin: None,
            rivals: Vec::new(),
            wake: None,
            idle_since: None,
        }
    }
}

impl Slot {
    /// The status as of its newest row.
    pub fn status(&self) -> Status {
        self.head.as_ref().map_or(Status::Running, |head| head.status)
    }

    /// The task whose child it is.
    pub fn parent(&self) -> Option<&Parent> {
        let origin = || self.origin.as_ref().and_then(|origin| origin.parent.as_ref());
        self.head.as_ref().map_or_else(origin, |head| head.parent.as_ref())
    }

    /// What it is, unless it has ended or is not begun yet.
    pub fn live(&self) -> Option<&Live> {
        match &self.phase {
            Phase::Idle(live) | Phase::Trying(live) => Some(live),
            Phase::Playing(InPlay { state: State::Live(live), .. })
            | Phase::Committing { state: State::Live(live), .. } => Some(live),
            Phase::Playing(_) | Phase::Committing { .. } | Phase::Damaged => None,
        }
    }

    /// Remembers a component that it may go on with.
    pub fn try_later(&mut self, component: ComponentDigest) {
        if !self.untried.contains(&component) {
            self.untried.push(component);
        }
    }

    /// Whether its end is decided and about to be durable.
    pub fn is_ending(&self) -> bool {
        matches!(&self.phase, Phase::Committing { state, .. } if state.ended().is_some())
    }
}

/// Whether an activity of it runs.
fn runs_activity(live: &Live) -> bool {
    live.tasks.values().any(|open| open.phase == TaskPhase::Running && matches!(open.kind, TaskKind::Activity { .. }))
}

/// Whether an activity of it runs, or another attempt of a child. Such an instance stays in memory: loading it again would
/// begin the attempt twice.
fn runs_attempt(live: &Live) -> bool {
    let once = |open: &OpenTask| open.attempt == 1 && !matches!(open.kind, TaskKind::Activity { .. });
    live.tasks.values().any(|open| open.phase == TaskPhase::Running && !once(open))
}

impl Instances {
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn get_mut(&mut self, no: InstanceNo) -> Option<&mut Slot> {
        self.slots.get_mut(&no)
    }

    /// Those that are held.
    pub fn held(&self) -> Vec<InstanceNo> {
        self.slots.iter().filter(|(_, slot)| slot.held.is_some()).map(|(no, _)| *no).collect()
    }

    pub fn contains(&self, no: InstanceNo) -> bool {
        self.slots.contains_key(&no)
    }

    pub fn find(&self, id: &InstanceId) -> Option<InstanceNo> {
        self.ids.get(id).copied()
    }

    pub fn insert(&mut self, no: InstanceNo, slot: Slot) {
        self.ids.insert(slot.id.clone(), no);
        self.slots.insert(no, slot);
    }

    /// Takes an instance out for good: it ended, or never was.
    pub fn remove(&mut self, no: InstanceNo) -> Option<Slot> {
        self.set_wake(no, None);
        self.unmark_idle(no);
        let slot = self.slots.remove(&no)?;
        self.ids.remove(&slot.id);
        self.note_left(no);
        Some(slot)
    }

    /// Adds somebody who wants to know how an instance ends: it stays in memory while there is one.
    pub fn watch(&mut self, no: InstanceNo, reply: ReplyTo) {
        let Some(slot) = self.slots.get_mut(&no) else { return };
        slot.watchers.push(reply);
        self.touch(no);
    }

    /// Takes somebody out who wanted to know.
    pub fn unwatch(&mut self, no: InstanceNo, reply: ReplyTo) {
        let Some(slot) = self.slots.get_mut(&no) else { return };
        slot.watchers.retain(|watcher| *watcher != reply);
        drop_waiter(&mut slot.rivals, reply);
        self.touch(no);
    }

    /// Sets when an instance in memory is to be woken.
    pub fn set_wake(&mut self, no: InstanceNo, at: Option<Timestamp>) {
        let Some(slot) = self.slots.get_mut(&no) else { return };
        if slot.wake == at {
            return;
        }
        if let Some(before) = std::mem::replace(&mut slot.wake, at) {
            self.wakes.remove(&(before, no));
        }
        self.wakes.extend(at.map(|at| (at, no)));
    }

    /// Sets when an instance that is not in memory is to be woken.
    pub fn remember_wake(&mut self, at: Timestamp, no: InstanceNo) {
        self.wakes.insert((at, no));
    }

    pub fn next_wake(&self) -> Option<Timestamp> {
        self.wakes.first().map(|(at, _)| *at)
    }

    /// Takes the next instance whose time has come.
    pub fn pop_due(&mut self, now: Timestamp) -> Option<InstanceNo> {
        let (at, no) = *self.wakes.first()?;
        if at > now {
            return None;
        }
        self.wakes.pop_first();
        if let Some(slot) = self.slots.get_mut(&no).filter(|slot| slot.wake == Some(at)) {
            slot.wake = None;
        }
        Some(no)
    }

    /// Notes that an instance was used and whether it may be evicted now.
    pub fn touch(&mut self, no: InstanceNo) {
        self.unmark_idle(no);
        let Some(slot) = self.slots.get_mut(&no) else { return };
        let evictable = matches!(&slot.phase, Phase::Idle(live) if !runs_attempt(live))
            && slot.held.is_none()
            && slot.watchers.is_empty()
            && slot.inbox.is_empty();
        if evictable {
            self.uses += 1;
            slot.idle_since = Some(self.uses);
            self.idle.insert((self.uses, no));
        }
    }

    fn unmark_idle(&mut self, no: InstanceNo) {
        if let Some(since) = self.slots.get_mut(&no).and_then(|slot| slot.idle_since.take()) {
            self.idle.remove(&(since, no));
        }
    }

    /// Lets go of those that waited longest, until no more than `max_count` are left. Their wakes stay.
    pub fn evict(&mut self, max_count: usize) {
        while self.idle.len() > max_count {
            let Some((_, no)) = self.idle.pop_first() else { return };
            if let Some(slot) = self.slots.remove(&no) {
                self.ids.remove(&slot.id);
                self.note_left(no);
            }
        }
    }

    /// Whether what this load found may be older than what the partition knew.
    pub fn is_stale(&self, no: InstanceNo, load: LoadNo) -> bool {
        self.left.get(&no).is_some_and(|next| load < *next)
    }

    /// Tells which load will be the next, and which is the oldest that is under way, if any.
    pub fn note_loads(&mut self, next: LoadNo, oldest: Option<LoadNo>) {
        self.next_load = oldest.map(|_| next);
        match oldest {
            None => self.left.clear(),
            Some(oldest) => self.left.retain(|_, next| oldest < *next),
        }
    }

    /// Notes that what loads found so far is not so any more.
    pub fn note_left(&mut self, no: InstanceNo) {
        self.left.extend(self.next_load.map(|next| (no, next)));
    }

    pub fn all_at_rest(&self) -> bool {
        self.slots.values().all(|slot| match &slot.phase {
            Phase::Idle(live) => !runs_activity(live) && slot.inbox.is_empty(),
            Phase::Damaged => true,
            Phase::Playing(_) | Phase::Trying(_) | Phase::Committing { .. } => false,
        })
    }

    pub fn audit(&self, commits: &Commits) -> Result<(), String> {
        for (no, slot) in &self.slots {
            let fail = |what: &str| Err(format!("instance {} ({}): {what}", slot.id, no.0));
            if self.ids.get(&slot.id) != Some(no) {
                return fail("its id is not its own");
            }
            if slot.wake.is_some_and(|at| !self.wakes.contains(&(at, *no))) {
                return fail("its wake is not in the table");
            }
            if slot.idle_since.is_some() && !slot.watchers.is_empty() {
                return fail("it may be evicted and somebody waits for it");
            }
            match &slot.phase {
                Phase::Idle(live) => {
                    if slot.held.is_none() && live.is_ready(live.turn_at) {
                        return fail("it is idle and a turn could be played");
                    }
                    if !slot.inbox.is_empty() {
                        return fail("it is idle and messages wait");
                    }
                    if slot.held.is_none() && slot.wake != live.wake_at() {
                        return fail("its wake is not when its next timer is due");
                    }
                }
                Phase::Committing { batch, .. } if !commits.holds(*batch, *no) => {
                    return fail("it waits for a commit that does not hold it");
                }
                Phase::Damaged if slot.held.is_none() => return fail("it is damaged and not held"),
                Phase::Committing { .. } | Phase::Playing(_) | Phase::Trying(_) | Phase::Damaged => {}
            }
        }
        if self.ids.len() != self.slots.len() {
            return Err("an id has no instance".to_owned());
        }
        Ok(())
    }
}
