//! Golden bytes: those of every kind of event and letter and of whole histories, which no later version may read
//! otherwise; and every way in which what is stored can be damaged, each of which must be noticed.
//!
//! ```text
//! case TITLE
//!   have TIME EVENT; …       a record; below it the row that it is stored as
//!   letter LETTER            start ID FUNCTION INPUT … · raise ID NAME INPUT · done NO TASK/ATTEMPT OUTPUT
//!                            · fail NO TASK/ATTEMPT FAILURE · terminate ID REASON child-of=PARENT
//!                            · operate ENTITY OPERATION INPUT … · lock ENTITY… at=N holder=HOLDER
//!                            · unlock ENTITY… at=N holder=HOLDER [onward]; below it its bytes
//!   entity ENTITY …          all of an entity; below it the row that it is stored as
//! ```

use kernel::codec::{
    Damage, DamageKind, Export, Link, Row, SealedLetter, open_entity, open_history, open_letter, open_row, seal,
    seal_entity, seal_letter,
};
use kernel::entity::head_of;
use kernel::model::{Event, InstanceNo, LetterNo, LogSeq, Payload, Record, Timestamp};
use kernel::orchestration::{State, fold, restore};

use crate::casefile::{Bless, Player, check_folder};
use crate::notation;
use crate::turns::{Instance, NO};

#[test]
fn golden_histories() {
    check_folder::<Golden>("tests/golden");
}

struct Golden(Instance);

impl Player for Golden {
    const BLESS: Bless = Bless::OnlyNew;

    fn begin() -> Self {
        Self(Instance::begin())
    }

    fn play(&mut self, line: &str) -> Result<Vec<String>, String> {
        match line.split_once(' ') {
            Some(("have", record)) => self.record(record),
            Some(("letter", letter)) => sealed_letter(letter),
            Some(("entity", entity)) => sealed_entity(entity),
            _ => Err("a golden case has only records, letters and entities".to_owned()),
        }
    }

    fn end(self) -> Result<(), String> {
        if !self.0.rows.is_empty() {
            check_prefixes(&self.0);
            check_damage(&self.0.rows);
            let mut export = Export { records: self.0.records };
            // Who exports fetches blobs first.
            let payloads = export.records.iter_mut().flat_map(Record::payloads_mut);
            payloads.filter(|payload| payload.blob_ref().is_some()).for_each(|payload| *payload = Payload::null());
            assert_eq!(Export::from_json(&export.to_json()).as_ref(), Ok(&export), "it comes back as it was exported");
        }
        Ok(())
    }
}

impl Golden {
    fn record(&mut self, record: &str) -> Result<Vec<String>, String> {
        self.0.have(record)?;
        self.0.check_restored();
        let row = self.0.rows.last().expect("a row was just added");
        let prev = row.prev.map_or("none".to_owned(), |prev| prev.0.to_string());
        Ok(stored(row, &prev))
    }
}

fn stored(row: &Row, prev: &str) -> Vec<String> {
    let mut said = vec![format!("row {} of {} after {prev}, sum {}", row.seq.0, row.no.0, hex(&row.sum))];
    said.extend(row.body.chunks(48).map(hex));
    said
}

fn sealed_entity(line: &str) -> Result<Vec<String>, String> {
    let entity = notation::entity_row(line)?;
    let row = seal_entity(NO, LogSeq(10), &entity);
    let opened = open_entity(&row).expect("what was written can be read");
    let kept = |of: &kernel::model::Entity| of.state.as_ref().and_then(|state| state.data.blob_ref());
    assert_eq!((&opened, kept(&opened)), (&entity, kept(&entity)), "it is opened as it was sealed");
    let head = head_of(&row, &entity);
    assert_eq!((head.id.as_str(), head.last, head.sum), (entity.id.instance_id().as_str(), row.seq, row.sum));
    let check = |what: &str, row: Row| match open_entity(&row) {
        Err(damage) => assert_eq!(damage.what, DamageKind::Checksum, "{what}: {damage}"),
        Ok(_) => panic!("{what} goes unnoticed"),
    };
    for (what, row) in flips(&row) {
        check(&what, row);
    }
    for len in 0..row.body.len() {
        check(&format!("cut to {len} bytes"), Row { body: row.body[..len].to_vec(), ..row.clone() });
    }
    let as_record = open_row(&row, None).expect_err("it is no record").what;
    assert!(matches!(as_record, DamageKind::Format(_)), "{as_record}");
    Ok(stored(&row, "none"))
}

fn sealed_letter(line: &str) -> Result<Vec<String>, String> {
    let letter = notation::letter(line)?;
    let sealed = seal_letter(LetterNo(5), &letter);
    assert_eq!(open_letter(&sealed), Ok(letter), "it is opened as it was sealed");
    check_damaged_letter(&sealed);
    let mut said = vec![format!("letter {}, sum {}", sealed.no.0, hex(&sealed.sum))];
    said.extend(sealed.body.chunks(48).map(hex));
    Ok(said)
}

fn check_damaged_letter(sealed: &SealedLetter) {
    let check = |what: &str, damaged: SealedLetter| {
        let error = open_letter(&damaged).expect_err(what);
        assert!(error.contains("the checksum of letter"), "{what}: {error}");
    };
    for bit in 0..64 {
        let no = LetterNo(sealed.no.0 ^ (1 << bit));
        check(&format!("bit {bit} of no"), SealedLetter { no, ..sealed.clone() });
    }
    for bit in 0..sealed.sum.len() * 8 {
        let mut turned = sealed.clone();
        turned.sum[bit / 8] ^= 1 << (bit % 8);
        check(&format!("bit {bit} of sum"), turned);
    }
    for bit in 0..sealed.body.len() * 8 {
        let mut turned = sealed.clone();
        turned.body[bit / 8] ^= 1 << (bit % 8);
        check(&format!("bit {bit} of body"), turned);
    }
    for len in 0..sealed.body.len() {
        check(&format!("cut to {len} bytes"), SealedLetter { body: sealed.body[..len].to_vec(), ..sealed.clone() });
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whatever the last durable row is, the instance is what its events say up to there.
fn check_prefixes(history: &Instance) {
    for len in 1..=history.rows.len() {
        let (rows, records) = (&history.rows[..len], &history.records[..len]);
        let restored = restore(NO, link(rows), rows).expect("every prefix can be read");
        let events = records.iter().flat_map(|record| record.events.iter().map(|event| (record.at, event)));
        let state = events.clone().try_fold(State::New, |state, (at, event)| fold(state, at, event));
        assert_eq!(Ok(&restored.state), state.as_ref(), "the state after {len} rows");
        assert_eq!(restored.records, records);
        let head = restored.head;
        assert_eq!((head.first, head.last, head.sum), (rows[0].seq, rows[len - 1].seq, rows[len - 1].sum));
        assert_eq!(head.events, events.clone().count() as u64);
        assert_eq!(head.bytes, rows.iter().map(|row| row.body.len() as u64).sum::<u64>());
        let (open_tasks, wake_at) = match &restored.state {
            State::Live(live) => {
                let at_once = Some(head.updated).filter(|at: &Timestamp| live.is_ready(*at));
                (live.tasks.len(), at_once.or(live.wake_at()))
            }
            State::New | State::Failed(_) | State::Ended(_) => (0, None),
        };
        assert_eq!((head.open_tasks as usize, head.wake_at), (open_tasks, wake_at));
        assert!(events.clone().next().is_some_and(|(_, event)| matches!(event, Event::Started(_))));
    }
}

fn check_damage(rows: &[Row]) {
    let expect = |what: &str, rows: &[Row], last: Link, kind: DamageKind| match open_history(NO, last, rows) {
        Err(damage) => assert_eq!(damage.what, kind, "{what}: {damage}"),
        Ok(_) => panic!("{what} goes unnoticed"),
    };
    let last = link(rows);
    for (place, row) in rows.iter().enumerate() {
        let with = |row: Row| [&rows[..place], &[row], &rows[place + 1..]].concat();
        for (what, row) in flips(row) {
            expect(&format!("row {place}: {what}"), &with(row), last, DamageKind::Checksum);
        }
        for len in 0..row.body.len() {
            let row = Row { body: row.body[..len].to_vec(), ..row.clone() };
            expect(&format!("row {place}: cut to {len} bytes"), &with(row), last, DamageKind::Checksum);
        }
        let foreign = InstanceNo(NO.0 + 1);
        let prev = place.checked_sub(1).map(|before| link(&rows[..=before]));
        let record = open_history(NO, link(&rows[..=place]), &rows[..=place]).expect("it is whole").remove(place);
        expect("a row of another instance", &with(seal(foreign, row.seq, prev, &record)), last, DamageKind::Checksum);
        let elsewhere = seal(NO, LogSeq(row.seq.0 + 1), prev, &record);
        let mut fewer = rows.to_vec();
        fewer.remove(place);
        // What is behind a row shows that it is not the right one; behind the last there is only the head.
        let kind = if place + 1 == rows.len() { DamageKind::Missing } else { DamageKind::Checksum };
        expect("a row that was moved", &with(elsewhere), last, kind.clone());
        expect(&format!("row {place} is missing"), &fewer, last, kind);
        let twice = [&rows[..=place], &rows[place..]].concat();
        expect(&format!("row {place} is there twice"), &twice, last, DamageKind::Checksum);
        let mut swapped = rows.to_vec();
        swapped.swap(place, rows.len() - 1);
        if swapped != rows {
            expect(&format!("row {place} is in the place of the last"), &swapped, last, DamageKind::Checksum);
        }
    }
    expect("nothing is there", &[], last, DamageKind::Missing);
    expect("the head is older", rows, Link { seq: LogSeq(last.seq.0 + 1), ..last }, DamageKind::Missing);
    expect("the head has another sum", rows, Link { sum: [0; 16], ..last }, DamageKind::Checksum);
    let other = open_history(InstanceNo(NO.0 + 1), last, rows);
    assert!(matches!(other, Err(Damage { what: DamageKind::Checksum, .. })), "another instance's rows go unnoticed");
}

fn link(rows: &[Row]) -> Link {
    rows.last().map(|row| Link { seq: row.seq, sum: row.sum }).expect("a history has rows")
}

/// The row with each one of its bits turned over.
fn flips(row: &Row) -> Vec<(String, Row)> {
    let mut flips = Vec::new();
    for bit in 0..64 {
        let turned = |number: u64| number ^ (1 << bit);
        flips.push((format!("bit {bit} of seq"), Row { seq: LogSeq(turned(row.seq.0)), ..row.clone() }));
        flips.push((format!("bit {bit} of no"), Row { no: InstanceNo(turned(row.no.0)), ..row.clone() }));
        let prev = Some(LogSeq(turned(row.prev.map_or(0, |prev| prev.0))));
        flips.push((format!("bit {bit} of prev"), Row { prev, ..row.clone() }));
    }
    for bit in 0..row.sum.len() * 8 {
        let mut turned = row.clone();
        turned.sum[bit / 8] ^= 1 << (bit % 8);
        flips.push((format!("bit {bit} of sum"), turned));
    }
    for bit in 0..row.body.len() * 8 {
        let mut turned = row.clone();
        turned.body[bit / 8] ^= 1 << (bit % 8);
        flips.push((format!("bit {bit} of body"), turned));
    }
    flips
}
