//! Bytes that no host wrote: what the decoder says of them, under a checksum that is right. Golden bytes and damage are
//! tested from outside.

use super::wire;
use crate::model::{
    Attempted, Event, Execution, Failure, FunctionName, InstanceNo, Letter, Payload, Record, TaskId, Timestamp,
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
    wire::encode_letter(&Letter::ChildDone { to: InstanceNo(17), of, outcome })
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
    check(&[2, 1, 1, b'i', 0, 1, b'1'], "the name of an event has");
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
    let good = [body(), letter()];
    let mut seed = 1_u64;
    for turn in 0..40_000 {
        let mut bytes = good[turn % 2].clone();
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
    }
}
