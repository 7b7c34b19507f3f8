//! Reading: first the overlay, then the file, each read on a snapshot of its own.
//!
//! Connections are kept in a small pool and made as needed; every caller has one for itself while it reads. It does not
//! verify histories, which is the kernel's, and does verify heads, whose checksums are this crate's own.

use std::sync::{Arc, Mutex, PoisonError};

use kernel::codec::{Damage, DamageKind, Row};
use kernel::model::{BlobDigest, Head, InstanceNo, LogSeq, Timestamp};
use kernel::port::{Key, Linked, Order, Page, Query, ReadError, Reader, What};
use rusqlite::{Connection, params};

use crate::blob_refs;
use crate::connection;
use crate::failure::{is_damage, read_failed};
use crate::hub::Folder;
use crate::instances;
use crate::log;
use crate::marks;
use crate::overlay::Shared;

/// How many idle connections are kept.
const IDLE_MAX_COUNT: usize = 4;

/// How many ids with a prefix are sorted by number for one page. If there are more, the page is sooner found by walking in
/// order of numbers.
const SORTED_MAX_COUNT: u32 = 4 << 10;

/// Reads a hub, on any thread. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Readers(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    folder: Arc<Folder>,
    overlay: Shared,
    idle: Mutex<Vec<Connection>>,
}

impl Reader for Readers {
    fn head(&self, key: &Key) -> Result<Option<Head>, ReadError> {
        if let Some(known) = self.0.overlay.read().get(key) {
            return known.map(|head| Some(head.clone())).map_err(|damage| ReadError::Damaged(damage.clone()));
        }
        let found = self.read(|conn| instances::get(conn, key)).map_err(read_failed)?;
        Ok(found.transpose()?)
    }

    fn history(&self, no: InstanceNo, last: LogSeq) -> Result<Vec<Row>, ReadError> {
        match self.read(|conn| log::history(conn, no, last)) {
            Ok(rows) => Ok(rows?),
            Err(error) if is_damage(&error) => Err(Damage { no, seq: last, what: DamageKind::Checksum }.into()),
            Err(error) => Err(read_failed(error)),
        }
    }

    fn row(&self, seq: LogSeq) -> Result<Option<Linked>, ReadError> {
        let found = self.read(|conn| {
            let Some(row) = log::row(conn, seq)? else { return Ok(Ok(None)) };
            let before = match row.as_ref().ok().and_then(|row| row.prev) {
                Some(prev) => log::row(conn, prev)?,
                None => None,
            };
            Ok(row.and_then(|row| match (row.prev, before) {
                (None, _) => Ok(Some(Linked { row, prev_sum: None })),
                (Some(_), Some(before)) => Ok(Some(Linked { row, prev_sum: Some(before?.sum) })),
                (Some(prev), None) => Err(Damage { no: row.no, seq: prev, what: DamageKind::Missing }),
            }))
        });
        Ok(found.map_err(read_failed)??)
    }

    /// A page shows each instance as it was at some moment of the call. One whose entry is damaged is left out.
    fn query(&self, query: &Query) -> Result<Page, ReadError> {
        let wanted = query.limit.saturating_add(1);
        let (newer, fresh) = {
            let overlay = self.0.overlay.read();
            let matching = |head: &&Head| matches(query, head);
            let fresh: Vec<Head> = match query.order {
                Order::OldestFirst => overlay.heads().filter(matching).take(wanted).cloned().collect(),
                Order::NewestFirst => overlay.heads().rev().filter(matching).take(wanted).cloned().collect(),
            };
            (overlay.numbers(), fresh)
        };
        let stored = self.read(|conn| stored(conn, query, wanted, &newer)).map_err(read_failed)?;
        let mut heads = [fresh, stored].concat();
        heads.sort_unstable_by_key(|head| head.no);
        if query.order == Order::NewestFirst {
            heads.reverse();
        }
        let more = heads.len() > query.limit;
        heads.truncate(query.limit);
        let next = heads.last().filter(|_| more).map(|head| head.no);
        Ok(Page { heads, next })
    }

    fn is_referred_to(&self, blob: BlobDigest) -> Result<bool, ReadError> {
        self.read(|conn| blob_refs::exists(conn, blob)).map_err(read_failed)
    }

    fn is_marked(&self, source: &str, seq: u64) -> Result<bool, ReadError> {
        self.read(|conn| marks::exists(conn, source, seq)).map_err(read_failed)
    }

    fn last_mark(&self, source: &str) -> Result<Option<u64>, ReadError> {
        self.read(|conn| marks::last(conn, source)).map_err(read_failed)
    }
}

impl Readers {
    pub(crate) fn new(folder: Arc<Folder>, overlay: Shared) -> Self {
        Self(Arc::new(Pool { folder, overlay, idle: Mutex::default() }))
    }

    /// Runs `read` on one snapshot. A connection that gave an error is not used again.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let idle = || self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let conn = match kept {
            Some(conn) => conn,
            None => connection::open_reader(&self.0.folder.database())?,
        };
        let snapshot = conn.unchecked_transaction()?;
        let found = read(&snapshot)?;
        snapshot.finish()?;
        let mut idle = idle();
        if idle.len() < IDLE_MAX_COUNT {
            idle.push(conn);
        }
        Ok(found)
    }
}

fn matches(query: &Query, head: &Head) -> bool {
    let beyond = match (query.order, query.after) {
        (_, None) => true,
        (Order::OldestFirst, Some(after)) => head.no > after,
        (Order::NewestFirst, Some(after)) => head.no < after,
    };
    beyond
        && head.id.is_entity() == (query.what == What::Entities)
        && query.prefix.as_ref().is_none_or(|prefix| head.id.as_str().starts_with(prefix.as_str()))
        && (query.statuses.is_empty() || query.statuses.contains(&head.status))
        && query.created_from.is_none_or(|from| head.created >= from)
        && query.created_to.is_none_or(|to| head.created <= to)
        && query.updated_from.is_none_or(|from| head.updated >= from)
        && query.updated_to.is_none_or(|to| head.updated <= to)
}

/// The first `wanted` matching heads of the table, without those of which it is out of date.
fn stored(conn: &Connection, query: &Query, wanted: usize, newer: &[InstanceNo]) -> rusqlite::Result<Vec<Head>> {
    let (direction, beyond, start) = match query.order {
        Order::OldestFirst => ("ASC", "no > ?1", -1),
        Order::NewestFirst => ("DESC", "no < ?1", i64::MAX),
    };
    let (kind, all) = match query.what {
        What::Orchestrations => ("substr(id, 1, 1) <> '@'", "orchestrations"),
        What::Entities => ("substr(id, 1, 1) = '@'", "entities"),
    };
    let prefix = query.prefix.as_deref().unwrap_or("");
    // No id that begins with the prefix is longer or sorts higher.
    let prefix_end = format!("{prefix}{}", "\u{10ffff}".repeat(kernel::limits::INSTANCE_ID_MAX_CHARS));
    let index = if query.prefix.is_some() && is_rare(conn, prefix, &prefix_end)? { "by_id" } else { all };
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {} FROM instances INDEXED BY {index} WHERE {kind} AND {beyond} AND (?2 >> status) & 1
         AND created BETWEEN ?3 AND ?4 AND updated BETWEEN ?5 AND ?6 AND id >= ?7 AND id <= ?8 ORDER BY no {direction}",
        instances::columns!()
    ))?;
    let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let from = |time: Option<Timestamp>| time.map_or(0, |from| signed(from.0));
    let to = |time: Option<Timestamp>| time.map_or(i64::MAX, |to| signed(to.0));
    let statuses = query.statuses.iter().map(|status| 1 << instances::status_code(*status)).reduce(|a, b| a | b);
    let mut rows = statement.query(params![
        query.after.map_or(start, |after| signed(after.0)),
        statuses.unwrap_or(u32::MAX),
        from(query.created_from),
        to(query.created_to),
        from(query.updated_from),
        to(query.updated_to),
        prefix,
        prefix_end,
    ])?;
    let mut heads = Vec::new();
    while heads.len() < wanted
        && let Some(row) = rows.next()?
    {
        match instances::decode(row) {
            Ok(head) if newer.binary_search(&head.no).is_err() => heads.push(head),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(heads)
}

/// Whether few ids have a prefix.
fn is_rare(conn: &Connection, prefix: &str, prefix_end: &str) -> rusqlite::Result<bool> {
    let mut statement = conn.prepare_cached(
        "SELECT count(*) FROM (SELECT 1 FROM instances INDEXED BY by_id WHERE id >= ?1 AND id <= ?2 LIMIT ?3)",
    )?;
    let count: u32 = statement.query_row((prefix, prefix_end, SORTED_MAX_COUNT), |row| row.get(0))?;
    Ok(count < SORTED_MAX_COUNT)
}
