//! Whether what was seen of an entity could have been seen of one that does one thing at a time: a search in the way of
//! Wing and Gong, with a memory of what was tried.
//!
//! It knows when each operation was asked for and answered, and nothing of what the host did in between. An operation that was
//! never answered may have happened at any time since it was asked for, or not at all.

use std::collections::{BTreeMap, BTreeSet};

use kernel::model::EntityId;

use super::entity::Deed;

/// What was seen, in order.
#[derive(Debug, Clone, Default)]
pub struct History {
    operations: BTreeMap<EntityId, Vec<Seen>>,
    by_token: BTreeMap<String, (EntityId, usize)>,
    clock: u64,
}

/// An operation as it was seen from outside.
#[derive(Debug, Clone)]
struct Seen {
    deed: Deed,
    asked: u64,
    answer: Answer,
}

/// What came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// Nothing.
    Unknown,
    /// That it was done; a call is told what it returned.
    Done { at: u64, output: Option<i64> },
    /// That it failed, or that it would never be done: it changed nothing.
    Failed,
}

/// How much of a history was answered how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Operations that were done.
    pub ok: usize,
    /// Operations that failed.
    pub failed: usize,
    /// Operations of which nobody was told what came of them.
    pub unknown: usize,
}

/// More operations of one entity than the search has bits for.
const OPERATIONS_MAX_COUNT: usize = 128;
/// More states than a search that makes sense needs.
const STATES_MAX_COUNT: usize = 3_000_000;

impl History {
    fn now(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    /// Somebody asks for an operation. Asked twice, it is still one.
    pub fn ask(&mut self, token: &str, to: &EntityId, deed: Deed) {
        let asked = self.now();
        if self.by_token.contains_key(token) {
            return;
        }
        let operations = self.operations.entry(to.clone()).or_default();
        self.by_token.insert(token.to_owned(), (to.clone(), operations.len()));
        operations.push(Seen { deed, asked, answer: Answer::Unknown });
    }

    /// They are told that it was done.
    pub fn done(&mut self, token: &str, output: Option<i64>) {
        let at = self.now();
        self.answer(token, Answer::Done { at, output });
    }

    /// They are told that it changed nothing.
    pub fn failed(&mut self, token: &str) {
        self.answer(token, Answer::Failed);
    }

    fn answer(&mut self, token: &str, answer: Answer) {
        if let Some((to, at)) = self.by_token.get(token)
            && let Some(seen) = self.operations.get_mut(to).and_then(|operations| operations.get_mut(*at))
        {
            seen.answer = answer;
        }
    }

    /// Somebody reads a number and sees this.
    pub fn read(&mut self, of: &EntityId, number: Option<i64>) {
        let (asked, at) = (self.now(), self.now());
        let answer = Answer::Done { at, output: Some(number.unwrap_or(-1)) };
        self.operations.entry(of.clone()).or_default().push(Seen { deed: Deed::Get, asked, answer });
    }

    /// How much of it was answered how.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for seen in self.operations.values().flatten() {
            match seen.answer {
                Answer::Done { .. } => tally.ok += 1,
                Answer::Failed => tally.failed += 1,
                Answer::Unknown => tally.unknown += 1,
            }
        }
        tally
    }

    /// Whether there is an order in which everything could have happened, one entity at a time.
    pub fn check(&self) -> Result<(), String> {
        self.operations.iter().try_for_each(|(id, seen)| search(seen).map_err(|what| format!("{id}: {what}")))
    }
}

fn search(seen: &[Seen]) -> Result<(), String> {
    let seen: Vec<_> = seen.iter().filter(|seen| seen.answer != Answer::Failed).collect();
    if seen.len() > OPERATIONS_MAX_COUNT {
        return Err(format!("{} operations are too many to look at", seen.len()));
    }
    let bit = |at: usize| 1_u128 << at;
    let answered = |seen: &Seen| match seen.answer {
        Answer::Done { at, .. } => at,
        Answer::Unknown | Answer::Failed => u64::MAX,
    };
    let must = (0..seen.len()).filter(|at| seen[*at].answer != Answer::Unknown).fold(0, |all, at| all | bit(at));
    let mut tried = BTreeSet::new();
    let mut open = vec![(0_u128, None)];
    while let Some((done, number)) = open.pop() {
        if done & must == must {
            return Ok(());
        }
        if !tried.insert((done, number)) {
            continue;
        }
        if tried.len() > STATES_MAX_COUNT {
            return Err("it has too many states".to_owned());
        }
        let left = || (0..seen.len()).filter(|at| done & bit(*at) == 0);
        // What was answered before another was asked for happened before it.
        let first_answer = left().map(|at| answered(seen[at])).min().unwrap_or(u64::MAX);
        for at in left().filter(|at| seen[*at].asked < first_answer) {
            // What fails changes nothing, and nobody was told that it did.
            let Some((after, output)) = seen[at].deed.on(number) else { continue };
            match seen[at].answer {
                Answer::Done { output: Some(told), .. } if told != output => {}
                _ => open.push((done | bit(at), after)),
            }
        }
    }
    Err(format!("there is no order in which this could have happened: {seen:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::entity::entity_id;

    /// Each word is an operation that is asked for (`a+1`), answered (`a=1`), or unanswered.
    #[test]
    fn orders() {
        let check = |script: &str, expect: bool| {
            let id = entity_id("tally", "a");
            let mut history = History::default();
            for word in script.split(' ') {
                let (token, rest) = word.split_at(1);
                let number = || rest[1..].parse().unwrap();
                match &rest[..1] {
                    "+" => history.ask(token, &id, Deed::Add(number())),
                    ":" => history.ask(token, &id, Deed::Write(number())),
                    "?" => history.ask(token, &id, Deed::Get),
                    "=" => history.done(token, Some(number())),
                    "!" => history.done(token, None),
                    "x" => history.failed(token),
                    other => panic!("{other}"),
                }
            }
            assert_eq!(history.check().is_ok(), expect, "{script}");
        };
        check("a+1 a=1 b+1 b=2", true);
        check("a+1 a=1 b+1 b=1", false);
        check("a+1 b+1 a=2 b=1", true);
        check("a+1 a! b? b=-1", false);
        check("a+1 b? b=-1 a!", true);
        check("a+1 b? b=1", true);
        check("a+1 b? b=-1 c? c=1 d? d=-1", false);
        check("a+1 ax b? b=1", false);
        check("a:1 a! b:2 c? c=2 d? d=1", false);
        check("a:1 a! b:2 c? c=1 d? d=2", true);
        check("a:1 b:2 c? c=1 d? d=2 e? e=1", false);
    }
}
