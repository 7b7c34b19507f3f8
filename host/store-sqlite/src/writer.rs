//! The one connection that writes: commits, and what they leave to be done later.
//!
//! A commit appends rows and publishes heads in the overlay. Heads are written to their table by [`Writer::flush`], in
//! slices, because the index of ids is touched at random and a slice touches a page of it once for many heads. It does
//! not know when there is time for that, which is its thread's business; if there never is, commits write some along.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use kernel::codec::Damage;
use kernel::model::{ComponentDigest, Function, Timestamp};
use kernel::port::{Batch, CommitError, Recovery, Store};
use rusqlite::Connection;

use crate::bindings::NewBindings;
use crate::blob_refs::Kinds;
use crate::catalog;
use crate::connection::{self, BUSY_TIMEOUT, Durability, WAL_MAX_BYTES};
use crate::failure::{OpenError, commit_error};
use crate::hub::Folder;
use crate::overlay::{Overlay, Shared};
use crate::recovery::{self, Recovered};
use crate::state::{self, State};
use crate::transaction::{self, ForIndex, Written};

/// How many heads should wait at most; twice as many may. An instance that ends sooner is written to its table once.
const DIRTY_COUNT: usize = 8 << 10;
/// How many rows recovery should have to read at most; twice as many may be.
const TAIL_ROWS: u64 = 64 << 10;
/// How many heads one call of [`Writer::flush`] writes: some milliseconds, for which a batch may have to wait.
const FLUSH_COUNT: usize = 512;
/// How many free pages are kept for new rows in any case, and which part of the file may be free.
const FREE_PAGES: u64 = 1 << 10;
const FREE_ONE_IN: u64 = 4;
/// How many pages one call of [`Writer::shrink`] gives back: some milliseconds, too.
const SHRINK_PAGES: u64 = 512;
/// How many pages the write-ahead log may have before it is brought into the file.
const CHECKPOINT_PAGES: u32 = 1_000;
const PAGE_BYTES: u32 = 4 << 10;

/// Writes a hub. There is one for a folder.
#[derive(Debug)]
pub struct Writer {
    folder: Arc<Folder>,
    link: Connected,
    overlay: Shared,
    state: State,
    referrers: Kinds,
    /// Pages in the write-ahead log, as of the last commit.
    wal_pages: Arc<AtomicU32>,
    /// How many of them were there when they were last brought into the file; zero since the log began anew.
    checkpointed: u32,
}

#[derive(Debug)]
enum Connected {
    Yes(Connection),
    /// An error left the outcome of a commit open. Says which.
    Lost(String),
}

/// Whether there is more to do of what can wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flushed {
    /// No.
    All,
    /// Some of it was done.
    Some,
}

/// A writer that went through recovery again.
#[derive(Debug)]
pub struct Reopened {
    /// The same writer on a new connection.
    pub writer: Writer,
    /// What the partition begins with.
    pub recovery: Recovery,
    /// What could not be recovered.
    pub damaged: Vec<Damage>,
}

impl Store for Writer {
    fn commit(&mut self, batch: &Batch) -> Result<(), CommitError> {
        // Two for one, so that what waits becomes less.
        let flush = if self.backlog() >= 2 { 2 * batch.heads.len() } else { 0 };
        self.transact(batch, flush)
    }
}

impl Writer {
    /// Writes some waiting heads to their table, in a transaction of their own. It need not be durable before the next
    /// commit is: what it writes is also in the log.
    pub fn flush(&mut self) -> Result<Flushed, CommitError> {
        if self.has_dirty() {
            self.relaxed(|writer| writer.transact(&Batch::default(), FLUSH_COUNT))?;
        }
        Ok(if self.has_dirty() { Flushed::Some } else { Flushed::All })
    }

    /// Gives some free pages back to the file system, if the file has many: after a purge, say.
    pub fn shrink(&mut self) -> Result<Flushed, CommitError> {
        let before = self.excess()?;
        if before == 0 {
            return Ok(Flushed::All);
        }
        self.relaxed(|writer| {
            let Connected::Yes(conn) = &writer.link else { return Ok(()) };
            let vacuum = conn.execute_batch(&format!("PRAGMA incremental_vacuum({SHRINK_PAGES})"));
            vacuum.map_err(|error| writer.refuse(&error))
        })?;
        Ok(if (1..before).contains(&self.excess()?) { Flushed::Some } else { Flushed::All })
    }

    /// Brings the write-ahead log into the file, as far as readers allow. An error is left to the next commit to find.
    pub fn checkpoint(&mut self) {
        let Connected::Yes(conn) = &self.link else { return };
        let pages = self.wal_pages.load(Ordering::Relaxed);
        self.checkpointed = pages;
        if pages <= WAL_MAX_BYTES / PAGE_BYTES {
            let _ = conn.execute_batch("PRAGMA wal_checkpoint(PASSIVE)");
            return;
        }
        // It grew so long because readers were in the way; it is not worth waiting for them now either.
        let _ = conn
            .busy_timeout(Duration::ZERO)
            .and_then(|()| conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)"))
            .and(conn.busy_timeout(BUSY_TIMEOUT));
    }

    /// Makes a component known, gives its functions to all who start or call them from now on, and binds it.
    ///
    /// # Errors
    /// As for [`Store::commit`].
    pub fn deploy(
        &mut self,
        digest: ComponentDigest,
        functions: &[Function],
        now: Timestamp,
        bindings: Option<&NewBindings>,
    ) -> Result<(), CommitError> {
        let outcome = match &mut self.link {
            Connected::Lost(why) => return Err(CommitError::Lost(why.clone())),
            Connected::Yes(conn) => catalog::deploy(conn, digest, functions, now, bindings),
        };
        outcome.map_err(|error| self.refuse(&error))
    }

    /// Recovers on a new connection, as after [`CommitError::Lost`]. Readers stay valid and see what recovery finds.
    ///
    /// # Errors
    /// As for [`crate::Hub::open`]; the folder is let go once the readers are gone too.
    pub fn reopen(self) -> Result<Reopened, OpenError> {
        let Self { folder, link, overlay, state, .. } = self;
        drop(link);
        let conn = folder.connect()?;
        let boot = state.boot;
        Self::begin(folder, conn, overlay, boot)
    }

    pub(crate) fn begin(
        folder: Arc<Folder>,
        mut conn: Connection,
        shared: Shared,
        boot: u64,
    ) -> Result<Reopened, OpenError> {
        let Recovered { overlay, mut state, referrers, recovery, damaged } =
            recovery::recover(&conn, &folder.database())?;
        if state.boot != boot {
            state.boot = boot;
            state::write(&conn, state).map_err(|error| OpenError::sqlite(&folder.database(), &error))?;
        }
        (state.next_no, state.next_seq) = (recovery.next_no, recovery.next_seq);
        *shared.write() = overlay;
        let wal_pages = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&wal_pages);
        conn.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
            seen.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))
        .map_err(|error| OpenError::sqlite(&folder.database(), &error))?;
        let link = Connected::Yes(conn);
        let writer = Self { folder, link, overlay: shared, state, referrers, wal_pages, checkpointed: 0 };
        Ok(Reopened { writer, recovery, damaged })
    }

    /// Whether heads wait for [`Writer::flush`].
    fn has_dirty(&self) -> bool {
        matches!(self.link, Connected::Yes(_)) && self.overlay.read().dirty_count() > 0
    }

    /// Whether the write-ahead log has grown enough for [`Writer::checkpoint`].
    pub(crate) fn wants_checkpoint(&self) -> bool {
        self.wal_pages.load(Ordering::Relaxed) >= self.checkpointed + CHECKPOINT_PAGES
    }

    /// How much waits, as a multiple of what should at most.
    pub(crate) fn backlog(&self) -> usize {
        let overlay = self.overlay.read();
        let tail = overlay.low().map_or(0, |low| self.state.next_seq.saturating_sub(low.0));
        (overlay.dirty_count() / DIRTY_COUNT).max(usize::try_from(tail / TAIL_ROWS).unwrap_or(usize::MAX))
    }

    /// Does what need not be durable before the next commit is.
    fn relaxed(&mut self, act: impl FnOnce(&mut Self) -> Result<(), CommitError>) -> Result<(), CommitError> {
        self.set_synchronous(Durability::Relaxed)?;
        let outcome = act(self);
        self.set_synchronous(self.folder.options().durability)?;
        outcome
    }

    /// How many pages are free beyond those that are kept.
    fn excess(&mut self) -> Result<u64, CommitError> {
        let Connected::Yes(conn) = &self.link else { return Ok(0) };
        let count = |pragma| conn.pragma_query_value(None, pragma, |row| row.get(0).map(i64::cast_unsigned));
        let counts = count("freelist_count").and_then(|free| Ok((free, count("page_count")?)));
        let (free, pages) = counts.map_err(|error| self.refuse(&error))?;
        Ok(free.saturating_sub(FREE_PAGES.max(pages / FREE_ONE_IN)))
    }

    fn set_synchronous(&mut self, durability: Durability) -> Result<(), CommitError> {
        let outcome = match &self.link {
            Connected::Lost(_) => return Ok(()),
            Connected::Yes(conn) => connection::set_synchronous(conn, durability),
        };
        // A connection that syncs less than it should must not be used.
        outcome.map_err(|error| self.lose(error.to_string()))
    }

    fn transact(&mut self, batch: &Batch, flush: usize) -> Result<(), CommitError> {
        let conn = match &mut self.link {
            Connected::Lost(why) => return Err(CommitError::Lost(why.clone())),
            Connected::Yes(conn) => conn,
        };
        if let Some(row) = out_of_order(batch, self.state.next_seq) {
            return Err(self.lose(format!("row {row} does not follow the rows before it; the log only grows")));
        }
        let index = for_index(&self.overlay.read(), batch, flush);
        match transaction::write(conn, self.state, self.referrers, batch, index) {
            Ok(Written { numbers, state, referrers }) => {
                (self.state, self.referrers) = (state, referrers);
                if self.wal_pages.load(Ordering::Relaxed) < self.checkpointed {
                    self.checkpointed = 0;
                }
                let mut overlay = self.overlay.write();
                overlay.publish(batch);
                overlay.written(numbers);
                Ok(())
            }
            Err(error) => Err(self.refuse(&error)),
        }
    }

    fn refuse(&mut self, error: &rusqlite::Error) -> CommitError {
        match commit_error(error) {
            CommitError::Lost(why) => self.lose(why),
            full @ CommitError::Full(_) => full,
        }
    }

    fn lose(&mut self, why: String) -> CommitError {
        self.link = Connected::Lost(why.clone());
        CommitError::Lost(why)
    }
}

fn for_index<'a>(overlay: &Overlay, batch: &'a Batch, flush: usize) -> ForIndex<'a> {
    let (picked, low) = overlay.oldest(flush);
    let entities = batch.heads.iter().filter(|head| head.id.is_entity() && !overlay.contains(head.no)).collect();
    ForIndex { picked, low, entities }
}

/// The first row whose number is not higher than all before it; recovery relies on that.
fn out_of_order(batch: &Batch, mut next: u64) -> Option<u64> {
    for row in &batch.rows {
        if row.seq.0 < next {
            return Some(row.seq.0);
        }
        next = row.seq.0 + 1;
    }
    None
}
