//! Sealing records into rows and opening them again.

use sha2::{Digest, Sha256};

use super::wire;
use crate::model::{Entity, InstanceNo, LogSeq, Record};

/// One row of the hub's log: what one commit adds to one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its place in the log.
    pub seq: LogSeq,
    /// Whose it is.
    pub no: InstanceNo,
    /// The row of the same instance before it.
    pub prev: Option<LogSeq>,
    /// The first 16 bytes of SHA-256 over the sum of the previous row, `seq`, `no`, `prev` and the body.
    pub sum: [u8; 16],
    /// The encoded record.
    pub body: Vec<u8>,
}

/// Where a chain of rows ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The newest row.
    pub seq: LogSeq,
    /// Its sum.
    pub sum: [u8; 16],
}

/// Stored bytes are not what was written. The instance is held; nothing of it is used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("instance number {} is damaged at log row {}: {what}", no.0, seq.0)]
pub struct Damage {
    /// The instance.
    pub no: InstanceNo,
    /// The row that shows it.
    pub seq: LogSeq,
    /// What is wrong.
    pub what: DamageKind,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DamageKind {
    /// The row is not there.
    #[error("the row is missing")]
    Missing,
    /// The row is there and its sum does not fit its content or its predecessor.
    #[error("the checksum does not match")]
    Checksum,
    /// The sum is right but the body cannot be read: written by a newer host, or by a bug.
    #[error("the record cannot be decoded: {0}")]
    Format(String),
    /// The record can be read, but cannot follow the ones before it.
    #[error("the history contradicts itself: {0}")]
    Illegal(String),
}

/// Encodes a record and ties it to the row before it.
pub fn seal(no: InstanceNo, seq: LogSeq, prev: Option<Link>, record: &Record) -> Row {
    let body = wire::encode_record(record);
    let sum = sum(prev.map(|link| link.sum), seq, no, prev.map(|link| link.seq), &body);
    Row { seq, no, prev: prev.map(|link| link.seq), sum, body }
}

/// Encodes an entity. Its row says all there is to know of it, and has none before it.
pub fn seal_entity(no: InstanceNo, seq: LogSeq, entity: &Entity) -> Row {
    let body = wire::encode_entity(entity);
    Row { seq, no, prev: None, sum: sum(None, seq, no, None, &body), body }
}

/// Opens the row of an entity.
pub fn open_entity(row: &Row) -> Result<Entity, Damage> {
    let damage = |what| Damage { no: row.no, seq: row.seq, what };
    if row.prev.is_some() || sum(None, row.seq, row.no, None, &row.body) != row.sum {
        return Err(damage(DamageKind::Checksum));
    }
    wire::decode_entity(&row.body).map_err(|error| damage(DamageKind::Format(error)))
}

/// Opens one row, given the sum of the row before it.
pub fn open_row(row: &Row, prev_sum: Option<[u8; 16]>) -> Result<Record, Damage> {
    let damage = |what| Damage { no: row.no, seq: row.seq, what };
    if sum(prev_sum, row.seq, row.no, row.prev, &row.body) != row.sum {
        return Err(damage(DamageKind::Checksum));
    }
    wire::decode_record(&row.body).map_err(|error| damage(DamageKind::Format(error)))
}

/// Opens a whole history, first row first, that must end with `last`.
pub fn open_history(no: InstanceNo, last: Link, rows: &[Row]) -> Result<Vec<Record>, Damage> {
    let mut records = Vec::with_capacity(rows.len());
    let mut before: Option<Link> = None;
    for row in rows {
        if row.no != no || row.prev != before.map(|link| link.seq) {
            return Err(Damage { no, seq: row.seq, what: DamageKind::Checksum });
        }
        records.push(open_row(row, before.map(|link| link.sum))?);
        before = Some(Link { seq: row.seq, sum: row.sum });
    }
    match before {
        Some(link) if link == last => Ok(records),
        Some(link) if link.seq == last.seq => Err(Damage { no, seq: last.seq, what: DamageKind::Checksum }),
        Some(_) | None => Err(Damage { no, seq: last.seq, what: DamageKind::Missing }),
    }
}

fn sum(prev_sum: Option<[u8; 16]>, seq: LogSeq, no: InstanceNo, prev: Option<LogSeq>, body: &[u8]) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(prev_sum.unwrap_or_default());
    hash.update(seq.0.to_le_bytes());
    hash.update(no.0.to_le_bytes());
    // A first row has no predecessor, and no row is number u64::MAX.
    hash.update(prev.map_or(u64::MAX, |prev| prev.0).to_le_bytes());
    hash.update(body);
    let mut sum = [0; 16];
    sum.copy_from_slice(&hash.finalize()[..16]);
    sum
}
