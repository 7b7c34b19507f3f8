//! The bare server's log: one table, one thread, one transaction for all who wait.

use std::path::Path;
use std::sync::mpsc;

use anyhow::{Context, Result};
use rusqlite::Connection;
use tokio::sync::oneshot;

/// How many rows one transaction takes at most.
const ROWS_PER_COMMIT_MAX_COUNT: usize = 1_024;

#[derive(Debug)]
pub(super) struct Log(mpsc::Sender<Append>);

#[derive(Debug)]
struct Append {
    no: u64,
    body: Vec<u8>,
    durable: oneshot::Sender<()>,
}

impl Log {
    pub fn open(path: &Path) -> Result<Self> {
        let db = Connection::open(path)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.execute_batch("CREATE TABLE IF NOT EXISTS log (seq INTEGER PRIMARY KEY, no INTEGER, body BLOB) STRICT")?;
        let (sender, receiver) = mpsc::channel();
        let write = move || {
            // Whoever waits for a row sees the sender dropped and answers with an error.
            if let Err(error) = write(db, &receiver) {
                eprintln!("the log cannot be written: {error:#}");
            }
        };
        std::thread::Builder::new().name("log".to_owned()).spawn(write)?;
        Ok(Self(sender))
    }

    /// Returns when the row is durable.
    pub async fn append(&self, no: u64, body: Vec<u8>) -> Result<()> {
        let (durable, told) = oneshot::channel();
        self.0.send(Append { no, body, durable }).context("the log is closed")?;
        told.await.context("the log is closed")
    }
}

fn write(mut db: Connection, receiver: &mpsc::Receiver<Append>) -> Result<()> {
    let mut batch = Vec::new();
    while let Ok(first) = receiver.recv() {
        batch.push(first);
        batch.extend(receiver.try_iter().take(ROWS_PER_COMMIT_MAX_COUNT - 1));
        let transaction = db.transaction()?;
        let mut insert = transaction.prepare_cached("INSERT INTO log (no, body) VALUES (?1, ?2)")?;
        for Append { no, body, .. } in &batch {
            insert.execute((no.cast_signed(), body))?;
        }
        drop(insert);
        transaction.commit()?;
        for Append { durable, .. } in batch.drain(..) {
            // Whoever waited may have left.
            let _ = durable.send(());
        }
    }
    Ok(())
}
