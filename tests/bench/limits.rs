//! What the machine can do, measured between the runs of a row: figures mean something only beside these.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use rusqlite::Connection;

use crate::client::Request;
use crate::load::{Load, Until};
use crate::server::Server;
use crate::stats::{median, percentile};

const PROBE: Duration = Duration::from_millis(300);
const PAGE: [u8; 4096] = [0x5a; 4096];
const ROWS_PER_COMMIT: i64 = 100;
const ROW: [u8; 100] = [0x5a; 100];
const HTTP_CALLERS: usize = 64;

/// The limits of one moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// Appends of 4 KiB, each made durable.
    pub fdatasync_per_s: f64,
    pub fdatasync_p50_ms: f64,
    /// Rows of 100 bytes appended to a table in commits of 100, write-ahead log, `synchronous=FULL`.
    pub sqlite_rows_per_s: f64,
    /// Requests for `/healthz` of the host, 64 callers.
    pub http_per_s: f64,
}

impl Limits {
    /// Measures now. Takes about a second.
    pub async fn measure(folder: &Path, host: &Server) -> Result<Self> {
        let (fdatasync_per_s, fdatasync_p50_ms) = fdatasync(&folder.join("limit.append"))?;
        let sqlite_rows_per_s = sqlite(folder)?;
        let request = Request::get(host.address(), "/healthz");
        let load = Load { to: host.address(), requests: [request].into(), status: 200, body: None };
        let http_per_s = load.run(HTTP_CALLERS, Until::Elapsed(PROBE)).await?.per_s;
        Ok(Self { fdatasync_per_s, fdatasync_p50_ms, sqlite_rows_per_s, http_per_s })
    }

    /// The median of each.
    pub fn median(limits: &[Self]) -> Self {
        let of = |limit: fn(&Self) -> f64| median(limits.iter().map(limit));
        Self {
            fdatasync_per_s: of(|limit| limit.fdatasync_per_s),
            fdatasync_p50_ms: of(|limit| limit.fdatasync_p50_ms),
            sqlite_rows_per_s: of(|limit| limit.sqlite_rows_per_s),
            http_per_s: of(|limit| limit.http_per_s),
        }
    }
}

fn fdatasync(path: &Path) -> Result<(f64, f64)> {
    let mut file: File = OpenOptions::new().create(true).write(true).truncate(true).open(path)?;
    let mut latencies = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < PROBE {
        let at = Instant::now();
        file.write_all(&PAGE)?;
        file.sync_data()?;
        latencies.push(at.elapsed());
    }
    let per_s = latencies.len() as f64 / begun.elapsed().as_secs_f64();
    latencies.sort_unstable();
    Ok((per_s, percentile(&latencies, 50).as_secs_f64() * 1e3))
}

fn sqlite(folder: &Path) -> Result<f64> {
    let mut db = Connection::open(folder.join("limit.db"))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.execute_batch("CREATE TABLE IF NOT EXISTS log (seq INTEGER PRIMARY KEY, no INTEGER, body BLOB) STRICT")?;
    let (mut commits, begun) = (0, Instant::now());
    while begun.elapsed() < PROBE {
        let transaction = db.transaction()?;
        let mut insert = transaction.prepare_cached("INSERT INTO log (no, body) VALUES (?1, ?2)")?;
        for no in 0..ROWS_PER_COMMIT {
            insert.execute((no, &ROW))?;
        }
        drop(insert);
        transaction.commit()?;
        commits += ROWS_PER_COMMIT;
    }
    Ok(commits as f64 / begun.elapsed().as_secs_f64())
}
