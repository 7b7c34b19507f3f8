//! No space: nothing changes, reads go on, and work resumes when there is space again.

use kernel::port::{CommitError, Key, Reader, Store};
use store_sqlite::{Durability, Hub, Opened, Options};

use crate::files::flush;
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
