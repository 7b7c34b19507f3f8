//! Bytes that no host wrote: what the decoder says of them, under a checksum that is right. Golden bytes and damage are
//! tested from outside.

use super::wire;
use crate::model::{Event, FunctionName, Payload, Record, TaskId, Timestamp};

fn body() -> Vec<u8> {
    let name = FunctionName::parse("greet").unwrap();
    let input = Payload::trusted(br#""Ada""#);
    let scheduled = Event::TaskScheduled { task: TaskId(3), name, input, options: Default::default() };
    wire::encode(&Record { at: Timestamp(1_000), events: vec![Event::TurnStarted, scheduled] })
}

#[test]
fn bytes_that_no_host_wrote() {
    let check = |body: &[u8], expect: &str| {
        let error = wire::decode(body).expect_err("these bytes are no record");
        assert!(error.contains(expect), "{body:02x?}: {error:?} has no {expect:?}");
    };
    let good = body();
    assert!(wire::decode(&good).is_ok());
    check(&[], "the row is empty");
    check(&[2, 0, 0], "format 2 is unknown; this host reads format 1");
    check(&[&good[..], &[0]].concat(), "1 bytes follow the record");
    for len in 1..good.len() {
        check(&good[..len], "end");
    }
    // One event of kind 13, which does not exist.
    check(&[1, 0, 1, 13], "");
    // The name of an activity is checked as if it came from outside; the name here is `gre/t`.
    let place = good.windows(5).position(|five| five == b"greet").unwrap() + 3;
    let mut renamed = good.clone();
    renamed[place] = b'/';
    check(&renamed, "is not a function name");
    renamed[place] = 0xff;
    check(&renamed, "invalid utf-8");
    // A count of events, and a length of a payload, far beyond what there is.
    let huge = [0xff, 0xff, 0xff, 0xff, 0x0f];
    check(&[&[1, 0][..], &huge].concat(), "end");
    check(&[&[1, 0, 1, 4, 0][..], &huge].concat(), "end");
    // A number of more bits than it may have.
    check(&[&[1][..], &[0xff; 11]].concat(), "");
}

#[test]
fn no_bytes_make_the_decoder_panic() {
    let good = body();
    let mut seed = 1_u64;
    for _ in 0..20_000 {
        let mut bytes = good.clone();
        for _ in 0..3 {
            // A linear congruence is enough to reach every byte and every value.
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (place, value) = ((seed >> 33) as usize % bytes.len(), (seed >> 56) as u8);
            bytes[place] = value;
        }
        if let Ok(record) = wire::decode(&bytes) {
            // What was read can be written, and read again.
            assert_eq!(wire::decode(&wire::encode(&record)).map(|record| record.at), Ok(record.at));
        }
    }
}
