//! What a hub holds when it is opened: the index up to the watermark, and the rows after it folded into heads.
//!
//! It decides nothing about an instance: the kernel restores a history or says what is wrong with it.
//!
//! Invariant: an instance whose rows after the watermark cannot be trusted is held. What the index says of it is older
//! than what was acknowledged, and going on from there would fork its history.

use std::collections::BTreeMap;
use std::path::Path;

use kernel::codec::{Damage, DamageKind, Link, Row, open_entity, open_row};
use kernel::entity::head_of;
use kernel::model::{Head, InstanceId, InstanceNo, LogSeq, Timestamp};
use kernel::orchestration::restore;
use kernel::port::{Key, Recovery};
use rusqlite::Connection;

use crate::blob_refs::Kinds;
use crate::failure::OpenError;
use crate::instances;
use crate::letters;
use crate::log;
use crate::overlay::{Known, Overlay};
use crate::state::{self, State};

/// Numbers above this come from damaged rows.
const NUMBER_MAX: u64 = 1 << 62;

/// A hub as it was found.
#[derive(Debug)]
pub(crate) struct Recovered {
    pub overlay: Overlay,
    /// The hub's own row as it is stored.
    pub state: State,
    pub referrers: Kinds,
    pub recovery: Recovery,
    pub damaged: Vec<Damage>,
}

/// Reads a hub and changes nothing.
pub(crate) fn recover(conn: &Connection, path: &Path) -> Result<Recovered, OpenError> {
    let sqlite = |error: rusqlite::Error| OpenError::sqlite(path, &error);
    let state = match state::read(conn).map_err(sqlite)? {
        None => State::NEW,
        Some(Ok(state)) => state,
        Some(Err(())) => return Err(state::damaged(path)),
    };
    let snapshot = conn.unchecked_transaction().map_err(sqlite)?;
    let tails = Tails::read(&snapshot, state.watermark).map_err(sqlite)?;
    let mut next_no = after(state.next_no, instances::last(&snapshot).map_err(sqlite)?);
    let mut overlay = Overlay::default();
    let mut damaged = Vec::new();
    for (no, tail) in tails.0 {
        next_no = after(next_no, no.0);
        let stored = instances::get(&snapshot, &Key::No(no)).map_err(sqlite)?.and_then(Result::ok);
        match tail.restore(&snapshot, no, stored.as_ref()).map_err(sqlite)? {
            Ok(head) => overlay.put(Known::Head(head), no, tail.first),
            Err(damage) => {
                damaged.push(damage.clone());
                let id = stored.map(|head| head.id).or_else(|| tail.id(&snapshot, no));
                overlay.put(Known::Held { id, damage, last: tail.last }, no, tail.first);
            }
        }
    }
    let mut unfinished: Vec<Head> = Vec::new();
    instances::unfinished(&snapshot, |head| match head {
        Ok(head) if overlay.contains(head.no) => {}
        Ok(head) => unfinished.push(head),
        Err(damage) if overlay.contains(damage.no) => {}
        Err(damage) => damaged.push(damage),
    })
    .map_err(sqlite)?;
    let next_seq = state.next_seq.max(log::last(&snapshot).map_err(sqlite)? + 1);
    let letters = letters::all(&snapshot).map_err(sqlite)?;
    let next_letter = letters.iter().fold(state.next_letter, |next, letter| after(next, letter.no.0));
    let referrers = Kinds::read(&snapshot).map_err(sqlite)?;
    let (busy, wakes) = to_do(unfinished.iter().chain(overlay.heads()));
    let recovery = Recovery { next_no, next_seq, next_letter, busy, wakes, letters };
    Ok(Recovered { overlay, state, referrers, recovery, damaged })
}

/// The number to go on with if `used` is one that was given.
fn after(next: u64, used: u64) -> u64 {
    if used < NUMBER_MAX { next.max(used + 1) } else { next }
}

/// Who must run again, and when the others are to be woken.
fn to_do<'a>(heads: impl Iterator<Item = &'a Head>) -> (Vec<InstanceNo>, Vec<(Timestamp, InstanceNo)>) {
    let mut busy = Vec::new();
    let mut wakes: Vec<(Timestamp, InstanceNo)> = Vec::new();
    for head in heads.filter(|head| !head.status.is_terminal()) {
        match head.wake_at {
            _ if head.open_tasks > 0 => busy.push(head.no),
            Some(at) => wakes.push((at, head.no)),
            None => {}
        }
    }
    busy.sort_unstable();
    wakes.sort_unstable();
    (busy, wakes)
}

/// The instances that have rows after the watermark, or that were held before.
#[derive(Debug, Default)]
struct Tails(BTreeMap<InstanceNo, Tail>);

#[derive(Debug)]
struct Tail {
    first: LogSeq,
    last: LogSeq,
    /// A row that says it is this instance's, or points to one that is, and cannot be verified.
    damage: Option<Damage>,
}

impl Tails {
    /// Verifies every row of the tail, because a row whose owner is damaged would be missed by the owner's history.
    fn read(conn: &Connection, watermark: u64) -> rusqlite::Result<Self> {
        let mut tails = Self::default();
        for (no, last) in instances::held(conn)? {
            tails.note(no, last, None);
        }
        log::tail(conn, watermark, |row| {
            let row = match row {
                Ok(row) => row,
                Err(damage) => {
                    tails.note(damage.no, damage.seq, Some(damage));
                    return Ok(());
                }
            };
            let before = match row.prev {
                Some(prev) => log::row(conn, prev)?.and_then(Result::ok),
                None => None,
            };
            let opened = open_row(&row, before.as_ref().map(|before| before.sum)).map(drop);
            // An entity does not pass for a record, nor the other way round.
            let damage = opened.or_else(|damage| open_entity(&row).map(drop).map_err(|_| damage)).err();
            if let (Some(damage), Some(before)) = (&damage, before) {
                // If it is the owner's number that is wrong, the row before tells the right one.
                tails.note(before.no, row.seq, Some(Damage { no: before.no, ..damage.clone() }));
            }
            tails.note(row.no, row.seq, damage);
            Ok(())
        })?;
        Ok(tails)
    }

    fn note(&mut self, no: InstanceNo, seq: LogSeq, damage: Option<Damage>) {
        let tail = self.0.entry(no).or_insert(Tail { first: seq, last: seq, damage: None });
        tail.last = seq.max(tail.last);
        tail.damage = tail.damage.take().or(damage);
    }
}

impl Tail {
    fn restore(
        &self,
        conn: &Connection,
        no: InstanceNo,
        stored: Option<&Head>,
    ) -> rusqlite::Result<Result<Head, Damage>> {
        if let Some(damage) = &self.damage {
            return Ok(Err(damage.clone()));
        }
        if let Some(ahead) = stored.filter(|head| head.last > self.last) {
            return Ok(Err(Damage { no, seq: ahead.last, what: DamageKind::Missing }));
        }
        let rows = match log::history(conn, no, self.last)? {
            Ok(rows) => rows,
            Err(damage) => return Ok(Err(damage)),
        };
        Ok(head(no, &rows).unwrap_or(Err(Damage { no, seq: self.last, what: DamageKind::Missing })))
    }

    /// The id, if the first row can still be read.
    fn id(&self, conn: &Connection, no: InstanceNo) -> Option<InstanceId> {
        let rows = log::history(conn, no, self.last).ok()?.ok()?;
        Some(head(no, rows.get(..1)?)?.ok()?.id)
    }
}

/// What the rows of an instance amount to; `None` if there are none.
fn head(no: InstanceNo, rows: &[Row]) -> Option<Result<Head, Damage>> {
    let last = rows.last()?;
    match open_entity(last) {
        Ok(entity) if rows.len() == 1 && last.no == no => Some(Ok(head_of(last, &entity))),
        Ok(_) | Err(_) => {
            let link = Link { seq: last.seq, sum: last.sum };
            Some(restore(no, link, rows).map(|restored| restored.head))
        }
    }
}
