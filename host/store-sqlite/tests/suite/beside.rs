//! What a made-up partition keeps beside its instances: references to blobs, and marks.

use std::collections::{BTreeMap, BTreeSet};

use kernel::model::BlobRef;
use kernel::port::{Batch, Mark, Reader, Referrer};

/// What was committed of it, or will be with the batch.
#[derive(Default)]
pub struct Beside {
    /// Who refers to the blob of which text.
    refs: BTreeSet<(Referrer, &'static str)>,
    /// Every text that was ever referred to.
    texts: BTreeSet<&'static str>,
    marks: BTreeMap<String, BTreeSet<u64>>,
    /// Marks that went.
    forgotten: BTreeSet<(String, u64)>,
}

impl Beside {
    pub fn refer(&mut self, batch: &mut Batch, referrer: Referrer, text: &'static str) {
        batch.blobs.push((referrer, blob(text)));
        self.refs.insert((referrer, text));
        self.texts.insert(text);
    }

    /// Somebody goes, or begins anew.
    pub fn leave(&mut self, batch: &mut Batch, referrer: Referrer) {
        batch.blobs.retain(|(other, _)| *other != referrer);
        self.refs.retain(|(other, _)| *other != referrer);
    }

    pub fn mark(&mut self, batch: &mut Batch, mark: Mark) {
        let marks = self.marks.entry(mark.source.clone()).or_default();
        marks.insert(mark.seq);
        self.forgotten.remove(&(mark.source.clone(), mark.seq));
        batch.marks.push(mark.clone());
        // The floors of a batch are for all of its marks.
        let floors = batch.marks.iter().filter(|other| other.source == mark.source).map(|other| other.floor);
        let kept = marks.split_off(&floors.max().unwrap_or(0));
        let forgotten = std::mem::replace(marks, kept).into_iter();
        self.forgotten.extend(forgotten.map(|seq| (mark.source.clone(), seq)));
    }

    /// Whether somebody refers to the blob of a text.
    pub fn is_referred_to(&self, text: &str) -> bool {
        self.refs.iter().any(|(_, other)| *other == text)
    }

    pub fn check(&self, reader: &impl Reader) {
        for text in &self.texts {
            let found = reader.is_referred_to(blob(text).digest);
            assert_eq!(found, Ok(self.is_referred_to(text)), "{text}");
        }
        for (source, marks) in &self.marks {
            assert_eq!(reader.last_mark(source), Ok(marks.last().copied()), "{source}");
            for seq in marks {
                assert_eq!(reader.is_marked(source, *seq), Ok(true), "{source} {seq}");
            }
        }
        for (source, seq) in &self.forgotten {
            assert_eq!(reader.is_marked(source, *seq), Ok(false), "{source} {seq}");
        }
    }
}

/// The blob of a text.
pub fn blob(text: &str) -> BlobRef {
    BlobRef::of(text.as_bytes())
}
