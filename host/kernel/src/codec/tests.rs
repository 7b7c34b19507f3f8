//! Bytes that no host wrote: what the decoder says of them, under a checksum that is right. Golden bytes and damage are
//! tested from outside.

use super::{open_entity, open_row, seal, seal_entity, wire};
use crate::model::{
    Attempted, BlobRef, Entity, EntityId, EntityState, Event, Execution, Failure, FunctionName, Holder, InstanceNo,
    Letter, LockSet, LogSeq, Payload, Record, TaskId, Timestamp,
};

fn body() -> Vec<u8> {
    let name = FunctionName::parse("greet").unwrap();
    let input = Payload::trusted(br#""Ada""#);
    let scheduled = Event::TaskScheduled { task: TaskId(3), name, input, options: Default::default() };
    wire::encode_record(&Record { at: Timestamp(1_000), events: vec![Event::TurnStarted { takes: 0 }, scheduled] })
}

fn letter() -> Vec<u8> {
    let of = Attempted { execution: Execution(1), task: TaskId(3), attempt: 2 };
    let outcome = Err(Failure::host("declined", "no money"));
    wire::encode_letter(&Letter::TaskDone { to: InstanceNo(17), of, outcome })
}

fn holder() -> Holder {
    Holder { no: InstanceNo(17), execution: Execution(1), task: TaskId(3) }
}

fn entity() -> Entity {
    let id = EntityId::new("counter", "a").unwrap();
    let state = EntityState { data: Payload::blob(BlobRef::of(b"[1]")), version: 2 };
    Entity { state: Some(state), lock: Some(holder()), ..Entity::new(id, Timestamp(1_000)) }
}

fn lock() -> Vec<u8> {
    let ids = ["a", "b"].map(|key| EntityId::new("c", key).unwrap());
    let set = LockSet::new(ids.to_vec()).unwrap();
    wire::encode_letter(&Letter::Lock { set, at: 1, holder: holder() })
}

#[test]
fn letters_that_no_host_wrote() {
    let check = |body: &[u8], expect: &str| {
        let error = wire::decode_letter(body).expect_err("these bytes are no letter");
        assert!(error.contains(expect), "{body:02x?}: {error:?} has no {expect:?}");
    };
    let good = letter();
    assert!(wire::decode_letter(&good).is_ok());
    check(&[], "the row is empty");
    check(&[1, 0], "format 1 is unknown; this host reads format 2");
    check(&[&good[..], &[0]].concat(), "1 bytes follow");
    check(&[2, 99], "");
    for len in 1..good.len() {
        check(&good[..len], "end");
    }
    // An event for nobody, and an event without a name.
    check(&[2, 1, 0, 2, b'G', b'o', 1, b'1'], "an instance id must not be empty");
    check(&[2, 1, 1, b'i', 0, 1, b'1'], "the name of an event or an operation has");
    // A lock of nothing, of what is no entity, and a place behind its entities.
    check(&[2, 5, 0, 0, 17, 1, 3], "a lock of no entities");
    check(&[2, 5, 1, 2, b'@', b'c', 0, 17, 1, 3], "has the form @name@key");
    let mut elsewhere = lock();
    let place = elsewhere.len() - 4;
    assert_eq!(elsewhere[place], 1);
    elsewhere[place] = 2;
    check(&elsewhere, "a place behind the entities of a lock");
    // An operation without a name, and one for an orchestration.
    check(&[2, 4, 4, b'@', b'c', b'@', b'a', 0, 1, b'1', 7, 0, 0], "the name of an event or an operation has");
    check(&[2, 4, 1, b'i', 2, b'G', b'o', 1, b'1', 7, 0, 0], "has the form @name@key");
}

#[test]
fn entities_that_no_host_wrote() {
    let check = |body: &[u8], expect: &str| {
        let error = wire::decode_entity(body).expect_err("these bytes are no entity");
        assert!(error.contains(expect), "{body:02x?}: {error:?} has no {expect:?}");
    };
    let good = wire::encode_entity(&entity());
    assert_eq!(wire::decode_entity(&good), Ok(entity()));
    check(&[], "the row is empty");
    check(&[&[2], &good[1..]].concat(), "format 2 is unknown; this host reads format 130");
    check(&[&good[..], &[0]].concat(), "1 bytes follow");
    for len in 1..good.len() {
        check(&good[..len], "end");
    }
    check(&[0x82, 2, b'@', b'c', 0, 0, 0, 0, 0], "has the form @name@key");
    check(&[0x82, 3, b'@', b' ', b'@', 0, 0, 0, 0, 0], "the name of an entity");
}

/// Each says of the other's row that it cannot be read, although the sum is right.
#[test]
fn a_record_is_no_entity_and_an_entity_is_no_record() {
    let record = wire::decode_record(&body()).unwrap();
    let (no, seq) = (InstanceNo(1), LogSeq(10));
    let of_record = open_entity(&seal(no, seq, None, &record)).unwrap_err().to_string();
    assert!(of_record.contains("format 2 is unknown; this host reads format 130"), "{of_record}");
    let of_entity = open_row(&seal_entity(no, seq, &entity()), None).unwrap_err().to_string();
    assert!(of_entity.contains("format 130 is unknown; this host reads format 2"), "{of_entity}");
}

/// What a blob holds comes back as the name of the blob, and what looks like one and is none as the text that it is.
#[test]
fn a_payload_stays_where_it_is_kept() {
    let check = |input: Payload| {
        let event = Event::TaskCompleted { task: TaskId(0), output: input.clone() };
        let record = Record { at: Timestamp(0), events: vec![event] };
        let back = wire::decode_record(&wire::encode_record(&record)).unwrap();
        let Event::TaskCompleted { output, .. } = &back.events[0] else { panic!("it is another event") };
        assert_eq!((output.blob_ref(), output.inline()), (input.blob_ref(), input.inline()));
    };
    check(Payload::blob(BlobRef::of(b"[1]")));
    check(Payload::blob(BlobRef { length: u64::MAX, ..BlobRef::of(b"") }));
    check(Payload::trusted(b"[1]"));
    check(Payload::trusted(Payload::blob(BlobRef::of(b"[1]")).shown().as_bytes()));
    check(Payload::trusted(format!("\"{}\"", "0".repeat(39)).as_bytes()));
}

#[test]
fn bytes_that_no_host_wrote() {
    let check = |body: &[u8], expect: &str| {
        let error = wire::decode_record(body).expect_err("these bytes are no record");
        assert!(error.contains(expect), "{body:02x?}: {error:?} has no {expect:?}");
    };
    let good = body();
    assert!(wire::decode_record(&good).is_ok());
    check(&[], "the row is empty");
    check(&[1, 0, 0], "format 1 is unknown; this host reads format 2");
    check(&[&good[..], &[0]].concat(), "1 bytes follow the record");
    for len in 1..good.len() {
        check(&good[..len], "end");
    }
    // One event of kind 99, which does not exist.
    check(&[2, 0, 1, 99], "");
    // The name of an activity is checked as if it came from outside; the name here is `gre/t`.
    let place = good.windows(5).position(|five| five == b"greet").unwrap() + 3;
    let mut renamed = good.clone();
    renamed[place] = b'/';
    check(&renamed, "is not a function name");
    renamed[place] = 0xff;
    check(&renamed, "invalid utf-8");
    // A count of events, and a length of a payload, far beyond what there is.
    let huge = [0xff, 0xff, 0xff, 0xff, 0x0f];
    check(&[&[2, 0][..], &huge].concat(), "end");
    check(&[&[2, 0, 1, 5, 0][..], &huge].concat(), "end");
    // A number of more bits than it may have.
    check(&[&[2][..], &[0xff; 11]].concat(), "");
}

#[test]
fn no_bytes_make_the_decoder_panic() {
    let good = [body(), letter(), lock(), wire::encode_entity(&entity())];
    let mut seed = 1_u64;
    for turn in 0..60_000 {
        let mut bytes = good[turn % good.len()].clone();
        for _ in 0..3 {
            // A linear congruence is enough to reach every byte and every value.
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (place, value) = ((seed >> 33) as usize % bytes.len(), (seed >> 56) as u8);
            bytes[place] = value;
        }
        if let Ok(record) = wire::decode_record(&bytes) {
            // What was read can be written, and read again.
            assert_eq!(wire::decode_record(&wire::encode_record(&record)).map(|record| record.at), Ok(record.at));
        }
        if let Ok(letter) = wire::decode_letter(&bytes) {
            assert_eq!(wire::decode_letter(&wire::encode_letter(&letter)), Ok(letter));
        }
        if let Ok(entity) = wire::decode_entity(&bytes) {
            assert_eq!(wire::decode_entity(&wire::encode_entity(&entity)), Ok(entity));
        }
    }
}
