//! No space: nothing changes, reads go on, and work resumes when there is space again. Space that is given back is used
//! again.

use std::path::Path;

use kernel::port::{CommitError, Key, Reader, Store};
use rusqlite::Connection;
use store_sqlite::{Durability, Flushed, Hub, Opened, Options};

use crate::files::{flush, tamper};
use crate::hub::*;

const TEXT: &str = concat!("\"", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "\"");

#[test]
fn a_full_hub_refuses_reads_on_and_resumes() {
    let dir = tempfile::tempdir().unwrap();
    let options = |max_page_count| Options { durability: Durability::Relaxed, max_page_count };
    let Opened { mut writer, readers, recovery, .. } = Hub::open(dir.path(), options(Some(40))).unwrap();
    let mut model = Model::new(&recovery);
    model.add("a", &[Start]).commit(&mut writer).unwrap();
    let refused = loop {
        let before = model.live["a"].clone();
        let batch = model.add("a", &[Say(TEXT); 30]).take();
        match writer.commit(&batch) {
            Ok(()) => {}
            Err(CommitError::Full(_)) => {
                model.live.insert("a", before);
                break batch;
            }
            Err(error) => panic!("{error}"),
        }
        assert!(batch.rows[0].seq.0 < 1_000, "40 pages are never full");
    };
    model.check(&readers);
    for _ in 0..3 {
        assert!(matches!(writer.commit(&refused), Err(CommitError::Full(_))));
    }
    model.check(&readers);
    // A full hub can be opened and read.
    drop((writer, readers));
    let Opened { mut writer, readers, .. } = Hub::open(dir.path(), options(Some(40))).unwrap();
    model.check(&readers);
    assert!(matches!(writer.commit(&refused), Err(CommitError::Full(_))));
    drop((writer, readers));
    // With a larger quota the very batch that was refused is taken.
    let Opened { mut writer, readers, .. } = Hub::open(dir.path(), options(Some(400))).unwrap();
    writer.commit(&refused).unwrap();
    let head = &refused.heads[0];
    assert_eq!(readers.head(&Key::No(head.no)).unwrap().as_ref(), Some(head));
    flush(&mut writer);
}

#[test]
fn what_is_given_back_is_used_again() {
    let forever = |model: &mut Model, _| {
        model.post("tick").renew("a", &[Say(TEXT), Sleep(0, 9_000)]).take_letter("tick");
    };
    // Beside an instance whose history stays.
    let beside = |model: &mut Model, round: u64| {
        model.renew("a", &[Say(TEXT), Sleep(0, 9_000)]);
        if round < 500 {
            model.add("b", &[Say(TEXT)]);
        }
    };
    let purged = |model: &mut Model, _| {
        model.add("c", &[Start, Say(TEXT)]).add("c", &[Say(TEXT), Complete]).purge("c");
    };
    let entity = |model: &mut Model, _| {
        model.set("@counter@a", TEXT).refer("@counter@a", TEXT);
    };
    check(20_000, &forever);
    check(5_000, &entity);
    check(5_000, &beside);
    check(5_000, &purged);
}

#[test]
fn a_purge_gives_space_back() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { durability: Durability::Relaxed, ..Options::default() };
    let Opened { mut writer, readers, recovery, .. } = Hub::open(dir.path(), options).unwrap();
    let mut model = Model::new(&recovery);
    let size = || {
        tamper(dir.path(), "PRAGMA wal_checkpoint(TRUNCATE)");
        std::fs::metadata(dir.path().join("hub.db")).unwrap().len() >> 10
    };
    model.add("stays", &[Start, Say(TEXT)]).add("goes", &[Start]);
    for _ in 0..600 {
        model.add("goes", &[Say(TEXT); 200]);
    }
    model.add("stays", &[Say(TEXT)]).commit(&mut writer).unwrap();
    flush(&mut writer);
    let full = size();
    model.purge("goes").commit(&mut writer).unwrap();
    model.check(&readers);
    let mut slices = 0;
    while writer.shrink().unwrap() == Flushed::Some {
        slices += 1;
        model.check(&readers);
    }
    model.check(&readers);
    assert!(slices > 0 && full > 8_000 && size() < full / 2, "{full} KiB, {} KiB after {slices} slices", size());
}

/// Commits rounds; the last nine tenths of them may not need much more space than the first.
fn check(rounds: u64, round: &dyn Fn(&mut Model, u64)) {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { durability: Durability::Relaxed, ..Options::default() };
    let Opened { mut writer, readers, recovery, .. } = Hub::open(dir.path(), options).unwrap();
    let mut model = Model::new(&recovery);
    model.add("a", &[Start]).add("b", &[Start]).commit(&mut writer).unwrap();
    let mut early = u64::MAX;
    for no in 0..rounds {
        round(&mut model, no);
        model.commit(&mut writer).unwrap();
        if no == rounds / 10 {
            early = pages_of(dir.path());
        }
        if no % 100 == 0 {
            writer.checkpoint();
        }
    }
    let late = pages_of(dir.path());
    assert!(late <= early + 16, "{early} pages have become {late}");
    model.check(&readers);
}

fn pages_of(dir: &Path) -> u64 {
    let conn = Connection::open(dir.join("hub.db")).unwrap();
    conn.pragma_query_value(None, "page_count", |row| row.get(0).map(i64::cast_unsigned)).unwrap()
}
