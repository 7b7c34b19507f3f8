//! Values to JSON and back, and the schemas that describe them.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, de::IgnoredAny};

use crate::failure::{Failure, Result};

/// The input of a function that takes none: written as `null`, and whatever is sent is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoInput;

impl Serialize for NoInput {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for NoInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| NoInput)
    }
}

/// `what` is the kind of the failure if the value has no JSON form, for example a map whose keys are not text.
pub(crate) fn encode<T: Serialize + ?Sized>(value: &T, what: &str) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| Failure::new(what, error.to_string()).non_retryable())
}

/// As [`encode`], with room for so many bytes: a value that was read from as many needs about as many again.
pub(crate) fn encode_like<T: Serialize>(value: &T, length: usize, what: &str) -> Result<Vec<u8>> {
    let mut text = Vec::with_capacity(length + length / 16);
    serde_json::to_writer(&mut text, value).map_err(|error| Failure::new(what, error.to_string()).non_retryable())?;
    Ok(text)
}

/// `what` is the kind of the failure if the text does not fit the type; its message says where.
pub(crate) fn decode<T: DeserializeOwned>(payload: &[u8], what: &str) -> Result<T> {
    serde_json::from_slice(payload).map_err(|error| misfit(payload, what, &error))
}

/// The JSON Schema (2020-12) of a type, as JSON text.
pub fn schema<T: JsonSchema>() -> String {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.meta_schema = None);
    settings.into_generator().into_root_schema_for::<T>().as_value().to_string()
}

pub(crate) fn misfit(payload: &[u8], what: &str, error: &serde_json::Error) -> Failure {
    let lines_before: usize =
        payload.split_inclusive(|&b| b == b'\n').take(error.line().max(1) - 1).map(<[u8]>::len).sum();
    let path = path_at(payload, lines_before + error.column());
    let text = error.to_string();
    // A payload is one long line: the path says more than a line and a column.
    let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
    Failure::new(what, format!("{path}: {reason}")).non_retryable()
}

/// The JSON path of the value that is being read after so many bytes: `$.orders[2].total`.
///
/// Reading the text once more, on failure only, spares every type the code that would keep track of where it is.
fn path_at(text: &[u8], end: usize) -> String {
    enum Level<'a> {
        List(usize),
        Object(&'a [u8]),
    }
    let text = &text[..end.min(text.len())];
    let mut levels = Vec::new();
    let mut expects_key = false;
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'[' => levels.push(Level::List(0)),
            b'{' => {
                levels.push(Level::Object(b""));
                expects_key = true;
            }
            b']' | b'}' => {
                levels.pop();
            }
            b',' => match levels.last_mut() {
                Some(Level::List(index)) => *index += 1,
                Some(Level::Object(_)) => expects_key = true,
                None => {}
            },
            b'"' => {
                let begin = at + 1;
                at = begin;
                while at < text.len() && text[at] != b'"' {
                    at += if text[at] == b'\\' { 2 } else { 1 };
                }
                if let Some(Level::Object(key)) = levels.last_mut()
                    && std::mem::take(&mut expects_key)
                {
                    *key = &text[begin..at.min(text.len())];
                }
            }
            _ => {}
        }
        at += 1;
    }
    let mut path = String::from("$");
    for level in levels {
        match level {
            Level::List(index) => path.push_str(&format!("[{index}]")),
            Level::Object(b"") => {}
            Level::Object(key) => path.extend([".", &String::from_utf8_lossy(key)]),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misfit_says_where() {
        type Orders = Vec<std::collections::BTreeMap<String, (u32, String)>>;
        let check = |text: &str, expect: &str| {
            assert_eq!(decode::<Orders>(text.as_bytes(), "invalid").unwrap_err().message, expect);
        };
        check(
            r#"[{"a": [1, "x"]}, {"b, \"": [1, 2]}]"#,
            r#"$[1].b, \"[1]: invalid type: integer `2`, expected a string"#,
        );
        check(r#"[{"a": [1]}]"#, "$[0].a: invalid length 1, expected a tuple of size 2");
        check("[{\n\"a\": [\n-1", "$[0].a[0]: invalid value: integer `-1`, expected u32");
        check("7", "$: invalid type: integer `7`, expected a sequence");
    }
}
