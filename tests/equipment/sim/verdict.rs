//! Whether an execution ended as its program says, and whether its history can be played again.

use std::collections::BTreeSet;

use kernel::codec::Link;
use kernel::model::{Ended, EntityId, Head, Payload, Record};
use kernel::orchestration::{State, replay, restore};

use super::blobs::Library;
use super::component::FICKLE;
use super::entity::Deed;
use super::ledger::{Checked, Fate, Ledger, Task, What};
use super::marks::{Mark, Marks};
use super::model::{self, Begin, Expected, Oracle, Outcome};
use super::native::Native;
use super::program::{Child, name};
use super::store::Chain;
use super::task::{Call, number_in};

/// How many prefixes of a history are tried, or one more.
const PREFIXES_COUNT: usize = 4;

/// What a history says that came of its tasks.
struct Recorded<'a>(&'a Ledger);

impl Recorded<'_> {
    fn of(&self, is_it: impl Fn(&Task) -> bool) -> Vec<model::Result> {
        let results = self.0.tasks.values().filter(|task| is_it(task)).filter_map(|task| match &task.fate {
            Fate::Answered(outcome) => {
                Some(outcome.as_ref().map(|output| number_in(&self.0.text(output))).map_err(Clone::clone))
            }
            Fate::Open | Fate::Cancelled => None,
        });
        results.collect()
    }
}

impl Oracle for Recorded<'_> {
    fn child(&self, child: &Child) -> Vec<model::Result> {
        let what = What::Child { name: name(child.program), id: child.id.clone() };
        self.of(|task| task.what == what)
    }

    fn activity(&self, call: &Call) -> Vec<model::Result> {
        if self.0.rewinds == 0 {
            return vec![call.result()];
        }
        // Every rewind gives it more attempts than its policy does.
        self.of(|task| task.what == What::Activity(call.input()))
    }

    fn call(&self, deed: &Deed, entity: &EntityId) -> Vec<model::Result> {
        self.of(|task| match &task.what {
            What::Call { to, name, input } => to == entity && Deed::read(name, &self.0.text(input)).0 == *deed,
            _ => false,
        })
    }
}

fn allowed(native: &Native, ledger: &Ledger) -> Result<Option<Vec<Outcome>>, String> {
    let started = &ledger.started;
    let program = native.program(&started.spec.name).ok_or("an instance has no program")?;
    let begin = Begin { seed: started.seed, life: started.execution.0, input: &started.spec.input };
    Ok(model::outcomes(program, &begin, &Recorded(ledger)))
}

/// An execution continues as new with this.
pub fn renewed(native: &Native, ledger: &Ledger, input: &Payload) -> Checked {
    let Some(allowed) = allowed(native, ledger)? else { return Ok(()) };
    let fits = |outcome: &Outcome| matches!(outcome.end, Expected::Renews(known) if input.shown() == known.to_string());
    if allowed.iter().any(fits) { Ok(()) } else { Err(format!("it renews with {input:?}; allowed is {allowed:?}")) }
}

/// Whether a reason to end an instance is one for its children too: a cancelled child has none, and its own go with it.
pub fn is_recursive(reason: &Payload) -> bool {
    reason.is_null() || reason.shown().starts_with("\"all")
}

/// An instance ended.
pub fn ended(native: &Native, ledger: &Ledger, head: &Head, reasons: &BTreeSet<String>, marks: &mut Marks) -> Checked {
    let id = &ledger.started.id;
    let Some(ended) = &ledger.ended else { return Ok(()) };
    if head.status != ended.status() {
        return Err(format!("{id} is {:?} by its head and {ended:?} by its history", head.status));
    }
    if let Ended::Terminated(reason) = ended {
        let by_parent = reason.is_null() && ledger.started.spec.parent.is_some();
        if by_parent {
            marks.hit(Mark::ChildTerminated);
        }
        let asked = by_parent || reasons.contains(&*reason.shown());
        return if asked { Ok(()) } else { Err(format!("{id} was terminated and nobody asked for it")) };
    }
    let Some(allowed) = allowed(native, ledger)? else { return Ok(()) };
    let status = head.custom_status.as_ref().map(|value| value.shown().into_owned());
    let fits = |outcome: &Outcome| {
        let expected = outcome.custom_status.map(|value| value.map(|value| value.to_string()));
        outcome.end.is(ended) && expected.is_none_or(|expected| expected == status)
    };
    if allowed.iter().any(fits) {
        return Ok(());
    }
    Err(format!("{id} ended with {ended:?} and {status:?}; allowed is {allowed:?}"))
}

/// A prefix of a history is a history, and until the end the program plays it. A few of each are tried, and the whole.
pub fn prefixes(native: &Native, library: &Library, chain: &Chain) -> Checked {
    let length = chain.rows.len();
    for count in (1..=length).rev().step_by(1 + length / PREFIXES_COUNT) {
        let rows = &chain.rows[..count];
        let last = rows.last().expect("count is at least one");
        let mut restored = restore(last.no, Link { seq: last.seq, sum: last.sum }, rows)
            .map_err(|damage| format!("its first {count} rows cannot be restored: {damage}"))?;
        let component = restored.head.component;
        if let State::Live(live) = &restored.state
            && live.turns > 0
            && component != FICKLE
        {
            inline(library, &mut restored.records);
            replay(native, component, &restored.records).map_err(|held| format!("after {count} rows: {held}"))?;
        }
    }
    Ok(())
}

/// Puts texts into a history in the place of the names of blobs.
pub fn inline(library: &Library, records: &mut [Record]) {
    for payload in records.iter_mut().flat_map(Record::payloads_mut) {
        *payload = library.inline(payload);
    }
}
