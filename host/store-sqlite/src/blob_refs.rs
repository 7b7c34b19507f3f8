//! The table `blob_refs`: who refers to which blob.
//!
//! It does not know where blobs are, nor which payloads are blobs; a batch says what its rows and letters refer to.
//!
//! Invariants:
//! - What goes takes its references along, and what a batch adds is there after it.
//! - Damage keeps a blob for too long, and takes none away: a reference is found by either half of its digest, and one
//!   that does not fit its checksum is never deleted.

use kernel::model::{BlobDigest, BlobRef};
use kernel::port::{Batch, Referrer};
use rusqlite::Connection;

use crate::sum::Sum;

/// Which kinds of referrers may have references. Without any, which is how most hubs are, what goes is not looked up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Kinds {
    instances: Presence,
    letters: Presence,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Presence {
    /// There is no reference.
    #[default]
    None,
    /// There may be some.
    Maybe,
}

impl Kinds {
    /// Looks whether there are references.
    pub fn read(conn: &Connection) -> rusqlite::Result<Self> {
        let mut statement = conn.prepare("SELECT 1 FROM blob_refs WHERE kind = ?1 LIMIT 1")?;
        let mut presence = |kind: i64| {
            let found = statement.exists([kind])?;
            Ok::<_, rusqlite::Error>(if found { Presence::Maybe } else { Presence::None })
        };
        Ok(Self { instances: presence(INSTANCE)?, letters: presence(LETTER)? })
    }

    fn note(&mut self, referrer: Referrer) {
        match referrer {
            Referrer::Instance(_) => self.instances = Presence::Maybe,
            Referrer::Letter(_) => self.letters = Presence::Maybe,
        }
    }
}

// The numbers are on disk and are never given another meaning.
const INSTANCE: i64 = 0;
const LETTER: i64 = 1;

/// The columns `kind` and `no`.
fn columns(referrer: Referrer) -> (i64, i64) {
    match referrer {
        Referrer::Instance(no) => (INSTANCE, no.0.cast_signed()),
        Referrer::Letter(no) => (LETTER, no.0.cast_signed()),
    }
}

/// Does what a batch does to references, and says which kinds may have some afterwards.
pub(crate) fn write(conn: &Connection, mut kinds: Kinds, batch: &Batch) -> rusqlite::Result<Kinds> {
    if kinds.instances == Presence::Maybe {
        let gone = batch.drops.iter().chain(&batch.trims);
        delete(conn, gone.map(|gone| Referrer::Instance(gone.no)))?;
    }
    if kinds.letters == Presence::Maybe {
        delete(conn, batch.takes.iter().map(|no| Referrer::Letter(*no)))?;
    }
    for (referrer, blob) in &batch.blobs {
        insert(conn, *referrer, *blob)?;
        kinds.note(*referrer);
    }
    Ok(kinds)
}

/// Whether anything refers to a blob.
pub(crate) fn exists(conn: &Connection, blob: BlobDigest) -> rusqlite::Result<bool> {
    let (first, second) = blob.0.split_at(16);
    let mut by_first = conn.prepare_cached("SELECT 1 FROM blob_refs WHERE substr(digest, 1, 16) = ?1 LIMIT 1")?;
    let mut by_second = conn.prepare_cached("SELECT 1 FROM blob_refs WHERE substr(digest, 17) = ?1 LIMIT 1")?;
    Ok(by_first.exists([first])? || by_second.exists([second])?)
}

fn insert(conn: &Connection, referrer: Referrer, blob: BlobRef) -> rusqlite::Result<()> {
    let (kind, no) = columns(referrer);
    let digest = &blob.digest.0[..];
    conn.prepare_cached("INSERT OR REPLACE INTO blob_refs (kind, no, digest, sum) VALUES (?1, ?2, ?3, ?4)")?
        .execute((kind, no, digest, sum(kind, no, digest)))?;
    Ok(())
}

fn delete(conn: &Connection, gone: impl Iterator<Item = Referrer>) -> rusqlite::Result<()> {
    let mut find = conn.prepare_cached("SELECT digest, sum FROM blob_refs WHERE kind = ?1 AND no = ?2")?;
    let mut delete = conn.prepare_cached("DELETE FROM blob_refs WHERE kind = ?1 AND no = ?2 AND digest = ?3")?;
    for referrer in gone {
        let (kind, no) = columns(referrer);
        let mut found: Vec<Vec<u8>> = Vec::new();
        let mut rows = find.query((kind, no))?;
        while let Some(row) = rows.next()? {
            let digest: Vec<u8> = row.get(0)?;
            if row.get_ref(1)?.as_blob().is_ok_and(|stored| stored == sum(kind, no, &digest)) {
                found.push(digest);
            }
        }
        for digest in found {
            delete.execute((kind, no, digest))?;
        }
    }
    Ok(())
}

fn sum(kind: i64, no: i64, digest: &[u8]) -> [u8; 16] {
    Sum::of("blob_refs").int(kind.cast_unsigned()).int(no.cast_unsigned()).bytes(digest).finish()
}
