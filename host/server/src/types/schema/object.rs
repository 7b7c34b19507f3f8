//! Objects and lists.

use serde_json::Value;

use super::{Object, Place, Reader, doc};
use crate::types::shape::{Body, Field, Presence, Rest, Shape};

impl Reader<'_> {
    /// Known names make a record; unknown ones alone a map.
    pub(super) fn object(&mut self, object: &Object, place: &mut Place<'_>) -> Shape {
        let properties = object.get("properties").and_then(Value::as_object);
        let additional = object.get("additionalProperties");
        let Some(properties) = properties.filter(|properties| !properties.is_empty()) else {
            return match additional {
                Some(Value::Bool(false)) => self.record(object, Vec::new(), Rest::None, place),
                Some(schema) => Shape::Map(Box::new(self.part(schema, "value", place))),
                None => Shape::Map(Box::new(self.pattern(object, place))),
            };
        };
        let required: Vec<&str> = match object.get("required") {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            Some(_) | None => Vec::new(),
        };
        let mut notes = Vec::new();
        let mut inner = Place { hint: place.hint, notes: &mut notes };
        let fields = properties.iter().map(|(name, schema)| Field {
            name: name.clone(),
            doc: doc(schema),
            shape: self.part(schema, name, &mut inner),
            presence: if required.contains(&name.as_str()) { Presence::Required } else { Presence::Optional },
        });
        let fields = fields.collect();
        let rest = match additional {
            None => Rest::Ignored,
            Some(Value::Bool(false)) => Rest::None,
            Some(schema) => Rest::Of(self.part(schema, "rest", place)),
        };
        for note in notes {
            place.note(note);
        }
        self.record(object, fields, rest, place)
    }

    fn record(&mut self, object: &Object, fields: Vec<Field>, rest: Rest, place: &mut Place<'_>) -> Shape {
        self.made(Body::Record { fields, rest }, &Value::Object(object.clone()), place)
    }

    /// The values of a map whose names follow one pattern; several patterns are not told apart.
    fn pattern(&mut self, object: &Object, place: &mut Place<'_>) -> Shape {
        let patterns = object.get("patternProperties").and_then(Value::as_object);
        match patterns.map(|patterns| patterns.values().collect::<Vec<_>>()).as_deref() {
            Some([only]) => self.part(only, "value", place),
            Some(_) | None => Shape::Unknown,
        }
    }

    pub(super) fn list(&mut self, object: &Object, place: &mut Place<'_>) -> Shape {
        let items = object.get("items");
        let Some(Value::Array(first)) = object.get("prefixItems") else {
            return match items {
                Some(schema) => Shape::List(Box::new(self.part(schema, "item", place))),
                None => Shape::List(Box::new(Shape::Unknown)),
            };
        };
        let count = |word: &str| object.get(word).and_then(Value::as_u64).and_then(|count| usize::try_from(count).ok());
        let is_closed = items == Some(&Value::Bool(false)) || count("maxItems") == Some(first.len());
        if !is_closed || count("minItems") != Some(first.len()) {
            place.note("its list may be shorter or longer than its schema describes".into());
            return Shape::List(Box::new(Shape::Unknown));
        }
        let member = |(number, schema)| self.part(schema, &number_hint(number), place);
        Shape::Tuple((1..).zip(first).map(member).collect())
    }

    /// What stands in another place of the same schema.
    fn part(&mut self, schema: &Value, name: &str, place: &mut Place<'_>) -> Shape {
        let hint = format!("{} {name}", place.hint);
        let mut notes = Vec::new();
        let shape = self.shape(schema, &mut Place { hint: &hint, notes: &mut notes });
        for note in notes {
            // Where a note is about a part, it says about which.
            place.note(if note.starts_with('`') { note } else { format!("`{name}`: {note}") });
        }
        shape
    }
}

fn number_hint(number: u32) -> String {
    number.to_string()
}
