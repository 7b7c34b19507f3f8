//! The conformance suite: what it asks of a store it asks through [`Blobs`], and it breaks objects behind its back.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::mpsc;

use bytes::Bytes;
use futures_util::TryStreamExt;
use kernel::limits::PAYLOAD_MAX_BYTES;
use kernel::model::{BlobDigest, BlobRef, Millis, Payload, Timestamp};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::backend::Backend;
use crate::blobs::Blobs;
use crate::format;
use crate::name::path_of;
use crate::sweep::Swept;

const THRESHOLD: usize = 1_000;
const GRACE: Millis = Millis(60_000);
/// Whatever a store has written was written long before.
const LATER: Timestamp = Timestamp(10_000_000_000_000);

/// Opens the same store again, as after a restart: nothing is in memory.
pub(super) type Open<'a> = &'a dyn Fn() -> Backend;

pub(super) async fn run(open: Open<'_>) {
    large_payloads_become_blobs_and_come_back(open).await;
    what_is_there_is_not_written_again(open).await;
    a_broken_object_is_named_and_repaired(open).await;
    a_sweep_deletes_what_is_old_and_unreferenced(open).await;
    a_blob_that_is_put_during_a_sweep_stays(open).await;
    puts_and_sweeps_do_not_cross(open, 20).await;
}

pub(super) fn blobs(open: Open<'_>) -> Blobs {
    Blobs::over(open(), THRESHOLD, GRACE)
}

/// A text that hardly compresses, another one for each seed.
pub(super) fn text(seed: u64, length: usize) -> Payload {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let bytes: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    })
    .flatten()
    .take(length)
    .collect();
    Payload::trusted(&bytes)
}

async fn large_payloads_become_blobs_and_come_back(open: Open<'_>) {
    let largest = Payload::trusted(&vec![b'x'; PAYLOAD_MAX_BYTES]);
    for (payload, expect_blob) in [
        (Payload::null(), false),
        (text(1, THRESHOLD), false),
        (text(2, THRESHOLD + 1), true),
        (text(3, 1 << 20), true),
        (text(4, PAYLOAD_MAX_BYTES), true),
        (largest, true),
    ] {
        let (warm, length) = (blobs(open), payload.len());
        let stored = warm.store(payload.clone()).await.unwrap();
        assert_eq!((stored.blob_ref().is_some(), stored.len()), (expect_blob, length));
        for blobs in [&warm, &blobs(open)] {
            let fetched = blobs.fetch(&stored).await.unwrap();
            assert!(fetched.inline() == payload.inline(), "another text of {length} bytes came back");
        }
    }
}

async fn what_is_there_is_not_written_again(open: Open<'_>) {
    let text = text(5, 2 * THRESHOLD);
    let warm = blobs(open);
    let blob = warm.put(&text).await.unwrap();
    let store = open().store;
    let written = store.head(&path_of(blob.digest)).await.unwrap();
    for blobs in [&warm, &blobs(open)] {
        assert_eq!(blobs.put(&text).await, Ok(blob));
        assert_eq!(store.head(&path_of(blob.digest)).await.unwrap(), written);
    }
    let together = futures_util::future::join_all((0..20).map(|_| warm.put(&text)));
    assert!(together.await.into_iter().all(|put| put == Ok(blob)));
}

/// How an object can be broken.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Damage {
    Deleted,
    Emptied,
    Cut,
    Flipped,
    Swapped,
    Bomb,
}

async fn a_broken_object_is_named_and_repaired(open: Open<'_>) {
    // Third: whether a put notices it that has the text in memory, and so looks at the size alone.
    for (seed, damage, noticed, expect) in [
        (10, Damage::Deleted, true, "is missing from"),
        (11, Damage::Emptied, true, "less than a header"),
        (12, Damage::Cut, true, "cannot be unpacked"),
        (13, Damage::Flipped, false, "is damaged in"),
        (14, Damage::Swapped, false, "another digest"),
        (15, Damage::Bomb, true, "cannot be unpacked"),
    ] {
        let text = text(seed, 2 * THRESHOLD);
        let (store, warm) = (open().store, blobs(open));
        let blob = warm.put(&text).await.unwrap();
        let damage = || harm(&*store, blob, damage);
        damage().await;
        let error = blobs(open).get(blob).await.unwrap_err().to_string();
        let names_it = error.contains(&blob.digest.to_string());
        assert!(names_it && error.contains(expect), "{error:?} does not name it or has no {expect:?}");

        let readable = async || blobs(open).get(blob).await.is_ok_and(|got| got == text);
        assert_eq!(warm.put(&text).await, Ok(blob));
        assert_eq!(readable().await, noticed, "{expect}");
        damage().await;
        assert_eq!(blobs(open).put(&text).await, Ok(blob));
        assert!(readable().await, "{expect}");
    }
}

async fn harm(store: &dyn ObjectStore, blob: BlobRef, damage: Damage) {
    let path = path_of(blob.digest);
    if damage == Damage::Deleted {
        return store.delete(&path).await.unwrap();
    }
    let mut object = store.get(&path).await.unwrap().bytes().await.unwrap().to_vec();
    match damage {
        Damage::Deleted | Damage::Emptied => object.clear(),
        Damage::Cut => object.truncate(object.len() / 2),
        Damage::Flipped => *object.last_mut().unwrap() ^= 1,
        Damage::Swapped => {
            object = Bytes::from(format::pack(text(99, 2 * THRESHOLD).inline().unwrap()).unwrap()).into()
        }
        Damage::Bomb => {
            object.truncate(20);
            object.extend(zstd::bulk::compress(&vec![0; 16 << 20], 1).unwrap());
        }
    }
    store.put(&path, object.into()).await.unwrap();
}

async fn a_sweep_deletes_what_is_old_and_unreferenced(open: Open<'_>) {
    let store = open().store;
    for path in ["README.md", "ab/notes.txt", "backup/cd/ef"] {
        store.put(&Path::from(path), "not ours".into()).await.unwrap();
    }
    let foreign = listed(&*store).await;
    let everything = blobs(open).sweep(LATER, |_| Ok::<_, Infallible>(false)).await.unwrap();
    assert!(everything.deleted > 0 && everything.kept == 0 && everything.bytes > 0, "{everything:?}");
    let ours: BTreeSet<_> = listed(&*store).await.into_iter().filter(|path| !foreign.contains(path)).collect();
    assert_eq!(ours, BTreeSet::new(), "they stay although nobody refers to them");

    // Three blobs: one is referred to, two are not, and one of these is put again on the way.
    let mut present = BTreeSet::new();
    let blobs_of_host = blobs(open);
    for seed in [20, 21, 22] {
        present.insert(blobs_of_host.put(&text(seed, 2 * THRESHOLD)).await.unwrap().digest);
    }
    let referenced = BlobRef::of(text(20, 2 * THRESHOLD).inline().unwrap()).digest;
    let at = |ms: u64| Timestamp(LATER.0 + ms);
    let check = async |blobs: &Blobs, now: Timestamp, deleted: u64, kept: u64| {
        let swept = blobs.sweep(now, |digest| Ok::<_, Infallible>(digest == referenced)).await.unwrap();
        assert_eq!((swept.deleted, swept.kept, swept.bytes > 0), (deleted, kept, deleted > 0), "at {now:?}");
    };
    // They are young by their own date, then because this host has put them, and then they are not.
    check(&blobs(open), Timestamp(0), 0, 3).await;
    check(&blobs_of_host, at(0), 0, 3).await;
    check(&blobs_of_host, at(GRACE.0 - 1), 0, 3).await;
    blobs_of_host.put(&text(21, 2 * THRESHOLD)).await.unwrap();
    check(&blobs_of_host, at(GRACE.0), 1, 2).await;
    check(&blobs_of_host, at(2 * GRACE.0), 1, 1).await;
    check(&blobs_of_host, at(9 * GRACE.0), 0, 1).await;

    let failed = blobs_of_host.sweep(at(9 * GRACE.0), |_| Err("the reader is closed")).await;
    let failed = failed.map_err(|error| error.to_string());
    assert!(failed.as_ref().is_err_and(|why| why.ends_with("the reader is closed")), "{failed:?}");
}

async fn a_blob_that_is_put_during_a_sweep_stays(open: Open<'_>) {
    let text = text(30, 2 * THRESHOLD);
    let blob = blobs(open).put(&text).await.unwrap();
    let (asked, is_asked) = mpsc::channel();
    let (answer, may_answer) = mpsc::channel();
    let blobs = blobs(open);
    let sweeper = blobs.clone();
    let sweep = tokio::spawn(async move {
        let may_answer = std::sync::Mutex::new(may_answer);
        let is_referenced = move |digest: BlobDigest| {
            if digest == blob.digest {
                asked.send(()).unwrap();
                tokio::task::block_in_place(|| may_answer.lock().unwrap().recv().unwrap());
            }
            Ok::<_, Infallible>(digest != blob.digest)
        };
        sweeper.sweep(LATER, is_referenced).await.unwrap()
    });
    tokio::task::block_in_place(|| is_asked.recv().unwrap());
    assert_eq!(blobs.put(&text).await, Ok(blob));
    answer.send(()).unwrap();
    assert_eq!(sweep.await.unwrap().deleted, 0);
    assert!(self::blobs(open).get(blob).await.is_ok());
}

pub(super) async fn puts_and_sweeps_do_not_cross(open: Open<'_>, rounds: u32) {
    let text = text(40, 2 * THRESHOLD);
    let blob = blobs(open).put(&text).await.unwrap();
    for round in 0..rounds {
        let blobs = blobs(open);
        let (sweeper, putter, text) = (blobs.clone(), blobs.clone(), text.clone());
        let is_referenced = move |digest| Ok::<_, Infallible>(digest != blob.digest);
        let sweep = tokio::spawn(async move { sweeper.sweep(LATER, is_referenced).await });
        let put = tokio::spawn(async move {
            // Another moment of the sweep in each round.
            for _ in 0..round % 64 {
                tokio::task::yield_now().await;
            }
            putter.put(&text).await
        });
        assert_eq!(put.await.unwrap(), Ok(blob));
        let swept: Swept = sweep.await.unwrap().unwrap();
        let there = open().store.head(&path_of(blob.digest)).await;
        assert!(there.is_ok(), "round {round}: put, and gone after {swept:?}");
    }
}

async fn listed(store: &dyn ObjectStore) -> BTreeSet<Path> {
    store.list(None).map_ok(|object| object.location).try_collect().await.unwrap()
}
