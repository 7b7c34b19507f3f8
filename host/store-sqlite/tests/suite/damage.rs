//! A flipped byte in any column is found before it is used, and only its instance suffers.

use std::path::Path;

use kernel::codec::open_letter;
use kernel::model::InstanceNo;
use kernel::port::{Batch, Dropped, Key, ReadError, Reader, Store};
use rusqlite::Connection;
use rusqlite::types::Value;
use store_sqlite::{Flushed, Hub, Opened, Options};

use crate::beside::blob;
use crate::files::{flush, open, tamper};
use crate::hub::*;

const LOG: &[&str] = &["seq", "no", "prev", "sum", "body"];
const INSTANCES: &[&str] = &[
    "no",
    "id",
    "name",
    "component",
    "parent",
    "execution",
    "status",
    "created",
    "updated",
    "first",
    "last",
    "last_sum",
    "events",
    "bytes",
    "open_tasks",
    "wake_at",
    "custom_status",
    "sum",
];

const LETTERS: &[&str] = &["no", "sum", "body"];

/// How the hub was left.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Left {
    /// All heads are in their table.
    Flushed,
    /// Those are that rows 1 to 4 led to; recovery reads the others.
    Half,
    /// No head is; recovery reads the log.
    Not,
}

/// Three instances, of which `b` is the one to be damaged: rows 2, 4 and 6 of the log are its.
fn prepare(dir: &Path, left: Left) -> Model {
    let Opened { mut writer, recovery, .. } = open(dir);
    let mut model = Model::new(&recovery);
    let turns: [(_, &[Did]); 7] = [
        ("a", &[Start, Schedule(0)]),
        ("b", &[StartChild, Schedule(0), Sleep(1, 9_000), Say("\"half way\"")]),
        ("c", &[Start, Sleep(0, 8_000)]),
        ("b", &[Finish(0), Schedule(2)]),
        ("a", &[Finish(0), Schedule(1)]),
        ("b", &[Retry(2, 8_500)]),
        ("c", &[Say("1")]),
    ];
    let flushed = match left {
        Left::Flushed => 7,
        Left::Half => 4,
        Left::Not => 0,
    };
    for (no, (id, did)) in (1..).zip(turns) {
        model.add(id, did).commit(&mut writer).unwrap();
        if no == flushed {
            flush(&mut writer);
        }
    }
    model
}

/// Flips one bit of a column.
pub fn flip(dir: &Path, table: &str, column: &str, filter: &str) {
    let conn = Connection::open(dir.join("hub.db")).unwrap();
    let get = format!("SELECT {column} FROM {table} WHERE {filter}");
    let flipped = match conn.query_row(&get, [], |row| row.get(0)).unwrap() {
        Value::Integer(number) => Value::Integer(number ^ 0x10),
        Value::Text(text) => {
            let mut bytes = text.into_bytes();
            bytes[0] ^= 2;
            Value::Text(String::from_utf8(bytes).unwrap())
        }
        Value::Blob(mut bytes) => {
            bytes[0] ^= 1;
            Value::Blob(bytes)
        }
        other => panic!("{column} is {other:?}"),
    };
    let set = format!("UPDATE {table} SET {column} = ?1 WHERE {filter}");
    assert_eq!(conn.execute(&set, [flipped]).unwrap(), 1);
}

fn is_damaged<T>(read: &Result<T, ReadError>) -> bool {
    matches!(read, Err(ReadError::Damaged(_)))
}

#[test]
fn rows_of_the_log() {
    for left in [Left::Flushed, Left::Half, Left::Not] {
        for row in [2, 4, 6] {
            for column in LOG.iter().filter(|column| (row, **column) != (2, "prev")) {
                let dir = tempfile::tempdir().unwrap();
                let mut model = prepare(dir.path(), left);
                flip(dir.path(), "log", column, &format!("seq = {row}"));
                let Opened { mut writer, readers, recovery, damaged, .. } = open(dir.path());
                let b = model.live.remove("b").unwrap().head;
                let context = format!("{column} of row {row}, {left:?}, {damaged:?}");
                assert!(is_damaged(&load(&readers, b.no)), "{context}");
                // Rows below the watermark are not read before they are asked for.
                assert_eq!(damaged.is_empty(), left == Left::Flushed && *column != "seq", "{context}");
                for (id, other) in &model.live {
                    assert_eq!(load(&readers, other.head.no), Ok(Some(other.head.clone())), "{id}, {context}");
                }
                assert!(left == Left::Flushed || !recovery.busy.contains(&b.no), "{context}");
                // The others go on, and what is held stays held when the watermark has moved past it.
                model.renumber(&recovery);
                model.add("a", &[Finish(1), Complete]).commit(&mut writer).unwrap();
                flush(&mut writer);
                drop((writer, readers));
                let again = open(dir.path());
                assert!(is_damaged(&load(&again.readers, b.no)), "again, {context}");
            }
        }
    }
}

#[test]
fn rows_of_the_index() {
    for column in INSTANCES {
        let dir = tempfile::tempdir().unwrap();
        let mut model = prepare(dir.path(), Left::Flushed);
        flip(dir.path(), "instances", column, "id = 'b'");
        let Opened { readers, recovery, damaged, .. } = open(dir.path());
        let b = model.live.remove("b").unwrap().head;
        let by_no = readers.head(&Key::No(if *column == "no" { InstanceNo(b.no.0 ^ 0x10) } else { b.no }));
        assert!(is_damaged(&by_no), "{column}: {by_no:?}");
        assert!(!recovery.busy.contains(&b.no), "{column}");
        // An instance that no longer looks unfinished is found when it is read.
        assert_eq!(damaged.len(), usize::from(*column != "status"), "{column}");
        for (id, other) in &model.live {
            assert_eq!(load(&readers, other.head.no), Ok(Some(other.head.clone())), "{id} beside {column}");
        }
        let listed: Vec<_> = pages(&readers, &kernel::port::Query { limit: 10, ..Default::default() });
        assert_eq!(listed.len(), 2, "{column}: the page has the others");
    }
}

#[test]
fn letters() {
    for column in LETTERS {
        let dir = tempfile::tempdir().unwrap();
        let Opened { mut writer, recovery, .. } = open(dir.path());
        let mut model = Model::new(&recovery);
        model.post("one").post("two").post("three").commit(&mut writer).unwrap();
        drop(writer);
        let two = model.letters.remove("two").unwrap();
        flip(dir.path(), "letters", column, &format!("no = {}", two.no.0));
        let Opened { mut writer, recovery, .. } = open(dir.path());
        let (whole, damaged): (Vec<_>, Vec<_>) =
            recovery.letters.iter().cloned().partition(|letter| open_letter(letter).is_ok());
        assert_eq!(whole, model.letters_in_order(), "{column}");
        // The kernel finds it and takes it, and the others go on.
        assert_eq!(damaged.len(), 1, "{column}");
        assert_ne!(damaged[0], two, "{column}");
        writer.commit(&Batch { takes: vec![damaged[0].no], ..Batch::default() }).unwrap();
        model.renumber(&recovery);
        model.post("four").take_letter("one").commit(&mut writer).unwrap();
        drop(writer);
        model.check_recovery(&open(dir.path()).recovery);
    }
}

/// The row that an entity has, whether its head is in the table, behind it, or not there yet.
#[test]
fn rows_of_entities() {
    for left in [Left::Flushed, Left::Half, Left::Not] {
        for column in LOG.iter().filter(|column| **column != "prev") {
            let dir = tempfile::tempdir().unwrap();
            let Opened { mut writer, recovery, .. } = open(dir.path());
            let mut model = Model::new(&recovery);
            model.set("@counter@a", "1").set("@counter@b", "1").add("c", &[Start]).commit(&mut writer).unwrap();
            if left != Left::Not {
                model.set("@counter@b", "2").commit(&mut writer).unwrap();
                flush(&mut writer);
                model.set("@counter@a", "2").add("c", &[Schedule(0)]).commit(&mut writer).unwrap();
            }
            if left != Left::Flushed {
                model.set("@counter@b", "3").commit(&mut writer).unwrap();
            } else {
                flush(&mut writer);
            }
            drop(writer);
            let b = model.live.remove("@counter@b").unwrap().head;
            flip(dir.path(), "log", column, &format!("seq = {}", b.last.0));
            for opening in 0..2 {
                let Opened { mut writer, readers, recovery, .. } = open(dir.path());
                let context = format!("{column}, {left:?}, opening {opening}");
                // Whoever asks for it by its id learns that there is one, and that it cannot be used.
                let found = readers.head(&Key::Id(b.id.clone()));
                let found = found.and_then(|head| load(&readers, head.expect("it is not forgotten").no));
                assert!(is_damaged(&found), "{context}: {found:?}");
                for (id, other) in &model.live {
                    assert_eq!(load(&readers, other.head.no), Ok(Some(other.head.clone())), "{id}, {context}");
                }
                model.renumber(&recovery);
                model.set("@counter@a", "7").commit(&mut writer).unwrap();
                flush(&mut writer);
            }
            let Opened { mut writer, readers, recovery, .. } = open(dir.path());
            model.renumber(&recovery);
            writer.commit(&Batch { drops: vec![Dropped { no: b.no, last: b.last }], ..model.take() }).unwrap();
            model.set("@counter@b", "1").commit(&mut writer).unwrap();
            model.check(&readers);
        }
    }
}

/// A damaged reference may keep a blob for too long, and takes none away.
#[test]
fn references_to_blobs() {
    for column in ["kind", "no", "digest", "sum"] {
        let dir = tempfile::tempdir().unwrap();
        let Opened { mut writer, recovery, .. } = open(dir.path());
        let mut model = Model::new(&recovery);
        model.add("a", &[Start]).refer("a", "x").refer("a", "y").add("b", &[Start]).refer("b", "z");
        model.commit(&mut writer).unwrap();
        drop(writer);
        let of_x = blob("x").digest;
        flip(dir.path(), "blob_refs", column, &format!("digest = x'{of_x}'"));
        let Opened { mut writer, readers, .. } = open(dir.path());
        model.check(&readers);
        model.purge("b").commit(&mut writer).unwrap();
        model.check(&readers);
        model.purge("a").commit(&mut writer).unwrap();
        assert_eq!(readers.is_referred_to(blob("y").digest), Ok(false), "{column}");
        assert_eq!(readers.is_referred_to(of_x), Ok(true), "{column}");
    }
}

/// A damaged mark is none: what it stood for is handled again.
#[test]
fn marks() {
    for column in ["source", "seq", "sum"] {
        let dir = tempfile::tempdir().unwrap();
        let Opened { mut writer, recovery, .. } = open(dir.path());
        let mut model = Model::new(&recovery);
        model.mark("timer/a", 1, 0).mark("timer/a", 2, 0).commit(&mut writer).unwrap();
        drop(writer);
        flip(dir.path(), "marks", column, "seq = 2 + (1 << 63)");
        let Opened { mut writer, readers, .. } = open(dir.path());
        assert_eq!(readers.is_marked("timer/a", 2), Ok(false), "{column}");
        assert_eq!(readers.last_mark("timer/a"), Ok(Some(1)), "{column}");
        model.mark("timer/a", 2, 0).mark("timer/a", 3, 2).commit(&mut writer).unwrap();
        model.check(&readers);
    }
}

#[test]
fn what_is_held_can_be_dropped() {
    for (left, then) in [(Left::Half, Flushed::All), (Left::Not, Flushed::All), (Left::Not, Flushed::Some)] {
        for (row, column) in [(2, "body"), (4, "seq"), (4, "sum"), (6, "prev"), (6, "body")] {
            let dir = tempfile::tempdir().unwrap();
            let mut model = prepare(dir.path(), left);
            flip(dir.path(), "log", column, &format!("seq = {row}"));
            let Opened { mut writer, readers, recovery, damaged, .. } = open(dir.path());
            assert_eq!(damaged.len(), 1);
            if then == Flushed::All {
                flush(&mut writer);
            }
            model.renumber(&recovery);
            let id = model.live["b"].head.id.clone();
            model.purge("b").commit(&mut writer).unwrap();
            assert_eq!(readers.head(&Key::Id(id.clone())), Ok(None));
            drop((writer, readers));
            let Opened { readers, recovery, damaged, .. } = open(dir.path());
            assert_eq!(damaged, [], "{column} of row {row}, {left:?}, {then:?}");
            assert_eq!(readers.head(&Key::Id(id)), Ok(None));
            model.check_recovery(&recovery);
        }
    }
}

#[test]
fn an_index_row_is_mended_from_the_log_if_recovery_reads_it_anyway() {
    let dir = tempfile::tempdir().unwrap();
    let mut model = prepare(dir.path(), Left::Flushed);
    let Opened { mut writer, .. } = open(dir.path());
    model.add("b", &[Finish(2)]).commit(&mut writer).unwrap();
    drop(writer);
    flip(dir.path(), "instances", "component", "id = 'b'");
    let Opened { mut writer, readers, damaged, .. } = open(dir.path());
    assert_eq!(damaged, []);
    model.check(&readers);
    flush(&mut writer);
    drop((writer, readers));
    model.check(&open(dir.path()).readers);
}

#[test]
fn a_held_instance_is_free_when_its_history_is_whole_again() {
    let dir = tempfile::tempdir().unwrap();
    let model = prepare(dir.path(), Left::Not);
    let corrupt = "UPDATE log SET no = no + 16 WHERE seq = 4";
    tamper(dir.path(), corrupt);
    for _ in 0..2 {
        let Opened { mut writer, readers, .. } = open(dir.path());
        assert!(is_damaged(&readers.head(&Key::Id(model.live["b"].head.id.clone()))));
        flush(&mut writer);
    }
    tamper(dir.path(), "UPDATE log SET no = no - 16 WHERE seq = 4");
    for _ in 0..2 {
        let Opened { mut writer, readers, .. } = open(dir.path());
        model.check(&readers);
        flush(&mut writer);
    }
}

#[test]
fn the_watermark_does_not_go_back_for_what_is_held() {
    let dir = tempfile::tempdir().unwrap();
    let mut model = prepare(dir.path(), Left::Not);
    flip(dir.path(), "log", "body", "seq = 4");
    let watermark = || -> i64 {
        let conn = Connection::open(dir.path().join("hub.db")).unwrap();
        conn.query_row("SELECT watermark FROM hub", [], |row| row.get(0)).unwrap()
    };
    flush(&mut open(dir.path()).writer);
    assert_eq!(watermark(), 7);
    model.purge("a").commit(&mut open(dir.path()).writer).unwrap();
    assert_eq!(watermark(), 7);
}

#[test]
fn a_row_that_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let model = prepare(dir.path(), Left::Flushed);
    tamper(dir.path(), "DELETE FROM log WHERE seq = 6");
    let Opened { readers, .. } = open(dir.path());
    assert!(is_damaged(&load(&readers, model.live["b"].head.no)));
}

#[test]
fn the_hubs_own_row() {
    for column in ["boot", "watermark", "next_no", "next_seq", "next_letter", "sum"] {
        let dir = tempfile::tempdir().unwrap();
        prepare(dir.path(), Left::Flushed);
        flip(dir.path(), "hub", column, "one = 1");
        let refused = Hub::open(dir.path(), Options::default()).expect_err(column).to_string();
        assert!(refused.contains("restore it from a backup"), "{refused}");
    }
}

#[test]
fn bytes_of_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let model = prepare(dir.path(), Left::Flushed);
    tamper(dir.path(), "PRAGMA wal_checkpoint(TRUNCATE)");
    let path = dir.path().join("hub.db");
    let whole = std::fs::read(&path).unwrap();
    let mut found = 0;
    // Every 251st byte, so that each kind of place on a page is hit and the test stays short.
    for at in (0..whole.len()).step_by(251) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x04;
        std::fs::write(&path, &bytes).unwrap();
        let _ = std::fs::remove_file(dir.path().join("hub.db-wal"));
        let _ = std::fs::remove_file(dir.path().join("hub.db-shm"));
        let Ok(Opened { readers, .. }) = Hub::open(dir.path(), Options::default()) else {
            found += 1;
            continue;
        };
        for instance in model.live.values() {
            match load(&readers, instance.head.no) {
                Ok(Some(head)) => assert_eq!(head, instance.head, "byte {at}"),
                Ok(None) => panic!("byte {at} hides an instance"),
                Err(_) => found += 1,
            }
        }
    }
    assert!(found > 0, "the test damages nothing");
}
