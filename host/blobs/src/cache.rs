//! The texts that were put or read lately, bounded in bytes: a large state is read at each batch of its entity.
//!
//! A text in here was found right once. It says nothing of the object in the store, except how large that was.

use std::collections::BTreeMap;

use kernel::limits::{BLOB_CACHE_MAX_BYTES, BLOB_CACHED_MAX_BYTES};
use kernel::model::{BlobRef, Payload};

#[derive(Debug, Default)]
pub(crate) struct Cache {
    entries: BTreeMap<BlobRef, Entry>,
    /// The same entries, longest unused first.
    by_use: BTreeMap<u64, BlobRef>,
    uses: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    text: Payload,
    object_bytes: u64,
    used: u64,
}

impl Cache {
    /// The text of a blob, which counts as used now.
    pub(crate) fn text(&mut self, blob: BlobRef) -> Option<Payload> {
        let entry = self.entries.get_mut(&blob)?;
        self.by_use.remove(&entry.used);
        self.uses += 1;
        entry.used = self.uses;
        self.by_use.insert(self.uses, blob);
        Some(entry.text.clone())
    }

    /// How many bytes the object of a blob had when it was written or read.
    pub(crate) fn object_bytes(&self, blob: BlobRef) -> Option<u64> {
        self.entries.get(&blob).map(|entry| entry.object_bytes)
    }

    pub(crate) fn keep(&mut self, blob: BlobRef, text: Payload, object_bytes: u64) {
        if text.len() > BLOB_CACHED_MAX_BYTES {
            return;
        }
        self.forget(blob);
        self.uses += 1;
        self.bytes += text.len();
        self.by_use.insert(self.uses, blob);
        self.entries.insert(blob, Entry { text, object_bytes, used: self.uses });
        while self.bytes > BLOB_CACHE_MAX_BYTES {
            let (_, oldest) = self.by_use.first_key_value().expect("what takes room is an entry");
            self.forget(*oldest);
        }
    }

    fn forget(&mut self, blob: BlobRef) {
        if let Some(entry) = self.entries.remove(&blob) {
            self.by_use.remove(&entry.used);
            self.bytes -= entry.text.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_longest_unused_goes_first() {
        let text = |n: u8| Payload::trusted(&vec![n; BLOB_CACHED_MAX_BYTES]);
        let blob = |n: u8| BlobRef { length: BLOB_CACHED_MAX_BYTES as u64, ..BlobRef::of(&[n]) };
        let room = u8::try_from(BLOB_CACHE_MAX_BYTES / BLOB_CACHED_MAX_BYTES).unwrap();
        let mut cache = Cache::default();
        (0..room).for_each(|n| cache.keep(blob(n), text(n), u64::from(n)));
        // The first is used again and kept again, so that the second is the oldest.
        assert_eq!(cache.text(blob(0)), Some(text(0)));
        cache.keep(blob(0), text(0), 0);
        cache.keep(blob(room), text(room), 0);
        let check = |n: u8, expect: Option<u64>| assert_eq!(cache.object_bytes(blob(n)), expect, "{n}");
        check(0, Some(0));
        check(1, None);
        check(2, Some(2));
        check(room, Some(0));
        assert_eq!((cache.bytes, cache.by_use.len()), (BLOB_CACHE_MAX_BYTES, cache.entries.len()));

        cache.keep(blob(200), Payload::trusted(&vec![0; BLOB_CACHED_MAX_BYTES + 1]), 0);
        assert_eq!(cache.object_bytes(blob(200)), None);
    }
}
