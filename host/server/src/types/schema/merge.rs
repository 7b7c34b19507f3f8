//! Makes one schema of two that hold at once, as far as types go.

use serde_json::{Map, Value, json};

use super::Object;

/// What is valid for both. A word that both have with other values is a conflict, unless it can be joined.
pub fn merge(mut one: Object, other: Object) -> Result<Object, String> {
    for (key, theirs) in other {
        let joined = match one.remove(&key) {
            None => theirs,
            Some(ours) if ours == theirs => ours,
            Some(ours) => match key.as_str() {
                "properties" => properties(ours, theirs),
                "required" => union(ours, theirs),
                "type" => common(&ours, &theirs).ok_or_else(|| format!("{ours} is not {theirs}"))?,
                "allOf" => concatenated(ours, theirs),
                // Open for one and closed for the other is closed.
                "additionalProperties" if ours.is_boolean() || theirs.is_boolean() => {
                    if ours == Value::Bool(true) {
                        theirs
                    } else {
                        ours
                    }
                }
                "oneOf" | "anyOf" | "enum" | "const" | "$ref" | "additionalProperties" | "items" | "prefixItems" => {
                    return Err(format!("both have `{key}`"));
                }
                // What only narrows values, or describes them: the first is as good as the other.
                _ => ours,
            },
        };
        one.insert(key, joined);
    }
    Ok(one)
}

/// A property of both has to be valid for both.
fn properties(ours: Value, theirs: Value) -> Value {
    let (Value::Object(mut ours), Value::Object(theirs)) = (ours, theirs) else { return Value::Object(Map::new()) };
    for (name, theirs) in theirs {
        let joined = match ours.remove(&name) {
            None => theirs,
            Some(ours) if ours == theirs => ours,
            Some(ours) => json!({ "allOf": [ours, theirs] }),
        };
        ours.insert(name, joined);
    }
    Value::Object(ours)
}

fn union(ours: Value, theirs: Value) -> Value {
    let (Value::Array(mut ours), Value::Array(theirs)) = (ours, theirs) else { return Value::Array(Vec::new()) };
    for name in theirs {
        if !ours.contains(&name) {
            ours.push(name);
        }
    }
    Value::Array(ours)
}

fn concatenated(ours: Value, theirs: Value) -> Value {
    let (Value::Array(ours), Value::Array(theirs)) = (ours, theirs) else { return Value::Array(Vec::new()) };
    Value::Array([ours, theirs].concat())
}

/// The types of both; `integer` is a `number`.
fn common(ours: &Value, theirs: &Value) -> Option<Value> {
    let list = |value: &Value| match value {
        Value::Array(kinds) => kinds.clone(),
        kind => vec![kind.clone()],
    };
    let (ours, theirs) = (list(ours), list(theirs));
    let fits = |kind: &Value, others: &[Value]| {
        others.contains(kind) || (kind == "integer" && others.contains(&Value::from("number")))
    };
    let from_ours = ours.iter().filter(|kind| fits(kind, &theirs));
    let from_theirs = theirs.iter().filter(|kind| fits(kind, &ours) && !ours.contains(kind));
    let both: Vec<_> = from_ours.chain(from_theirs).cloned().collect();
    (!both.is_empty()).then_some(Value::Array(both))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges() {
        let check = |one: Value, other: Value, expect: Result<Value, &str>| {
            let object = |value: &Value| value.as_object().unwrap().clone();
            let got = merge(object(&one), object(&other)).map(Value::Object);
            assert_eq!(got.as_ref().map_err(String::as_str), expect.as_ref().map_err(|why| *why));
        };
        check(json!({}), json!({"type": "object"}), Ok(json!({"type": "object"})));
        check(json!({"type": ["string", "null"]}), json!({"type": "string"}), Ok(json!({"type": ["string"]})));
        check(json!({"type": "number"}), json!({"type": "integer"}), Ok(json!({"type": ["integer"]})));
        check(json!({"type": "string"}), json!({"type": "integer"}), Err("\"string\" is not \"integer\""));
        check(
            json!({"properties": {"a": {}, "b": true}, "required": ["a"]}),
            json!({"properties": {"b": {"const": 1}, "c": {}}, "required": ["a", "c"]}),
            Ok(json!({
                "properties": {"a": {}, "b": {"allOf": [true, {"const": 1}]}, "c": {}},
                "required": ["a", "c"],
            })),
        );
        check(
            json!({"additionalProperties": true}),
            json!({"additionalProperties": false}),
            Ok(json!({"additionalProperties": false})),
        );
        check(json!({"oneOf": []}), json!({"oneOf": [1]}), Err("both have `oneOf`"));
        check(json!({"minimum": 1}), json!({"minimum": 2}), Ok(json!({"minimum": 1})));
    }
}
