//! What every store must do. Nothing here knows which one it is.

use kernel::model::{LogSeq, Status, Timestamp};
use kernel::port::{CommitError, Key, Order, Query, Reader, Recovery, Store};

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
    commits_are_seen_and_survive(&new());
    an_id_can_be_taken_over(&new());
    nothing_is_where_nothing_was(&new());
    queries(&new());
    rows_only_grow(&new());
}

fn commits_are_seen_and_survive(equipment: &impl Equipment) {
    let batches: &[&[(&'static str, &[Did])]] = &[
        &[("a", &[Start, Schedule(0)])],
        &[("b", &[Start, Sleep(0, 9_000)]), ("c", &[Start, Schedule(0), Schedule(1), Sleep(2, 50)])],
        &[("a", &[Finish(0), Schedule(1), Say("{\"step\":1}")]), ("d", &[Start, Complete])],
        // Two rows of one instance in a batch: the head is that of the second.
        &[("c", &[Finish(0)]), ("c", &[Finish(1), Fire(2), Sleep(3, 7_000)])],
        &[("a", &[Retry(1, 123)]), ("e", &[Start, Sleep(0, 7_000)]), ("f", &[Start, Schedule(0), Fail])],
        &[("b", &[Fire(0), Say("null"), Complete]), ("g", &[Start, Schedule(0), Terminate])],
    ];
    let (mut store, mut reader, recovery) = equipment.open();
    assert_eq!((&recovery.busy[..], &recovery.wakes[..]), (&[][..], &[][..]));
    let mut model = Model::new(&recovery);
    for batch in batches {
        for (id, did) in *batch {
            model.add(id, did);
        }
        model.commit(&mut store).unwrap();
        model.check(&reader);
        drop((store, reader));
        let recovery;
        (store, reader, recovery) = equipment.open();
        assert_eq!(recovery, model.recovery());
        model.check(&reader);
    }
}

fn an_id_can_be_taken_over(equipment: &impl Equipment) {
    let (mut store, reader, recovery) = equipment.open();
    let mut model = Model::new(&recovery);
    model.add("a", &[Start, Schedule(0)]).add("b", &[Start, Schedule(0)]).commit(&mut store).unwrap();
    model.add("a", &[Finish(0), Complete]).commit(&mut store).unwrap();
    let old = model.live["a"].clone();
    model.add("a", &[Start, Schedule(0)]).add("b", &[Finish(0), Complete]).commit(&mut store).unwrap();
    model.check(&reader);
    assert_eq!(reader.head(&Key::No(old.head.no)), Ok(None));
    for row in &old.rows {
        assert_eq!(reader.row(row.seq), Ok(None));
    }
    assert!(reader.history(old.head.no, old.head.last).is_err());
    drop((store, reader));
    let (mut store, reader, recovery) = equipment.open();
    assert_eq!(recovery, model.recovery());
    model.check(&reader);
    // And once more, now that the store may have it written elsewhere.
    model.add("a", &[Terminate]).commit(&mut store).unwrap();
    model.add("a", &[Start]).commit(&mut store).unwrap();
    model.check(&reader);
}

fn nothing_is_where_nothing_was(equipment: &impl Equipment) {
    let (mut store, reader, recovery) = equipment.open();
    let mut model = Model::new(&recovery);
    store.commit(&model.take()).unwrap();
    model.add("a", &[Start]).commit(&mut store).unwrap();
    let head = &model.live["a"].head;
    let nobody = kernel::model::InstanceId::parse("nobody").unwrap();
    assert_eq!(reader.head(&Key::Id(nobody)), Ok(None));
    assert_eq!(reader.head(&Key::No(kernel::model::InstanceNo(head.no.0 + 1))), Ok(None));
    assert_eq!(reader.row(LogSeq(head.last.0 + 1)), Ok(None));
    assert!(reader.history(head.no, LogSeq(head.last.0 + 1)).is_err());
}

fn queries(equipment: &impl Equipment) {
    let (mut store, reader, recovery) = equipment.open();
    let mut model = Model::new(&recovery);
    for id in ["order-1", "order-2", "order-%", "Order-4", "order", "é-1", "é-2"] {
        model.add(id, &[Start, Schedule(0)]).commit(&mut store).unwrap();
    }
    model.add("order-2", &[Finish(0), Complete]).add("é-1", &[Fail]).add("order", &[Terminate]);
    model.commit(&mut store).unwrap();
    let heads = model.heads();
    let created = |index: usize| Some(heads[index].created);
    let check = |query: Query, expect: &[&str]| {
        for (limit, order) in [(1, Order::OldestFirst), (2, Order::NewestFirst), (100, Order::OldestFirst)] {
            let mut expect = expect.to_vec();
            if order == Order::NewestFirst {
                expect.reverse();
            }
            let found = pages(&reader, &Query { limit, order, ..query.clone() });
            assert_eq!(found.iter().map(|head| head.id.as_str()).collect::<Vec<_>>(), expect, "{query:?} {limit}");
        }
    };
    let all = Query::default;
    let prefix = |text: &str| Some(text.to_owned());
    check(all(), &["order-1", "order-2", "order-%", "Order-4", "order", "é-1", "é-2"]);
    check(Query { prefix: prefix("order-"), ..all() }, &["order-1", "order-2", "order-%"]);
    check(Query { prefix: prefix("order-%"), ..all() }, &["order-%"]);
    check(Query { prefix: prefix("é"), ..all() }, &["é-1", "é-2"]);
    check(Query { prefix: prefix(""), statuses: vec![Status::Failed], ..all() }, &["é-1"]);
    check(Query { statuses: vec![Status::Completed, Status::Terminated], ..all() }, &["order-2", "order"]);
    check(Query { created_from: created(1), created_to: created(3), ..all() }, &["order-2", "order-%", "Order-4"]);
    check(Query { created_from: Some(Timestamp(u64::MAX)), ..all() }, &[]);
    check(Query { created_to: Some(Timestamp(u64::MAX)), statuses: vec![Status::Failed], ..all() }, &["é-1"]);
    let none = reader.query(&Query { limit: 0, ..all() }).unwrap();
    assert_eq!((none.heads, none.next), (vec![], None));
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
