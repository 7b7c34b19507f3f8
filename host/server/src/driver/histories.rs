//! Histories that were just read to load an instance, and that its next turn will want to replay.
//!
//! An instance that comes back into memory is read, verified and folded; the turn that woke it then needs the same records
//! once more. It is a cache: whatever is not here is read again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use kernel::limits::{RECENT_HISTORIES_MAX_COUNT, RECENT_HISTORY_MAX_BYTES};
use kernel::model::{Head, InstanceNo, LogSeq, Record};

/// The histories that were read last. Cheap to clone; all clones are the same cache.
#[derive(Debug, Clone, Default)]
pub(super) struct Histories(Arc<Mutex<VecDeque<Recent>>>);

#[derive(Debug)]
struct Recent {
    no: InstanceNo,
    last: LogSeq,
    records: Vec<Record>,
}

impl Histories {
    /// Keeps the history of an instance, unless it is too large to be worth it.
    pub fn put(&self, head: &Head, records: Vec<Record>) {
        if head.bytes > RECENT_HISTORY_MAX_BYTES {
            return;
        }
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.push_back(Recent { no: head.no, last: head.last, records });
        let surplus = if recent.len() > RECENT_HISTORIES_MAX_COUNT { recent.pop_front() } else { None };
        drop(recent);
        drop(surplus);
    }

    /// Takes the history of an instance up to this row.
    pub fn take(&self, no: InstanceNo, last: LogSeq) -> Option<Vec<Record>> {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = recent.iter().position(|recent| recent.no == no)?;
        let found = recent.remove(place)?;
        (found.last == last).then_some(found.records)
    }
}
