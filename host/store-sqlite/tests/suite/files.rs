//! The conformance suite on SQLite, and what a hub does about the folder it is given.

use std::fs;
use std::path::Path;

use kernel::codec::seal_letter;
use kernel::model::{EventName, InstanceId, Letter, LetterNo, Payload, Raised};
use kernel::port::{Batch, Query, Reader, Recovery, Store, What};
use rusqlite::Connection;
use store_sqlite::{BootNo, Flushed, Hub, OpenError, Opened, Options, Readers, Writer};
use tempfile::TempDir;

use crate::conformance::{self, Equipment, check_query};
use crate::hub::*;

pub fn open(dir: &Path) -> Opened {
    Hub::open(dir, Options::default()).expect("the hub opens")
}

/// Runs a statement on the file of a hub that is not open.
pub fn tamper(dir: &Path, sql: &str) {
    Connection::open(dir.join("hub.db")).unwrap().execute_batch(sql).unwrap();
}

pub fn flush(writer: &mut Writer) {
    while writer.flush().unwrap() == Flushed::Some {}
}

/// Opens a hub, flushed or not when the last writer left it.
struct Sqlite {
    dir: TempDir,
    flushed: Flushed,
}

impl Equipment for Sqlite {
    type Store = Writer;
    type Reader = Readers;

    fn open(&self) -> (Writer, Readers, Recovery) {
        let Opened { mut writer, readers, recovery, damaged, .. } = open(self.dir.path());
        assert_eq!(damaged, []);
        if self.flushed == Flushed::All {
            flush(&mut writer);
        }
        (writer, readers, recovery)
    }
}

#[test]
fn conforms() {
    for flushed in [Flushed::Some, Flushed::All] {
        conformance::run(|| Sqlite { dir: tempfile::tempdir().unwrap(), flushed });
    }
}

#[test]
fn heads_are_right_whether_they_are_in_memory_or_in_their_table() {
    let dir = tempfile::tempdir().unwrap();
    let Opened { mut writer, readers, recovery, .. } = open(dir.path());
    let mut model = Model::new(&recovery);
    let names: Vec<&'static str> = (0..600).map(|i| &*format!("i{i:04}").leak()).collect();
    for id in &names {
        model.add(id, &[Start, Schedule(0)]);
    }
    model.commit(&mut writer).unwrap();
    assert_eq!(writer.flush().unwrap(), Flushed::Some, "a slice is smaller than this");
    model.check(&readers);
    // Some are in the table, some newer in memory, one is taken over while it is in both.
    model.add("i0000", &[Finish(0), Complete]).add("i0599", &[Finish(0)]).commit(&mut writer).unwrap();
    model.add("i0000", &[Start]).commit(&mut writer).unwrap();
    model.check(&readers);
    flush(&mut writer);
    model.check(&readers);
    drop((writer, readers));
    let Opened { readers, recovery, .. } = open(dir.path());
    model.check_recovery(&recovery);
    model.check(&readers);
}

#[test]
fn a_prefix_may_be_that_of_few_or_of_many() {
    let dir = tempfile::tempdir().unwrap();
    let Opened { mut writer, readers, recovery, .. } = open(dir.path());
    let mut model = Model::new(&recovery);
    for i in 0..5_000 {
        model.set(&*format!("@many@{i:04}").leak(), "1");
        if i % 1_250 == 7 {
            model.set(&*format!("@few@{i:04}").leak(), "1").add(&*format!("many@{i:04}").leak(), &[Start]);
        }
    }
    model.commit(&mut writer).unwrap();
    flush(&mut writer);
    let entities = |prefix: &str| Query { what: What::Entities, prefix: Some(prefix.to_owned()), ..Query::default() };
    let query = |prefix, updated_to| Query { updated_to, ..entities(prefix) };
    let fifth = model.live["@many@0004"].head.updated;
    check_query(&readers, query("@f", None), &["@few@0007", "@few@1257", "@few@2507", "@few@3757"]);
    let first = ["@many@0000", "@many@0001", "@many@0002", "@many@0003", "@many@0004"];
    check_query(&readers, query("@many@", Some(fifth)), &first);
    check_query(&readers, query("@many@0003", None), &["@many@0003"]);
    assert_eq!(pages(&readers, &Query { limit: 999, ..entities("@many@") }).len(), 5_000);
    let rest = Query { prefix: Some("many@".to_owned()), ..Query::default() };
    check_query(&readers, rest, &["many@0007", "many@1257", "many@2507", "many@3757"]);
    model.check(&readers);
}

#[test]
fn a_hub_has_one_owner_and_counts_its_boots() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path());
    assert_eq!(first.boot, BootNo(1));
    let refused = Hub::open(dir.path(), Options::default());
    assert!(matches!(&refused, Err(OpenError::Locked { pid: Some(pid), .. }) if *pid == std::process::id()));
    let readers = first.readers.clone();
    drop(first);
    assert!(
        matches!(Hub::open(dir.path(), Options::default()), Err(OpenError::Locked { .. })),
        "a reader holds it too"
    );
    drop(readers);
    assert_eq!(open(dir.path()).boot, BootNo(2));
}

#[test]
fn a_writer_recovers_without_its_readers_noticing() {
    let dir = tempfile::tempdir().unwrap();
    let Opened { mut writer, readers, recovery, .. } = open(dir.path());
    let mut model = Model::new(&recovery);
    model.add("a", &[Start, Schedule(0)]).add("b", &[Start, Sleep(0, 77)]).commit(&mut writer).unwrap();
    let twice = Model::new(&recovery).add("a", &[Start]).take();
    assert!(writer.commit(&twice).is_err());
    assert!(model.add("a", &[Finish(0)]).commit(&mut writer).is_err(), "a lost writer takes nothing more");
    let reopened = writer.reopen().unwrap();
    assert_eq!((reopened.recovery.next_seq, reopened.damaged.len()), (3, 0));
    let mut model = Model::new(&recovery);
    model.add("a", &[Start, Schedule(0)]).add("b", &[Start, Sleep(0, 77)]).take();
    model.check(&readers);
    let mut writer = reopened.writer;
    model.add("a", &[Finish(0)]).commit(&mut writer).unwrap();
    model.check(&readers);
}

#[test]
fn folders_that_are_not_for_us_are_left_alone() {
    let check = |prepare: &dyn Fn(&Path), expect: &str| {
        let dir = tempfile::tempdir().unwrap();
        prepare(dir.path());
        let before = listing(dir.path());
        let refused = Hub::open(dir.path(), Options::default()).expect_err(expect).to_string();
        assert!(refused.contains(expect), "{refused:?} has no {expect:?}");
        assert!(listing(dir.path()) == before, "{refused:?}, and yet it changed something");
    };
    check(&|dir| fs::write(dir.join("hub.db"), "dear diary").unwrap(), "does not begin like an SQLite database");
    check(&|dir| fs::write(dir.join("notes.txt"), "dear diary").unwrap(), "such as notes.txt");
    check(&|dir| tamper(dir, "CREATE TABLE theirs (x)"), "another program");
    check(&|dir| tamper(dir, "PRAGMA journal_mode = wal; CREATE TABLE theirs (x)"), "another program");
    check(&|dir| fs::create_dir(dir.join("hub.db")).unwrap(), "hub.db");
    let versioned = |dir: &Path, version: u32| {
        drop(open(dir));
        tamper(dir, &format!("PRAGMA user_version = {version}"));
    };
    check(&|dir| versioned(dir, 99), "schema 99, and this dacapo knows schemas up to 3");
    for version in [1, 2] {
        let expect = format!("from before the first release (schema {version}); choose another data folder");
        check(&|dir| versioned(dir, version), &expect);
    }
}

#[test]
fn a_first_opening_that_was_interrupted_is_completed() {
    let check = |prepare: &dyn Fn(&Path)| {
        let dir = tempfile::tempdir().unwrap();
        prepare(dir.path());
        let Opened { mut writer, readers, recovery, .. } = open(dir.path());
        let mut model = Model::new(&recovery);
        model.add("a", &[Start]).commit(&mut writer).unwrap();
        model.check(&readers);
    };
    check(&|dir| fs::write(dir.join("hub.lock"), "").unwrap());
    check(&|dir| fs::write(dir.join("hub.db"), "").unwrap());
    check(&|dir| tamper(dir, "PRAGMA application_id = 0x6463706f"));
    check(&|dir| tamper(dir, "PRAGMA application_id = 0x6463706f; PRAGMA journal_mode = wal"));
}

#[test]
fn a_quiet_hub_keeps_its_numbers_when_the_newest_instance_goes() {
    let dir = tempfile::tempdir().unwrap();
    let Opened { mut writer, recovery, .. } = open(dir.path());
    let mut model = Model::new(&recovery);
    model.add("a", &[Start, Terminate]).commit(&mut writer).unwrap();
    flush(&mut writer);
    drop(writer);
    tamper(dir.path(), "DELETE FROM log; DELETE FROM instances");
    let Opened { readers, recovery, .. } = open(dir.path());
    assert_eq!((recovery.next_no, recovery.next_seq), (2, 2));
    assert_eq!(readers.query(&Query { limit: 10, ..Query::default() }).unwrap().heads, []);
}

#[test]
fn numbers_of_letters_outlive_the_letters() {
    let event = Raised { name: EventName::parse("e").unwrap(), input: Payload::null() };
    let letter = Letter::Raise { to: InstanceId::parse("a").unwrap(), event };
    for count in [1, 4_095, 4_096, 4_097, 9_000] {
        let dir = tempfile::tempdir().unwrap();
        for _ in 0..3 {
            let Opened { mut writer, recovery, .. } = open(dir.path());
            let numbers = recovery.next_letter..recovery.next_letter + count;
            let posts = numbers.clone().map(|no| seal_letter(LetterNo(no), &letter)).collect();
            let takes = numbers.clone().map(LetterNo).collect();
            writer.commit(&Batch { posts, ..Batch::default() }).unwrap();
            writer.commit(&Batch { takes, ..Batch::default() }).unwrap();
            drop(writer);
            let Opened { recovery, .. } = open(dir.path());
            assert_eq!(recovery.letters, []);
            assert!((numbers.end..numbers.end + 5_000).contains(&recovery.next_letter), "{numbers:?} {recovery:?}");
        }
    }
}

/// Names and contents of all files, without those that only reading through SQLite makes.
fn listing(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.ends_with("hub.lock"))
        .map(|path| (path.display().to_string(), fs::read(&path).unwrap_or_default()))
        .collect();
    files.sort();
    files
}
