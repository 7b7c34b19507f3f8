//! Writes histories into scenario files, in the place of those that are there.
//!
//! Nothing else of a file changes: comments, order and spacing are its author's.

use std::ops::Range;

/// Replaces parts of a text. The parts do not overlap.
pub fn replace(text: &str, mut parts: Vec<(Range<usize>, String)>) -> String {
    parts.sort_by_key(|(range, _)| range.start);
    let mut out = text.to_owned();
    for (range, part) in parts.into_iter().rev() {
        out.replace_range(range, &part);
    }
    out
}

/// A history as a TOML string of several lines.
pub fn quote(history: &str) -> String {
    let history = history.trim();
    let is_plain = |c: char| c == '\n' || !c.is_control();
    match history.contains("'''") || !history.chars().all(is_plain) {
        false => format!("'''\n{history}\n'''"),
        true => toml::Value::String(history.to_owned()).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let check = |parts: &[(Range<usize>, &str)], expect: &str| {
            let parts = parts.iter().map(|(range, text)| (range.clone(), (*text).to_owned())).collect();
            assert_eq!(replace("a = 1 # b\nc = 2", parts), expect);
        };
        check(&[], "a = 1 # b\nc = 2");
        check(&[(4..5, "'''\nx\n'''")], "a = '''\nx\n''' # b\nc = 2");
        check(&[(14..15, "33"), (4..5, "")], "a =  # b\nc = 33");
    }

    #[test]
    fn what_is_written_is_read() {
        for history in ["a\nb", "", "it's '''", "a\u{1b}[31m\nb \\"] {
            let table: toml::Table = toml::from_str(&format!("is = {}", quote(history))).unwrap();
            assert_eq!(table["is"].as_str().unwrap().trim(), history);
        }
    }
}
