//! Which blobs were put lately, so that no sweep deletes what its commit does not refer to yet.
//!
//! It has no clock. A sweep dates what it finds undated, so an entry stays for the grace and for up to one interval
//! between sweeps more, never for less.

use std::collections::BTreeMap;

use kernel::model::{BlobDigest, Millis, Timestamp};

#[derive(Debug, Default)]
pub(crate) struct Recent(BTreeMap<BlobDigest, Option<Timestamp>>);

impl Recent {
    pub(crate) fn remember(&mut self, digest: BlobDigest) {
        self.0.insert(digest, None);
    }

    pub(crate) fn contains(&self, digest: BlobDigest) -> bool {
        self.0.contains_key(&digest)
    }

    /// Dates what is new and forgets what is older than the grace.
    pub(crate) fn age(&mut self, now: Timestamp, grace: Millis) {
        self.0.retain(|_, seen| now.since(*seen.get_or_insert(now)) < grace);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_outlives_the_grace() {
        let digest = BlobDigest([7; 32]);
        let mut recent = Recent::default();
        let mut check = |at: u64, expect: bool| {
            recent.age(Timestamp(at), Millis(10));
            assert_eq!(recent.contains(digest), expect, "at {at}");
            if !expect {
                recent.remember(digest);
            }
        };
        check(0, false);
        check(100, true);
        check(109, true);
        check(110, false);
        // It was put again between the two.
        check(200, true);
        check(210, false);
    }
}
