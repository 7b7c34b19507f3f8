//! The words of a scenario file: how values, times and names are written in TOML.
//!
//! It owns the way from text to the types of the kernel, and the sentence that is said when there is none; the parser adds
//! the line. It does not know what a scenario is made of.
//!
//! A TOML value stands for the JSON value of the same shape. What TOML cannot write, such as `null`, is written as a table
//! with the one key `json`, which holds the JSON text.

use std::collections::BTreeMap;
use std::fmt;

use kernel::model::{EntityId, FunctionName, InstanceId, Millis, Payload, Timestamp};
use serde::de::{Deserialize, Deserializer, Error};
use serde_json::{Number, Value};

/// The one key of a table that holds JSON text.
const JSON_KEY: &str = "json";

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub struct Json(pub Payload);

/// A length of time, such as `90s` or `1h 30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Length(pub Millis);

/// A point in time, such as `2026-01-01T00:00:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub Timestamp);

impl Default for Json {
    fn default() -> Self {
        Self(Payload::null())
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = json(toml::Value::deserialize(from)?).map_err(D::Error::custom)?;
        Payload::parse(value.to_string().as_bytes()).map(Self).map_err(D::Error::custom)
    }
}

fn json(value: toml::Value) -> Result<Value, String> {
    Ok(match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => {
            Value::Number(Number::from_f64(number).ok_or_else(|| format!("JSON has no number {number}"))?)
        }
        toml::Value::Boolean(yes) => yes.into(),
        toml::Value::Datetime(time) => Value::String(time.to_string()),
        toml::Value::Array(items) => Value::Array(items.into_iter().map(json).collect::<Result<_, _>>()?),
        toml::Value::Table(table) => match only_text(&table) {
            Some(text) => {
                serde_json::from_str(text).map_err(|error| format!("the text of `json` is not JSON: {error}"))?
            }
            None => {
                let fields = table.into_iter().map(|(name, value)| Ok((name, json(value)?)));
                Value::Object(fields.collect::<Result<_, String>>()?)
            }
        },
    })
}

fn only_text(table: &toml::Table) -> Option<&str> {
    (table.len() == 1).then(|| table.get(JSON_KEY)?.as_str()).flatten()
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        length(&text)
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("{text:?} is not a length such as 90s, 5m or 1h 30m")))
    }
}

fn length(text: &str) -> Option<Millis> {
    let span: jiff::Span = text.parse().ok()?;
    let length = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
    u64::try_from(length.as_millis()).ok().map(Millis)
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.0;
        let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
        let mut rest = ms;
        let parts = units.into_iter().filter_map(|(unit, name)| {
            let count = rest / unit;
            rest %= unit;
            (count > 0).then(|| format!("{count}{name}"))
        });
        let text = parts.collect::<Vec<_>>().join(" ");
        f.write_str(if text.is_empty() { "0s" } else { &text })
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = match toml::Value::deserialize(from)? {
            toml::Value::Datetime(time) => time.to_string(),
            toml::Value::String(text) => text,
            other => other.to_string(),
        };
        let time = text.parse::<jiff::Timestamp>().ok().and_then(|time| u64::try_from(time.as_millisecond()).ok());
        let why = || D::Error::custom(format!("{text} is not a time such as 2026-01-01T00:00:00Z"));
        time.map(|ms| Self(Timestamp(ms))).ok_or_else(why)
    }
}

/// The name of a function.
pub fn function<'de, D: Deserializer<'de>>(from: D) -> Result<FunctionName, D::Error> {
    FunctionName::parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

/// The id of an instance.
pub fn instance<'de, D: Deserializer<'de>>(from: D) -> Result<InstanceId, D::Error> {
    InstanceId::parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

/// The id of an instance that may be left out.
pub fn other_instance<'de, D: Deserializer<'de>>(from: D) -> Result<Option<InstanceId>, D::Error> {
    instance(from).map(Some)
}

/// A table by the names of functions, which are compared without regard to case.
pub fn by_function<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
    from: D,
) -> Result<BTreeMap<FunctionName, V>, D::Error> {
    keyed(from, |key| FunctionName::parse(key).map_err(|error| error.to_string()))
}

/// A table by the ids of entities.
pub fn by_entity<'de, D: Deserializer<'de>, V: Deserialize<'de>>(from: D) -> Result<BTreeMap<EntityId, V>, D::Error> {
    keyed(from, |key| EntityId::parse(key).map_err(|error| format!("{key:?} is not the id of an entity: {error}")))
}

fn keyed<'de, D: Deserializer<'de>, K: Ord, V: Deserialize<'de>>(
    from: D,
    parse: impl Fn(&str) -> Result<K, String>,
) -> Result<BTreeMap<K, V>, D::Error> {
    let mut table = BTreeMap::new();
    for (key, value) in BTreeMap::<String, V>::deserialize(from)? {
        if table.insert(parse(&key).map_err(D::Error::custom)?, value).is_some() {
            return Err(D::Error::custom(format!("{key:?} is there twice: names are compared without regard to case")));
        }
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Is<T> {
        is: T,
    }

    fn read<T: for<'de> Deserialize<'de>>(text: &str, show: impl Fn(T) -> String) -> String {
        toml::from_str::<Is<T>>(&format!("is = {text}"))
            .map_or_else(|error| error.message().to_owned(), |is| show(is.is))
    }

    #[test]
    fn values() {
        let check = |text: &str, expect: &str| {
            assert_eq!(read(text, |Json(value)| value.shown().into_owned()), expect, "{text}");
        };
        check("'a\"b'", r#""a\"b""#);
        check("[1, 1.5, true, { a = [] }]", r#"[1,1.5,true,{"a":[]}]"#);
        check("2026-01-01T00:00:00Z", r#""2026-01-01T00:00:00Z""#);
        check("{ json = 'null' }", "null");
        check("[{ json = '[null, {\"json\": \"x\"}]' }]", r#"[[null,{"json":"x"}]]"#);
        check("{ json = 1 }", r#"{"json":1}"#);
        check("{ json = 'nul' }", "the text of `json` is not JSON: EOF while parsing a value at line 1 column 3");
        check("nan", "JSON has no number NaN");
    }

    #[test]
    fn lengths() {
        let check = |text: &str, expect: &str| {
            assert_eq!(read(text, |length: Length| length.to_string()), expect, "{text}");
        };
        check("'90s'", "1m 30s");
        check("'1h 30m'", "1h 30m");
        check("'7d'", "7d");
        check("'0s'", "0s");
        check("'1.5s'", "1s 500ms");
        check("'-1s'", "\"-1s\" is not a length such as 90s, 5m or 1h 30m");
        check("'soon'", "\"soon\" is not a length such as 90s, 5m or 1h 30m");
    }

    #[test]
    fn moments() {
        let check = |text: &str, expect: &str| {
            assert_eq!(read(text, |Moment(at)| at.0.to_string()), expect, "{text}");
        };
        check("1970-01-01T00:00:01Z", "1000");
        check("'1970-01-01T01:00:01+01:00'", "1000");
        check("1970-01-01", "1970-01-01 is not a time such as 2026-01-01T00:00:00Z");
        check("7", "7 is not a time such as 2026-01-01T00:00:00Z");
    }
}
