//! Large payloads in the simulation: a blob store whose blobs are missing for a while, and the memory of all that was ever put.
//!
//! Every payload over a threshold is put when it enters the partition and fetched when a guest is given it, as the real
//! driver does. Invariant: [`Library`] forgets nothing, so that whoever checks can read what the host could not.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use kernel::model::{BlobDigest, BlobRef, Payload};
use kernel::orchestration::Held;

use super::world::FAULTS_END_MS;

/// What is larger is a blob. The name of a blob has about 110 bytes.
const THRESHOLD_BYTES: usize = 200;
/// Blanks that make a payload a blob; JSON allows them.
const PADDING_BYTES: usize = 220;
/// How long a blob stays that nobody refers to: longer than anything waits in memory, which a full store makes long.
const GRACE_MS: u64 = FAULTS_END_MS * 3 / 4;

/// Every text that was ever put.
#[derive(Debug, Clone, Default)]
pub struct Library(Rc<RefCell<BTreeMap<BlobDigest, Vec<u8>>>>);

/// The blob store.
#[derive(Debug, Default)]
pub struct Blobs {
    library: Library,
    /// When each was put last, in milliseconds from the begin.
    kept: BTreeMap<BlobDigest, u64>,
    /// Those that cannot be had for a while.
    missing: BTreeSet<BlobDigest>,
}

impl Library {
    /// The text of a payload, wherever it is, without blanks around it.
    pub fn read(&self, payload: &Payload) -> String {
        let text = self.inline(payload);
        text.shown().trim().to_owned()
    }

    /// The same payload, with its text in it.
    pub fn inline(&self, payload: &Payload) -> Payload {
        match payload.blob_ref() {
            None => payload.clone(),
            Some(blob) => Payload::trusted(self.0.borrow().get(&blob.digest).expect("only what was put is named")),
        }
    }

    /// Takes in a text and names it.
    fn keep(&self, text: &[u8]) -> BlobRef {
        let blob = BlobRef::of(text);
        self.0.borrow_mut().entry(blob.digest).or_insert_with(|| text.to_vec());
        blob
    }
}

impl Blobs {
    /// A store whose texts are kept in a library as well.
    pub fn new(library: Library) -> Self {
        Self { library, ..Self::default() }
    }

    /// Puts a payload that is large, as it enters the host.
    pub fn put(&mut self, at: u64, payload: &mut Payload) {
        let Some(text) = payload.inline().filter(|text| text.len() > THRESHOLD_BYTES) else { return };
        let blob = self.library.keep(text);
        self.kept.insert(blob.digest, at);
        self.missing.remove(&blob.digest);
        *payload = Payload::blob(blob);
    }

    /// Fetches a payload that is large, for a guest.
    pub fn fetch(&self, payload: &mut Payload) -> Result<(), Held> {
        let Some(blob) = payload.blob_ref() else { return Ok(()) };
        let why = match (self.kept.contains_key(&blob.digest), self.missing.contains(&blob.digest)) {
            (true, false) => None,
            (true, true) => Some(MISSING),
            (false, _) => Some(SWEPT),
        };
        if let Some(why) = why {
            return Err(Held::Blob { blob, why: why.to_owned() });
        }
        *payload = self.library.inline(payload);
        Ok(())
    }

    /// About half of the blobs cannot be had from now on.
    pub fn lose(&mut self, chance: u64) {
        self.missing.extend(self.kept.keys().filter(|digest| (u64::from(digest.0[0]) ^ chance).is_multiple_of(2)));
    }

    /// All blobs can be had again.
    pub fn restore(&mut self) {
        self.missing.clear();
    }

    /// Deletes what is old and what nobody refers to. Says how many went.
    pub fn sweep(&mut self, at: u64, is_referred_to: impl Fn(BlobDigest) -> bool) -> usize {
        let before = self.kept.len();
        self.kept.retain(|digest, put_at| at - *put_at <= GRACE_MS || is_referred_to(*digest));
        before - self.kept.len()
    }

    /// Whether a blob was not swept.
    pub fn has(&self, blob: BlobRef) -> bool {
        self.kept.contains_key(&blob.digest)
    }
}

/// Why a blob cannot be had that is there.
pub const MISSING: &str = "the simulation hides it";
/// Why a blob cannot be had that is gone, which must not happen.
pub const SWEPT: &str = "it was swept";

/// A payload of this text that is large.
pub fn large(text: &str) -> Payload {
    Payload::trusted(format!("{text}{}", " ".repeat(PADDING_BYTES)).as_bytes())
}

/// A payload of this text, of which one in eight is large.
pub fn payload(text: &str, chance: u64) -> Payload {
    if chance % 8 == 3 { large(text) } else { Payload::trusted(text.as_bytes()) }
}
