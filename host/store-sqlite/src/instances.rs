//! The tables `instances` and `held`: heads as rows, each with a checksum over all its columns.

use kernel::codec::{Damage, DamageKind};
use kernel::model::{
    ComponentDigest, EntityId, Execution, FunctionName, Head, InstanceId, InstanceNo, LogSeq, Parent, Payload, Status,
    Timestamp,
};
use kernel::port::Key;
use rusqlite::{Connection, OptionalExtension, params};

use crate::sum::Sum;

/// The columns, in the order in which [`decode`] reads them.
macro_rules! columns {
    () => {
        "no, id, name, component, parent, execution, status, created, updated, first, last, last_sum, events, bytes, \
         open_tasks, wake_at, custom_status, sum"
    };
}
pub(crate) use columns;

/// What is written of a status. The numbers are on disk and are never given another meaning.
pub(crate) fn status_code(status: Status) -> u32 {
    match status {
        Status::Running => 0,
        Status::Completed => 1,
        Status::Failed => 2,
        Status::Terminated => 3,
        Status::Pending => 4,
        Status::Suspended => 5,
    }
}

fn status_of(code: u32) -> Option<Status> {
    use Status::{Completed, Failed, Pending, Running, Suspended, Terminated};
    [Running, Completed, Failed, Terminated, Pending, Suspended].into_iter().find(|status| status_code(*status) == code)
}

pub(crate) fn put(conn: &Connection, head: &Head) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached(concat!(
        "INSERT INTO instances (",
        columns!(),
        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
         ON CONFLICT (no) DO UPDATE SET id = ?2, name = ?3, component = ?4, parent = ?5, execution = ?6, status = ?7,
         created = ?8, updated = ?9, first = ?10, last = ?11, last_sum = ?12, events = ?13, bytes = ?14,
         open_tasks = ?15, wake_at = ?16, custom_status = ?17, sum = ?18"
    ))?;
    statement.execute(params![
        head.no.0.cast_signed(),
        head.id.as_str(),
        head.name.as_str(),
        &head.component.0[..],
        head.parent.as_ref().map(Parent::to_string),
        head.execution.0,
        status_code(head.status),
        head.created.0.cast_signed(),
        head.updated.0.cast_signed(),
        head.first.0.cast_signed(),
        head.last.0.cast_signed(),
        &head.sum[..],
        head.events.cast_signed(),
        head.bytes.cast_signed(),
        head.open_tasks,
        head.wake_at.map(|at| at.0.cast_signed()),
        custom_status(head),
        &sum(head)[..],
    ])?;
    Ok(())
}

/// Removes a head and says which id it had, if it was there.
pub(crate) fn delete(conn: &Connection, no: InstanceNo) -> rusqlite::Result<Option<String>> {
    conn.prepare_cached("DELETE FROM instances WHERE no = ?1 RETURNING id")?
        .query_row([no.0.cast_signed()], |row| row.get(0))
        .optional()
}

pub(crate) fn get(conn: &Connection, key: &Key) -> rusqlite::Result<Option<Result<Head, Damage>>> {
    let found = match key {
        Key::No(no) => conn
            .prepare_cached(concat!("SELECT ", columns!(), " FROM instances WHERE no = ?1"))?
            .query_row([no.0.cast_signed()], |row| Ok(decode(row))),
        Key::Id(id) => conn
            .prepare_cached(concat!("SELECT ", columns!(), " FROM instances WHERE id = ?1"))?
            .query_row([id.as_str()], |row| Ok(decode(row))),
    };
    found.optional()
}

pub(crate) fn contains(conn: &Connection, no: InstanceNo) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM instances WHERE no = ?1")?.exists([no.0.cast_signed()])
}

/// The highest number in the index, zero if it is empty.
pub(crate) fn last(conn: &Connection) -> rusqlite::Result<u64> {
    let last: Option<i64> = conn.query_row("SELECT max(no) FROM instances", [], |row| row.get(0))?;
    Ok(last.map_or(0, i64::cast_unsigned))
}

/// Calls `take` with every unfinished head that has an open task or a time to wake at, in order of numbers.
pub(crate) fn unfinished(conn: &Connection, mut take: impl FnMut(Result<Head, Damage>)) -> rusqlite::Result<()> {
    let mut statement = conn.prepare(concat!(
        "SELECT ",
        columns!(),
        " FROM instances INDEXED BY unfinished
         WHERE status IN (0, 4, 5) AND (open_tasks > 0 OR wake_at IS NOT NULL) ORDER BY no"
    ))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(decode(row));
    }
    Ok(())
}

/// Notes that an instance must not be used as the index has it; `last` is its newest row.
pub(crate) fn hold(conn: &Connection, no: InstanceNo, last: LogSeq) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO held (no, last) VALUES (?1, ?2)")?
        .execute((no.0.cast_signed(), last.0.cast_signed()))?;
    Ok(())
}

/// Takes a note of [`hold`] back.
pub(crate) fn release(conn: &Connection, no: InstanceNo) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM held WHERE no = ?1")?.execute([no.0.cast_signed()])?;
    Ok(())
}

pub(crate) fn held(conn: &Connection) -> rusqlite::Result<Vec<(InstanceNo, LogSeq)>> {
    let mut statement = conn.prepare("SELECT no, last FROM held ORDER BY no")?;
    let rows = statement.query_map([], |row| {
        let (no, last): (i64, i64) = (row.get(0)?, row.get(1)?);
        Ok((InstanceNo(no.cast_unsigned()), LogSeq(last.cast_unsigned())))
    })?;
    rows.collect()
}

/// Reads and verifies a row of [`columns`].
pub(crate) fn decode(row: &rusqlite::Row<'_>) -> Result<Head, Damage> {
    fields(row).filter(|(head, stored)| sum(head) == *stored).map(|(head, _)| head).ok_or_else(|| {
        let int = |column| row.get::<_, i64>(column).map_or(0, i64::cast_unsigned);
        Damage { no: InstanceNo(int(0)), seq: LogSeq(int(10)), what: DamageKind::Checksum }
    })
}

fn fields(row: &rusqlite::Row<'_>) -> Option<(Head, [u8; 16])> {
    let int = |column| row.get::<_, i64>(column).ok().map(i64::cast_unsigned);
    let text = |column| row.get_ref(column).ok()?.as_str().ok();
    let parent = row.get_ref(4).ok()?.as_str_or_null().ok()?;
    let wake_at: Option<i64> = row.get(15).ok()?;
    let custom_status: Option<Vec<u8>> = row.get(16).ok()?;
    let head = Head {
        no: InstanceNo(int(0)?),
        id: parse_id(text(1)?)?,
        name: FunctionName::parse(text(2)?).ok()?,
        component: ComponentDigest(row.get(3).ok()?),
        parent: parent.map(|text| Parent::parse(text).ok_or(())).transpose().ok()?,
        execution: Execution(row.get(5).ok()?),
        status: status_of(row.get(6).ok()?)?,
        created: Timestamp(int(7)?),
        updated: Timestamp(int(8)?),
        first: LogSeq(int(9)?),
        last: LogSeq(int(10)?),
        sum: row.get(11).ok()?,
        events: int(12)?,
        bytes: int(13)?,
        open_tasks: row.get(14).ok()?,
        wake_at: wake_at.map(|at| Timestamp(at.cast_unsigned())),
        custom_status: custom_status.map(|bytes| Payload::trusted(&bytes)),
    };
    Some((head, row.get(17).ok()?))
}

/// Ids of orchestrations and of entities are of one type and have different rules.
fn parse_id(text: &str) -> Option<InstanceId> {
    if text.starts_with('@') {
        // A name in another case would be that of the same entity, but is not what was written.
        let id = EntityId::parse(text).ok()?.instance_id().clone();
        return Some(id).filter(|id| id.as_str() == text);
    }
    InstanceId::parse(text).ok()
}

/// Never a blob: it is smaller than what becomes one.
fn custom_status(head: &Head) -> Option<&[u8]> {
    head.custom_status.as_ref().and_then(Payload::inline)
}

fn sum(head: &Head) -> [u8; 16] {
    Sum::of("instances")
        .int(head.no.0)
        .bytes(head.id.as_str().as_bytes())
        .bytes(head.name.as_str().as_bytes())
        .bytes(&head.component.0)
        .maybe_bytes(head.parent.as_ref().map(Parent::to_string).as_ref().map(String::as_bytes))
        .int(head.execution.0.into())
        .int(status_code(head.status).into())
        .int(head.created.0)
        .int(head.updated.0)
        .int(head.first.0)
        .int(head.last.0)
        .bytes(&head.sum)
        .int(head.events)
        .int(head.bytes)
        .int(head.open_tasks.into())
        .maybe_int(head.wake_at.map(|at| at.0))
        .maybe_bytes(custom_status(head))
        .finish()
}
