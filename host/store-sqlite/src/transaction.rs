//! One transaction of the writer: a batch, and heads that reach their table along with it.
//!
//! It does not know what its errors mean for the connection, nor which heads are due; that is the writer's.
//!
//! Invariant: the hub's own row is part of it whenever the numbers that were given could not be told from the rest of
//! the file afterwards.

use std::collections::BTreeMap;

use kernel::model::{Head, InstanceNo, LogSeq};
use kernel::port::Batch;
use rusqlite::{Connection, TransactionBehavior};

use crate::blob_refs::{self, Kinds};
use crate::instances;
use crate::letters;
use crate::log::{self, Deleted};
use crate::marks;
use crate::overlay::Known;
use crate::state::{self, State};

/// How many numbers of letters are set aside at once. A letter is gone soon and leaves no trace of its number, and
/// writing the next number with every letter would dirty one more page a commit.
const LETTER_BLOCK_COUNT: u64 = 4 << 10;

/// What a transaction did beside the batch.
#[derive(Debug)]
pub(crate) struct Written {
    /// Whose newest head is in its table now.
    pub numbers: Vec<InstanceNo>,
    /// The hub's own row; stored if need be.
    pub state: State,
    /// Which kinds of referrers may have references to blobs.
    pub referrers: Kinds,
}

/// What may reach the index along with a batch.
#[derive(Debug)]
pub(crate) struct ForIndex<'a> {
    /// Entries of the overlay, which are written as the batch leaves them.
    pub picked: Vec<(InstanceNo, Known)>,
    /// The first row that no other entry reflects.
    pub low: Option<LogSeq>,
    /// Entities of the batch that the overlay does not have. The one row of an entity is all there is of it, so an entity
    /// is in the index from its first commit on; if that row is damaged, nothing else would tell that it existed.
    pub entities: Vec<&'a Head>,
}

/// Heads that are to reach their table.
type Due = BTreeMap<InstanceNo, Known>;

/// Writes the batch and what of the index is due.
pub(crate) fn write(
    conn: &mut Connection,
    mut state: State,
    referrers: Kinds,
    batch: &Batch,
    index: ForIndex<'_>,
) -> rusqlite::Result<Written> {
    let begins = batch.rows.first().map_or(state.next_seq, |row| row.seq.0);
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    log::append(&transaction, &batch.rows)?;
    for trimmed in &batch.trims {
        log::delete(&transaction, *trimmed)?;
    }
    for dropped in &batch.drops {
        // Below the watermark, what cannot be found is garbage; above it, it would come back to life.
        if log::delete(&transaction, *dropped)? == Deleted::Part {
            log::delete_tail(&transaction, dropped.no, state.watermark)?;
        }
    }
    letters::post(&transaction, &batch.posts)?;
    letters::take(&transaction, &batch.takes)?;
    let referrers = blob_refs::write(&transaction, referrers, batch)?;
    marks::put(&transaction, &batch.marks)?;
    let mut due: Due = index.picked.into_iter().collect();
    drop_heads(&transaction, batch, &mut due)?;
    for head in &batch.heads {
        if let Some(known) = due.get_mut(&head.no) {
            *known = Known::Head(head.clone());
        }
    }
    for head in index.entities {
        if !instances::contains(&transaction, head.no)? {
            due.insert(head.no, Known::Head(head.clone()));
        }
    }
    let reserved = state.next_letter;
    count(&mut state, batch);
    // A dropped instance may have been the last witness of its number and of those of its rows.
    if !due.is_empty() || !batch.drops.is_empty() || state.next_letter != reserved {
        // An instance that is held again waits for an old row, which the index need not reflect.
        state.watermark = index.low.map_or(begins, |low| low.0.min(begins)).saturating_sub(1).max(state.watermark);
        state::write(&transaction, state)?;
    }
    let numbers = put(&transaction, due)?;
    transaction.commit()?;
    Ok(Written { numbers, state, referrers })
}

fn drop_heads(conn: &Connection, batch: &Batch, due: &mut Due) -> rusqlite::Result<()> {
    for dropped in &batch.drops {
        due.remove(&dropped.no);
        instances::release(conn, dropped.no)?;
        // A reader that finds an id in the table must go on finding it there, so who takes it over is written at once.
        if let Some(id) = instances::delete(conn, dropped.no)?
            && let Some(head) = batch.heads.iter().find(|head| head.id.as_str() == id)
        {
            due.insert(head.no, Known::Head(head.clone()));
        }
    }
    Ok(())
}

fn put(conn: &Connection, due: Due) -> rusqlite::Result<Vec<InstanceNo>> {
    let numbers = due.keys().copied().collect();
    for (no, known) in due {
        match known {
            Known::Head(head) => {
                instances::put(conn, &head)?;
                instances::release(conn, no)?;
            }
            Known::Held { last, .. } => instances::hold(conn, no, last)?,
        }
    }
    Ok(numbers)
}

/// Counts the numbers that the batch gives. Every head comes with a row.
fn count(state: &mut State, batch: &Batch) {
    for row in &batch.rows {
        state.next_seq = state.next_seq.max(row.seq.0 + 1);
        state.next_no = state.next_no.max(row.no.0 + 1);
    }
    for letter in &batch.posts {
        if letter.no.0 >= state.next_letter {
            state.next_letter = letter.no.0 + LETTER_BLOCK_COUNT;
        }
    }
}
