//! What every store must do. Nothing here knows which one it is.

use kernel::model::{BlobDigest, InstanceId, InstanceNo, LetterNo, LogSeq, Status, Timestamp};
use kernel::port::{Batch, CommitError, Dropped, Key, Order, Query, Reader, Recovery, Store, What};

use crate::beside::blob;
use crate::hub::*;

/// A store that can be opened again on what it kept.
pub trait Equipment {
    type Store: Store;
    type Reader: Reader;

    /// Opens it; what is kept outlives it.
    fn open(&self) -> (Self::Store, Self::Reader, Recovery);
}

/// Runs the whole suite; each part on equipment of its own.
pub fn run<E: Equipment>(new: impl Fn() -> E) {
    for steps in [LIVES, RENEWALS, TAKEOVERS, PURGES, LETTERS, ENTITIES, BLOBS, MARKS] {
        play(&new(), steps, Reopened::Never);
        play(&new(), steps, Reopened::AfterEach);
    }
    nothing_is_where_nothing_was(&new());
    queries(&new());
    queries_of_entities(&new());
    a_thousand_entities(&new());
    rows_only_grow(&new());
}

/// What one batch holds.
type Step = fn(&mut Model) -> &mut Model;

const LIVES: &[Step] = &[
    |m| m.add("a", &[Start, Schedule(0)]),
    |m| m.add("b", &[Start, Sleep(0, 9_000)]).add("c", &[StartChild, Schedule(0), Schedule(1), Sleep(2, 50)]),
    |m| m.add("a", &[Finish(0), Schedule(1), Say("{\"step\":1}")]).add("d", &[Start, Complete]),
    // Two rows of one instance in a batch: the head is that of the second.
    |m| m.add("c", &[Finish(0)]).add("c", &[Finish(1), Fire(2), Sleep(3, 7_000)]),
    |m| m.add("a", &[Retry(1, 123)]).add("e", &[Start, Sleep(0, 7_000)]).add("f", &[Start, Schedule(0), Fail]),
    |m| m.add("b", &[Fire(0), Say("null"), Complete]).add("g", &[Start, Schedule(0), Terminate]),
    |m| m.add("p", &[StartAt(9_500)]).add("s", &[Start, Sleep(0, 9_000), Schedule(1), Suspend]),
    |m| m.add("p", &[Suspend]).add("s", &[Finish(1)]),
    |m| m.add("p", &[Resume, Complete]).add("s", &[Resume, Fire(0), Schedule(2)]),
];

/// The next execution of an instance begins.
const RENEWALS: &[Step] = &[
    |m| m.add("a", &[StartChild, Sleep(0, 50)]).add("b", &[Start, Schedule(0)]),
    |m| m.add("a", &[Fire(0), Schedule(1)]),
    |m| m.renew("a", &[Sleep(0, 60)]),
    // The row that ends an execution is in the same batch, or the whole execution is.
    |m| m.add("a", &[Fire(0)]).renew("a", &[Schedule(0)]),
    |m| m.renew("a", &[]).renew("a", &[Schedule(0)]).add("a", &[Finish(0), Sleep(1, 70)]),
    |m| m.renew("b", &[Complete]).add("c", &[Start]).renew("c", &[]).add("c", &[Complete]),
    // What was renewed goes, too.
    |m| m.add("b", &[Start, Schedule(0)]).purge("c"),
    |m| m.renew("a", &[Fail]).purge("a"),
    |m| m.renew("b", &[Schedule(0)]).purge("b").add("b", &[Start, Schedule(0)]),
];

const TAKEOVERS: &[Step] = &[
    |m| m.add("a", &[Start, Schedule(0)]).add("b", &[Start, Schedule(0)]),
    |m| m.add("a", &[Finish(0), Complete]),
    |m| m.add("a", &[Start, Schedule(0)]).add("b", &[Finish(0), Complete]),
    // And once more, now that the store may have it written elsewhere.
    |m| m.add("a", &[Terminate]),
    |m| m.add("a", &[Start]),
    |m| m.add("a", &[Complete]).add("a", &[Start, Complete]).add("a", &[Start, Schedule(0)]),
];

const PURGES: &[Step] = &[
    |m| m.add("a", &[Start, Schedule(0)]).add("b", &[Start, Complete]).add("c", &[Start]),
    |m| m.add("a", &[Finish(0), Complete]).add("c", &[Complete]),
    // The newest instance and the newest row: their numbers must not be given again.
    |m| m.purge("c"),
    |m| m.purge("a").purge("b"),
    |m| m.add("b", &[Start, Schedule(0)]).add("c", &[Start, Fail]),
    |m| m.add("b", &[Terminate]).purge("b").purge("c"),
    |m| m.add("d", &[Start, Complete]).purge("d"),
    |m| m.add("a", &[Start, Sleep(0, 9_000)]),
];

const LETTERS: &[Step] = &[
    |m| m.post("one").add("a", &[Start]),
    |m| m.post("two").post("three"),
    |m| m.take_letter("two").add("a", &[Schedule(0)]),
    |m| m.take_letter("three").take_letter("one"),
    |m| m.post("four").take_letter("four"),
    |m| m.post("five"),
];

/// The newest row of an entity takes the place of the one before it.
const ENTITIES: &[Step] = &[
    |m| m.set("@counter@a", "1").add("a", &[Start]),
    |m| m.set("@counter@a", "2"),
    |m| m.set("@counter@a", "3").set("@counter@", "1"),
    // Twice in a batch, and a new one twice.
    |m| m.set("@counter@a", "4").set("@counter@a", "5").set("@counter@b", "1").set("@counter@b", "2"),
    |m| m.purge("@counter@a"),
    // The id again, with another number; and at once.
    |m| m.set("@counter@a", "1"),
    |m| m.purge("@counter@a").set("@counter@a", "1").set("@counter@a", "2"),
    |m| m.set("@counter@c", "1").purge("@counter@c"),
    |m| m.set("@account@a@b", "{}").add("a", &[Complete]).post("one"),
    |m| m.take_letter("one").set("@account@a@b", "[]").purge("@counter@b"),
];

/// What goes takes its references along; a blob stays as long as one is left.
const BLOBS: &[Step] = &[
    |m| m.add("a", &[Start]).refer("a", "x"),
    |m| m.add("a", &[Schedule(0)]).refer("a", "y").refer("a", "x").refer("a", "x"),
    |m| m.add("b", &[Start]).refer("b", "x").post("one").refer("one", "x").refer("one", "z"),
    |m| m.post("two").refer("two", "z").take_letter("one"),
    |m| m.renew("a", &[Schedule(0)]),
    |m| m.add("a", &[Finish(0), Complete]).refer("a", "y").purge("b"),
    |m| m.take_letter("two").purge("a"),
    // An entity that keeps its state in a blob, and then another one, and then none.
    |m| m.set("@counter@a", "1").refer("@counter@a", "x"),
    |m| m.set("@counter@a", "1").refer("@counter@a", "x"),
    |m| m.set("@counter@a", "2").refer("@counter@a", "y"),
    |m| m.set("@counter@b", "2").refer("@counter@b", "y"),
    |m| m.set("@counter@a", "3"),
    |m| m.set("@counter@b", "2").refer("@counter@b", "z").set("@counter@b", "3"),
    // Of an instance and a letter with the same number.
    |m| m.post("three").refer("three", "x").add("c", &[Start]).refer("c", "x"),
    |m| m.take_letter("three").add("c", &[Complete]),
    |m| m.purge("c").add("c", &[Start]).refer("c", "z"),
];

const MARKS: &[Step] = &[
    |m| m.mark("timer/a", 1_000, 0),
    |m| m.mark("timer/a", 2_000, 2_000).mark("timer/b", 1_000, 0),
    // Out of order, twice, and with the effect.
    |m| m.mark("stream/a", 7, 0).mark("stream/a", 5, 0).post("one"),
    |m| m.mark("stream/a", 6, 5).mark("stream/a", 8, 6).mark("stream/a", 7, 6).take_letter("one"),
    |m| m.mark("stream/a", 9, 6).mark("stream/b", 9, 20).mark("stream/b", 19, 7).mark("stream/b", 21, 7),
    |m| m.mark("stream/c", u64::MAX, 0).mark("stream/c", i64::MAX as u64, 0).mark("stream/c", 0, 0),
    |m| m.mark("stream/c", 1 << 63, i64::MAX as u64),
    // Below its own floor it goes at once.
    |m| m.mark("stream/a", 3, 9).mark("timer/a", 5, 10_000),
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Reopened {
    Never,
    AfterEach,
}

/// Commits one batch after the other. All that was committed is seen, and survives.
fn play(equipment: &impl Equipment, steps: &[Step], reopened: Reopened) {
    let (mut store, mut reader, mut recovery) = equipment.open();
    let mut model = Model::new(&recovery);
    model.check_recovery(&recovery);
    for step in steps {
        step(&mut model).commit(&mut store).unwrap();
        model.check(&reader);
        if reopened == Reopened::AfterEach {
            drop((store, reader));
            (store, reader, recovery) = equipment.open();
            model.check_recovery(&recovery);
            model.renumber(&recovery);
            model.check(&reader);
        }
    }
    drop((store, reader));
    let (store, reader, recovery) = equipment.open();
    model.check_recovery(&recovery);
    model.check(&reader);
    drop(store);
}

fn nothing_is_where_nothing_was(equipment: &impl Equipment) {
    let (mut store, reader, recovery) = equipment.open();
    let mut model = Model::new(&recovery);
    store.commit(&model.take()).unwrap();
    let dropped = Dropped { no: InstanceNo(77), last: LogSeq(88) };
    let (drops, trims, takes) = (vec![dropped], vec![dropped], vec![LetterNo(99)]);
    store.commit(&Batch { drops, trims, takes, ..Batch::default() }).unwrap();
    model.add("a", &[Start]).commit(&mut store).unwrap();
    model.check(&reader);
    let head = &model.live["a"].head;
    let nobody = InstanceId::parse("nobody").unwrap();
    assert_eq!(reader.head(&Key::Id(nobody)), Ok(None));
    assert_eq!(reader.head(&Key::No(InstanceNo(head.no.0 + 1))), Ok(None));
    assert_eq!(reader.row(LogSeq(head.last.0 + 1)), Ok(None));
    assert!(reader.history(head.no, LogSeq(head.last.0 + 1)).is_err());
    assert_eq!(reader.is_referred_to(BlobDigest([0; 32])), Ok(false));
    assert_eq!((reader.is_marked("nobody", 0), reader.last_mark("nobody")), (Ok(false), Ok(None)));
    // References of those that go and are not there; what the batch itself adds stays.
    let blobs = model.refer("a", "x").take().blobs;
    store.commit(&Batch { blobs, drops: vec![dropped], trims: vec![dropped], ..Batch::default() }).unwrap();
    assert_eq!(reader.is_referred_to(blob("x").digest), Ok(true));
}

fn queries(equipment: &impl Equipment) {
    let (mut store, reader, recovery) = equipment.open();
    let mut model = Model::new(&recovery);
    for id in ["order-1", "order-2", "order-%", "Order-4", "order", "é-1", "é-2"] {
        let did: &[Did] = if id == "order-%" { &[StartAt(9_000)] } else { &[Start, Schedule(0)] };
        model.add(id, did).commit(&mut store).unwrap();
    }
    model.add("order-2", &[Finish(0), Complete]).add("é-1", &[Fail]).add("order", &[Terminate]).add("é-2", &[Suspend]);
    model.commit(&mut store).unwrap();
    let heads = model.heads();
    let created = |index: usize| Some(heads[index].created);
    let check = |query: Query, expect: &[&str]| check_query(&reader, query, expect);
    let all = Query::default;
    let prefix = |text: &str| Some(text.to_owned());
    check(all(), &["order-1", "order-2", "order-%", "Order-4", "order", "é-1", "é-2"]);
    check(Query { prefix: prefix("order-"), ..all() }, &["order-1", "order-2", "order-%"]);
    check(Query { prefix: prefix("order-%"), ..all() }, &["order-%"]);
    check(Query { prefix: prefix("é"), ..all() }, &["é-1", "é-2"]);
    check(Query { prefix: prefix(""), statuses: vec![Status::Failed], ..all() }, &["é-1"]);
    check(Query { statuses: vec![Status::Completed, Status::Terminated], ..all() }, &["order-2", "order"]);
    check(Query { statuses: vec![Status::Pending, Status::Suspended], ..all() }, &["order-%", "é-2"]);
    check(Query { statuses: vec![Status::Running], ..all() }, &["order-1", "Order-4"]);
    check(Query { created_from: created(1), created_to: created(3), ..all() }, &["order-2", "order-%", "Order-4"]);
    check(Query { created_from: Some(Timestamp(u64::MAX)), ..all() }, &[]);
    check(Query { updated_from: created(4), ..all() }, &["order-2", "order", "é-1", "é-2"]);
    check(Query { updated_from: created(2), updated_to: created(4), ..all() }, &["order-%", "Order-4"]);
    check(Query { updated_to: created(1), created_from: created(1), ..all() }, &[]);
    check(Query { created_to: Some(Timestamp(u64::MAX)), statuses: vec![Status::Failed], ..all() }, &["é-1"]);
    let none = reader.query(&Query { limit: 0, ..all() }).unwrap();
    assert_eq!((none.heads, none.next), (vec![], None));
}

fn queries_of_entities(equipment: &impl Equipment) {
    let (mut store, reader, recovery) = equipment.open();
    let mut model = Model::new(&recovery);
    for id in ["@counter@a", "@counter@b", "@account@a", "@counter@", "@count@a"] {
        model.set(id, "1").add(&id[1..], &[Start]).commit(&mut store).unwrap();
    }
    model.set("@counter@b", "2").commit(&mut store).unwrap();
    model.set("@count@a", "2").commit(&mut store).unwrap();
    let touched = model.live["@counter@b"].head.updated;
    let check = |query: Query, expect: &[&str]| check_query(&reader, query, expect);
    let all = || Query { what: What::Entities, ..Query::default() };
    let prefix = |text: &str| Some(text.to_owned());
    check(all(), &["@counter@a", "@counter@b", "@account@a", "@counter@", "@count@a"]);
    check(Query { prefix: prefix("@counter@"), ..all() }, &["@counter@a", "@counter@b", "@counter@"]);
    check(Query { prefix: prefix("@count"), ..all() }, &["@counter@a", "@counter@b", "@counter@", "@count@a"]);
    check(Query { prefix: prefix("count"), ..all() }, &[]);
    check(Query { updated_from: Some(touched), ..all() }, &["@counter@b", "@count@a"]);
    check(
        Query { updated_to: Some(touched), prefix: prefix("@c"), ..all() },
        &["@counter@a", "@counter@b", "@counter@"],
    );
    check(Query { prefix: prefix("count"), ..Query::default() }, &["counter@a", "counter@b", "counter@", "count@a"]);
    check(Query { prefix: prefix("@"), ..Query::default() }, &[]);
}

/// Compares the ids that a query finds, page by page and in both orders.
pub fn check_query(reader: &impl Reader, query: Query, expect: &[&str]) {
    for (limit, order) in [(1, Order::OldestFirst), (2, Order::NewestFirst), (100, Order::OldestFirst)] {
        let mut expect = expect.to_vec();
        if order == Order::NewestFirst {
            expect.reverse();
        }
        let found = pages(reader, &Query { limit, order, ..query.clone() });
        assert_eq!(found.iter().map(|head| head.id.as_str()).collect::<Vec<_>>(), expect, "{query:?} {limit}");
    }
}

/// One batch may change as many entities as it likes, known or new.
fn a_thousand_entities(equipment: &impl Equipment) {
    let (mut store, reader, recovery) = equipment.open();
    let mut model = Model::new(&recovery);
    let ids: Vec<&'static str> = (0..1_000).map(|i| &*format!("@counter@{i}").leak()).collect();
    for state in ["1", "2", "3"] {
        for id in &ids {
            model.set(id, state);
        }
        model.commit(&mut store).unwrap();
    }
    for id in &ids[..500] {
        model.purge(id);
    }
    for id in &ids[250..] {
        model.set(id, "4");
    }
    model.commit(&mut store).unwrap();
    model.check(&reader);
    drop((store, reader));
    let (_store, reader, recovery) = equipment.open();
    model.check_recovery(&recovery);
    model.check(&reader);
}

fn rows_only_grow(equipment: &impl Equipment) {
    let (mut store, _, recovery) = equipment.open();
    let mut model = Model::new(&recovery);
    let batch = model.add("a", &[Start, Schedule(0)]).take();
    store.commit(&batch).unwrap();
    assert!(matches!(store.commit(&batch), Err(CommitError::Lost(_))));
    assert!(matches!(model.add("a", &[Finish(0)]).commit(&mut store), Err(CommitError::Lost(_))));
    drop(store);
    let (store, reader, _) = equipment.open();
    assert_eq!(reader.history(batch.heads[0].no, batch.heads[0].last), Ok(batch.rows));
    drop(store);
}
