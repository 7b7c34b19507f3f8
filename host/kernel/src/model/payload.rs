//! A JSON value as text, checked once where it enters and never opened again: its bytes, or the name of the blob that
//! holds them.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::limits::{PAYLOAD_MAX_BYTES, PAYLOAD_MAX_DEPTH};

/// One JSON value as UTF-8 text. Cheap to clone.
///
/// Two payloads are equal if their texts are, wherever each of them is kept.
#[derive(Clone)]
pub struct Payload(Repr);

#[derive(Clone)]
enum Repr {
    Inline(Arc<[u8]>),
    Blob(BlobRef),
}

/// The name of a large payload that is kept elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobRef {
    /// SHA-256 of its text.
    pub digest: BlobDigest,
    /// How many bytes its text has.
    pub length: u64,
}

/// SHA-256 of the text of a payload.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobDigest(pub [u8; 32]);

/// Why bytes are not a payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPayload {
    /// Not well-formed; says where.
    #[error("not valid JSON: {0}")]
    Malformed(String),
    /// Arrays and objects nest too deep.
    #[error("JSON nested deeper than {PAYLOAD_MAX_DEPTH} levels")]
    TooDeep,
    /// Too many bytes.
    #[error("JSON of {0} bytes; at most {PAYLOAD_MAX_BYTES} are accepted")]
    TooLarge(usize),
}

impl Payload {
    /// Checks and takes bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidPayload> {
        Self::check(bytes)?;
        Ok(Self::trusted(bytes))
    }

    /// Checks bytes without taking them.
    pub fn check(bytes: &[u8]) -> Result<(), InvalidPayload> {
        if bytes.len() > PAYLOAD_MAX_BYTES {
            return Err(InvalidPayload::TooLarge(bytes.len()));
        }
        if depth(bytes) > PAYLOAD_MAX_DEPTH {
            return Err(InvalidPayload::TooDeep);
        }
        // A raw value is validated, including its UTF-8, and not built.
        match serde_json::from_slice::<&serde_json::value::RawValue>(bytes) {
            Ok(_) => Ok(()),
            Err(error) => Err(InvalidPayload::Malformed(error.to_string())),
        }
    }

    /// The value `null`.
    pub fn null() -> Self {
        Self::trusted(b"null")
    }

    /// Takes bytes that were checked before, such as those that come back from the store under a checksum.
    pub fn trusted(bytes: &[u8]) -> Self {
        Self(Repr::Inline(bytes.into()))
    }

    /// The payload that a blob holds.
    pub fn blob(blob: BlobRef) -> Self {
        Self(Repr::Blob(blob))
    }

    /// The text, unless a blob holds it. What goes into a guest or to a client is fetched before.
    pub fn inline(&self) -> Option<&[u8]> {
        match &self.0 {
            Repr::Inline(bytes) => Some(bytes),
            Repr::Blob(_) => None,
        }
    }

    /// The blob that holds the text, if one does.
    pub fn blob_ref(&self) -> Option<BlobRef> {
        match &self.0 {
            Repr::Inline(_) => None,
            Repr::Blob(blob) => Some(*blob),
        }
    }

    /// The bytes of the text; of one that a blob holds, those of its name, which is JSON as well. For people and for logs.
    pub fn shown(&self) -> std::borrow::Cow<'_, str> {
        match &self.0 {
            Repr::Inline(bytes) => String::from_utf8_lossy(bytes),
            Repr::Blob(blob) => blob.to_string().into(),
        }
    }

    /// How many bytes the text has, wherever it is kept.
    #[allow(clippy::len_without_is_empty, reason = "no JSON text is empty")]
    pub fn len(&self) -> usize {
        match &self.0 {
            Repr::Inline(bytes) => bytes.len(),
            Repr::Blob(blob) => usize::try_from(blob.length).unwrap_or(usize::MAX),
        }
    }

    /// Whether this is the value `null`.
    pub fn is_null(&self) -> bool {
        self.inline().is_some_and(|bytes| bytes.trim_ascii() == b"null")
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Inline(a), Repr::Inline(b)) => a == b,
            (Repr::Blob(a), Repr::Blob(b)) => a == b,
            // Which of the two it is depends on a threshold that may have been another one when it was recorded.
            (Repr::Inline(bytes), Repr::Blob(blob)) | (Repr::Blob(blob), Repr::Inline(bytes)) => {
                bytes.len() as u64 == blob.length && BlobRef::of(bytes) == *blob
            }
        }
    }
}

impl Eq for Payload {}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.shown();
        match text.char_indices().nth(80) {
            Some((end, _)) if self.inline().is_some() => write!(f, "{}… ({} bytes)", &text[..end], text.len()),
            _ => f.write_str(&text),
        }
    }
}

impl BlobRef {
    /// The name that these bytes have.
    pub fn of(bytes: &[u8]) -> Self {
        Self { digest: BlobDigest(Sha256::digest(bytes).into()), length: bytes.len() as u64 }
    }
}

/// As JSON: `{"blob":"sha256:…","length":…}`.
impl fmt::Display for BlobRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{\"blob\":\"sha256:{}\",\"length\":{}}}", self.digest, self.length)
    }
}

impl BlobDigest {
    /// Reads the 64 hexadecimal digits that [`fmt::Display`] writes.
    pub fn parse(hex: &str) -> Option<Self> {
        super::id::from_hex(hex).map(Self)
    }
}

impl fmt::Display for BlobDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BlobDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{self}")
    }
}

/// How deep brackets nest outside of strings. It counts on malformed text too, which the parser then refuses.
fn depth(bytes: &[u8]) -> usize {
    let (mut open, mut deepest, mut in_string, mut escaped) = (0usize, 0, false, false);
    for &byte in bytes {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => {
                open += 1;
                deepest = deepest.max(open);
            }
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads() {
        let check = |text: &[u8], expect: Result<(), &str>| {
            let got = Payload::check(text).map_err(|error| error.to_string());
            match expect {
                Ok(()) => assert_eq!(got, Ok(()), "{}", String::from_utf8_lossy(text)),
                Err(part) => assert!(got.as_ref().is_err_and(|text| text.contains(part)), "{got:?} has no {part:?}"),
            }
        };
        check(b"null", Ok(()));
        check(br#" {"a":[1,2.5e3,"x\"[[[["]} "#, Ok(()));
        check("\"é\"".as_bytes(), Ok(()));
        check(&[b"[".repeat(64), b"]".repeat(64)].concat(), Ok(()));
        check(&[b"[".repeat(65), b"]".repeat(65)].concat(), Err("deeper than 64"));
        check(&b"[".repeat(100_000), Err("deeper than 64"));
        check(b"", Err("not valid JSON"));
        check(b"{", Err("not valid JSON"));
        check(b"1 2", Err("trailing characters"));
        check(b"NaN", Err("not valid JSON"));
        check(b"\"\xff\"", Err("not valid JSON"));
        let largest = [b"\"".to_vec(), b"x".repeat(PAYLOAD_MAX_BYTES - 2), b"\"".to_vec()].concat();
        check(&largest, Ok(()));
        check(&[largest, b" ".to_vec()].concat(), Err("at most 67108864"));
    }

    #[test]
    fn a_text_equals_itself_wherever_it_is_kept() {
        let (a, b) = (Payload::trusted(b"[1]"), Payload::trusted(b"[2]"));
        let (blob_a, blob_b) = (Payload::blob(BlobRef::of(b"[1]")), Payload::blob(BlobRef::of(b"[2]")));
        let check =
            |x: &Payload, y: &Payload, expect: bool| assert_eq!((x == y, y == x), (expect, expect), "{x:?} {y:?}");
        check(&a, &a, true);
        check(&a, &blob_a, true);
        check(&blob_a, &blob_a, true);
        check(&a, &b, false);
        check(&a, &blob_b, false);
        check(&blob_a, &blob_b, false);
        assert_eq!((a.len(), blob_a.len()), (3, 3));
        assert_eq!(BlobDigest::parse(&BlobRef::of(b"[1]").digest.to_string()), Some(BlobRef::of(b"[1]").digest));
    }
}
