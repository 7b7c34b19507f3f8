//! The stores on which the suite is run, and what each of them can suffer alone.

use std::fs;
use std::io;
use std::sync::Arc;

use kernel::model::{BlobRef, Timestamp};
use object_store::memory::InMemory;

use super::server::Server;
use super::suite::{self, blobs, text};
use crate::backend::{Backend, StoreOptions};
use crate::failure::{GetError, PutError, is_full};
use crate::name::path_of;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory() {
    let store = Arc::new(InMemory::new());
    let open = || Backend { store: store.clone(), place: "memory".to_owned(), folder: None };
    suite::run(&open).await;
    suite::puts_and_sweeps_do_not_cross(&open, 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files() {
    let folder = tempfile::tempdir().unwrap();
    suite::run(&|| Backend::open(StoreOptions::Files(folder.path().join("blobs"))).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3() {
    let server = Server::start();
    suite::run(&|| server.backend("some/hub")).await;

    // What another hub has in the same bucket is not there for this one.
    let (text, other) = (text(50, 2_000), || server.backend("some/other"));
    let blob = blobs(&other).put(&text).await.unwrap();
    let here = || server.backend("some/hub");
    assert!(matches!(blobs(&here).get(blob).await, Err(GetError::Missing { .. })));
    blobs(&here).sweep(Timestamp(u64::MAX), |_| Ok::<_, io::Error>(false)).await.unwrap();
    assert!(blobs(&other).get(blob).await.is_ok());

    blobs(&here).probe().await.unwrap();
    let (lost, blob) = (blobs(&here), BlobRef::of(b"never put"));
    drop(server);
    let place = lost.probe().await.unwrap_err().place;
    assert!(place.contains("bucket blobs at http://127.0.0.1"), "{place}");
    assert!(matches!(lost.put(&text).await, Err(PutError::Unavailable(_))));
    assert!(matches!(lost.get(blob).await, Err(GetError::Unavailable { .. })));
    assert!(lost.sweep(Timestamp(0), |_| Ok::<_, io::Error>(false)).await.is_err());
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_used_again_when_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Backend::open(StoreOptions::Files(folder.path().to_owned())).unwrap();
    let (blobs, text) = (blobs(&open), text(60, 2_000));
    let path = path_of(BlobRef::of(text.inline().unwrap()).digest);
    let in_the_way = folder.path().join(path.parts().next().unwrap().as_ref());
    fs::write(&in_the_way, "a file where a folder should be").unwrap();
    let put = blobs.put(&text).await;
    let names_it = |error: &PutError| error.to_string().contains(&*folder.path().to_string_lossy());
    assert!(matches!(&put, Err(error @ PutError::Unavailable(_)) if names_it(error)), "{put:?}");
    fs::remove_file(&in_the_way).unwrap();
    let blob = blobs.put(&text).await.unwrap();
    assert_eq!(blobs.get(blob).await, Ok(text));
}

#[tokio::test]
async fn what_an_interrupted_write_left_goes_after_the_grace() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Backend::open(StoreOptions::Files(folder.path().to_owned())).unwrap();
    let blobs = blobs(&open);
    blobs.put(&text(70, 2_000)).await.unwrap();
    let leftover = format!("ab/{}#1", "c".repeat(62));
    for name in [&leftover, "ab/notes#1", "ab/notes.txt"] {
        fs::write(folder.path().join(name), "12345").unwrap();
    }
    let check = async |now: u64, expect: u64| {
        let swept = blobs.sweep(Timestamp(now), |_| Ok::<_, io::Error>(true)).await.unwrap();
        assert_eq!((swept.deleted, swept.bytes), (0, expect), "at {now}");
        assert_eq!(folder.path().join(&leftover).exists(), expect == 0);
    };
    check(0, 0).await;
    check(10_000_000_000_000, 5).await;
    assert!(folder.path().join("ab/notes#1").exists() && folder.path().join("ab/notes.txt").exists());
}

#[test]
fn a_store_without_room_is_full() {
    let check = |kind: io::ErrorKind, expect: bool| {
        let inner = object_store::Error::Generic { store: "inner", source: Box::new(io::Error::from(kind)) };
        let outer = object_store::Error::Generic { store: "outer", source: Box::new(inner) };
        assert_eq!(is_full(&outer), expect, "{kind:?}");
    };
    check(io::ErrorKind::StorageFull, true);
    check(io::ErrorKind::QuotaExceeded, true);
    check(io::ErrorKind::PermissionDenied, false);
    check(io::ErrorKind::ReadOnlyFilesystem, false);
}
