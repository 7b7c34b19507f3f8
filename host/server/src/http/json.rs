//! Writes JSON objects into a byte buffer.
//!
//! Payloads go in verbatim: they were checked when they entered and are never opened again. That is why this is not
//! `serde`, which would parse each of them anew.

use std::io::Write;

use kernel::model::{Payload, Timestamp};

/// An object that is being written. [`Object::end`] closes it.
#[derive(Debug)]
pub struct Object<'a> {
    out: &'a mut Vec<u8>,
    separator: &'static [u8],
}

impl<'a> Object<'a> {
    /// Opens an object.
    pub fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, separator: b"" }
    }

    /// A string.
    pub fn text(&mut self, name: &str, value: &str) {
        quote(self.key(name), value);
    }

    /// A payload; `null` if there is none.
    pub fn payload(&mut self, name: &str, value: Option<&Payload>) {
        let out = self.key(name);
        match value {
            Some(value) => payload(out, value),
            None => out.extend_from_slice(b"null"),
        }
    }

    /// A point in time, as RFC 3339 in UTC.
    pub fn time(&mut self, name: &str, at: Timestamp) {
        let out = self.key(name);
        out.push(b'"');
        infallible(write!(out, "{}", rfc3339(at)));
        out.push(b'"');
    }

    /// A number or a boolean, as it is displayed.
    pub fn plain(&mut self, name: &str, value: impl std::fmt::Display) {
        infallible(write!(self.key(name), "{value}"));
    }

    /// An object in it.
    pub fn object(&mut self, name: &str, write: impl FnOnce(&mut Object<'_>)) {
        let mut object = Object::begin(self.key(name));
        write(&mut object);
        object.end();
    }

    /// Any other value: `write` writes it.
    pub fn value(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        write(self.key(name));
    }

    /// Closes it.
    pub fn end(self) {
        self.out.push(b'}');
    }

    fn key(&mut self, name: &str) -> &mut Vec<u8> {
        self.out.extend_from_slice(self.separator);
        self.separator = b",";
        quote(self.out, name);
        self.out.push(b':');
        self.out
    }
}

/// Writes an array, an element for each item.
pub fn array<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

/// Writes a payload. One that nobody fetched is written by the name of its blob, which is JSON as well.
pub fn payload(out: &mut Vec<u8>, value: &Payload) {
    out.extend_from_slice(value.shown().as_bytes());
}

/// Writes a string with its quotes.
pub fn quote(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a string always serializes into memory");
}

/// The time as text, to the millisecond, so that all times are equally long; beyond the year 9999 the last moment that
/// RFC 3339 can name.
pub fn rfc3339(at: Timestamp) -> impl std::fmt::Display {
    let at = i64::try_from(at.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    std::fmt::from_fn(move |f| write!(f, "{:.3}", at.unwrap_or(jiff::Timestamp::MAX)))
}

fn infallible(result: std::io::Result<()>) {
    result.expect("writing into memory does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects() {
        let check = |write: fn(&mut Object<'_>), expect: &str| {
            let mut out = Vec::new();
            let mut object = Object::begin(&mut out);
            write(&mut object);
            object.end();
            assert_eq!(String::from_utf8(out).unwrap(), expect);
        };
        check(|_| {}, "{}");
        check(|o| o.text("a", "x\"\n\u{1}é"), r#"{"a":"x\"\n\u0001é"}"#);
        check(|o| o.payload("a", Some(&Payload::trusted(br#"{"b":[1]}"#))), r#"{"a":{"b":[1]}}"#);
        check(|o| o.payload("a", None), r#"{"a":null}"#);
        check(|o| o.time("a", Timestamp(0)), r#"{"a":"1970-01-01T00:00:00.000Z"}"#);
        check(|o| o.time("a", Timestamp(1_795_323_600_100)), r#"{"a":"2026-11-22T05:00:00.100Z"}"#);
        check(|o| o.time("a", Timestamp(u64::MAX)), r#"{"a":"9999-12-30T22:00:00.999Z"}"#);
        check(
            |o| {
                o.plain("n", 1);
                o.object("in", |o| o.text("a", "x"));
                o.value("list", |out| array(out, [1, 2], |out, n| out.extend_from_slice(format!("{n}").as_bytes())));
            },
            r#"{"n":1,"in":{"a":"x"},"list":[1,2]}"#,
        );
    }
}
