//! A JSON value as text, checked once where it enters and never opened again.

use std::fmt;
use std::sync::Arc;

use crate::limits::{PAYLOAD_MAX_BYTES, PAYLOAD_MAX_DEPTH};

/// One JSON value as UTF-8 text. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload(Arc<[u8]>);

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
        Ok(Self(bytes.into()))
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
        Self(bytes.into())
    }

    /// The text as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("null")
    }

    /// Whether this is the value `null`.
    pub fn is_null(&self) -> bool {
        self.0.trim_ascii() == b"null"
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.as_str();
        match text.char_indices().nth(80) {
            Some((end, _)) => write!(f, "{}… ({} bytes)", &text[..end], text.len()),
            None => f.write_str(text),
        }
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
        check(&[b"\"".to_vec(), b"x".repeat(PAYLOAD_MAX_BYTES), b"\"".to_vec()].concat(), Err("at most 1048576"));
    }
}
