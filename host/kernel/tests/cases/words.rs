//! Lines of a case file as words. A blank or a semicolon within a JSON string separates nothing.

use std::str::FromStr;

use kernel::model::{BlobRef, Payload};

/// The words of one clause, taken from the front; `key=value` words and flags may stand anywhere.
pub struct Words<'a>(Vec<&'a str>);

impl<'a> Words<'a> {
    pub fn of(text: &'a str) -> Self {
        Self(split(text, |c| c.is_whitespace()).into_iter().filter(|word| !word.is_empty()).collect())
    }

    pub fn next(&mut self, what: &str) -> Result<&'a str, String> {
        if self.0.is_empty() { Err(format!("{what} is missing")) } else { Ok(self.0.remove(0)) }
    }

    pub fn parse<T: FromStr>(&mut self, what: &str) -> Result<T, String> {
        parse(self.next(what)?, what)
    }

    pub fn payload(&mut self, what: &str) -> Result<Payload, String> {
        payload(self.next(what)?)
    }

    pub fn key(&mut self, key: &str) -> Option<&'a str> {
        let value = |word: &&'a str| word.strip_prefix(key)?.strip_prefix('=');
        let place = self.0.iter().position(|word| value(word).is_some())?;
        value(&self.0.remove(place))
    }

    pub fn key_parsed<T: FromStr>(&mut self, key: &str) -> Result<Option<T>, String> {
        self.key(key).map(|word| parse(word, key)).transpose()
    }

    /// The next word, which may be in quotes.
    pub fn text(&mut self, what: &str) -> Result<String, String> {
        text(self.next(what)?)
    }

    /// The values of a key that may be there more than once.
    pub fn keys(&mut self, key: &str) -> Vec<&'a str> {
        std::iter::from_fn(|| self.key(key)).collect()
    }

    /// The words that are left.
    pub fn rest(&mut self) -> Vec<&'a str> {
        std::mem::take(&mut self.0)
    }

    /// A value in quotes, or one without blanks.
    pub fn key_text(&mut self, key: &str) -> Result<Option<String>, String> {
        self.key(key).map(text).transpose()
    }

    pub fn flag(&mut self, flag: &str) -> bool {
        let place = self.0.iter().position(|word| *word == flag);
        place.map(|place| self.0.remove(place)).is_some()
    }

    pub fn end(self) -> Result<(), String> {
        if self.0.is_empty() { Ok(()) } else { Err(format!("nobody knows what to do with {:?}", self.0.join(" "))) }
    }
}

/// The clauses of a line. `3*clause` stands for three of them, and an empty line has none.
pub fn clauses(line: &str) -> Result<Vec<&str>, String> {
    let mut clauses = Vec::new();
    if line.is_empty() {
        return Ok(clauses);
    }
    for clause in split(line, |c| c == ';') {
        let clause = clause.trim();
        match clause.split_once('*').map(|(count, rest)| (count.parse::<usize>(), rest)) {
            Some((Ok(count), rest)) => clauses.extend(std::iter::repeat_n(rest, count)),
            Some((Err(_), _)) | None if clause.is_empty() => return Err("an empty clause".to_owned()),
            Some((Err(_), _)) | None => clauses.push(clause),
        }
    }
    Ok(clauses)
}

/// A JSON value; `bytes:100` is a string that is 100 bytes long with its quotes, and `blob:100` the same in a blob.
pub fn payload(word: &str) -> Result<Payload, String> {
    let string = |count: &str| {
        let count: usize = parse(count, "the count of bytes")?;
        Ok::<_, String>(format!("\"{}\"", "x".repeat(count.saturating_sub(2))).into_bytes())
    };
    match word.split_once(':') {
        Some(("bytes", count)) => Ok(Payload::trusted(&string(count)?)),
        Some(("blob", count)) => Ok(Payload::blob(BlobRef::of(&string(count)?))),
        _ => Payload::parse(word.as_bytes()).map_err(|error| format!("{word:?}: {error}")),
    }
}

pub fn parse<T: FromStr>(word: &str, what: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("{word:?} is not {what}"))
}

/// A text in quotes, or one without blanks.
pub fn text(word: &str) -> Result<String, String> {
    if word.starts_with('"') {
        return serde_json::from_str(word).map_err(|error| format!("{word:?}: {error}"));
    }
    Ok(word.to_owned())
}

fn split(text: &str, is_separator: impl Fn(char) -> bool) -> Vec<&str> {
    let (mut parts, mut start, mut in_string, mut escaped) = (Vec::new(), 0, false, false);
    for (place, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ if !in_string && is_separator(c) => {
                parts.push(&text[start..place]);
                start = place + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
