//! Reads JSON Schema (2020-12) as types.
//!
//! A schema says which values are valid, a type what they look like; so what only narrows values is left out, and what has no
//! form as a type becomes [`Shape::Unknown`] with a note that says why. Nothing in a schema is an error: it comes from other
//! people's components. It knows no language.

mod merge;
mod object;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::shape::{Body, DefId, Definition, Integer, Literal, Origin, Shape};
use merge::merge;

type Object = Map<String, Value>;

/// Reads one schema document; definitions are added to those of the documents before it.
#[derive(Debug)]
pub struct Reader<'a> {
    definitions: &'a mut Vec<Definition>,
    document: Value,
    /// What each pointer into the document became.
    known: BTreeMap<String, DefId>,
}

/// Where a shape stands: what it would be called, and who is told what it does not express.
#[derive(Debug)]
struct Place<'a> {
    hint: &'a str,
    notes: &'a mut Vec<String>,
}

/// Reads a schema. `hint` is what it would be called if it has no title; the notes are about what has no name of its own.
pub fn read(schema: &str, hint: &str, definitions: &mut Vec<Definition>) -> (Shape, Vec<String>) {
    let mut notes = Vec::new();
    let document = match serde_json::from_str(schema) {
        Ok(document) => document,
        Err(error) => return (Shape::Unknown, vec![format!("its schema is not JSON: {error}")]),
    };
    let mut reader = Reader { definitions, document, known: BTreeMap::new() };
    let id = reader.define(String::new(), hint);
    let root = &mut reader.definitions[id.0];
    let shape = match (&root.body, root.origin) {
        // A title of what any language can write without a name is no name: `Array_of_string`.
        (Body::Alias(shape), Origin::Inline) => {
            notes.append(&mut root.notes);
            shape.clone()
        }
        _ => Shape::Defined(id),
    };
    (shape, notes)
}

impl Reader<'_> {
    /// The definition of what a pointer leads to, made at the first use, before what it is built of.
    fn define(&mut self, pointer: String, hint: &str) -> DefId {
        let schema = self.document.pointer(&pointer).cloned().unwrap_or(Value::Bool(true));
        let title = schema.get("title").and_then(Value::as_str).filter(|title| !title.trim().is_empty());
        let hint = title.unwrap_or(hint).to_owned();
        let id = self.reserve(&hint, &schema);
        self.known.insert(pointer, id);
        let mut notes = Vec::new();
        let (body, origin) = match self.shape(&schema, &mut Place { hint: &hint, notes: &mut notes }) {
            // What was made for this place is what the name is for.
            Shape::Defined(inner) if inner > id && self.definitions[inner.0].origin == Origin::Inline => {
                let inner = self.definitions[inner.0].clone();
                notes.extend(inner.notes);
                let named = if title.is_some() { Origin::Named } else { Origin::Inline };
                (inner.body, named)
            }
            shape => (Body::Alias(shape), Origin::Inline),
        };
        let definition = &mut self.definitions[id.0];
        definition.notes.extend(notes);
        definition.body = body;
        // A reference to it, met meanwhile, has made it one with a name.
        if definition.origin == Origin::Inline {
            definition.origin = origin;
        }
        id
    }

    fn reserve(&mut self, hint: &str, schema: &Value) -> DefId {
        let body = Body::Alias(Shape::Unknown);
        self.push(hint, schema, body, Origin::Inline, Vec::new())
    }

    fn push(&mut self, hint: &str, schema: &Value, body: Body, origin: Origin, notes: Vec<String>) -> DefId {
        self.definitions.push(Definition { hint: hint.to_owned(), doc: doc(schema), notes, origin, body });
        DefId(self.definitions.len() - 1)
    }

    fn shape(&mut self, schema: &Value, place: &mut Place<'_>) -> Shape {
        let object = match schema {
            Value::Object(object) => object,
            Value::Bool(true) => return Shape::Unknown,
            Value::Bool(false) => return Shape::Never,
            other => return place.open(format!("{other} is no schema")),
        };
        for ignored in ["not", "if", "dependentSchemas", "$dynamicRef", "patternProperties"] {
            if object.contains_key(ignored) {
                place.note(format!("its schema has `{ignored}`, which no type expresses"));
            }
        }
        if let Some(reference) = object.get("$ref") {
            return self.reference(reference, place);
        }
        if let Some(values) = literals(object) {
            return self.values(&values, schema, place);
        }
        if let Some(Value::Array(parts)) = object.get("allOf") {
            return self.all_of(object, parts, place);
        }
        for word in ["oneOf", "anyOf"] {
            if let Some(Value::Array(members)) = object.get(word) {
                return self.one_of(object, word, members, place);
            }
        }
        self.typed(object, place)
    }

    fn reference(&mut self, reference: &Value, place: &mut Place<'_>) -> Shape {
        let Some(pointer) = reference.as_str().and_then(pointer).filter(|at| self.document.pointer(at).is_some())
        else {
            return place.open(format!("nothing is known of {reference}"));
        };
        let hint = pointer.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(place.hint).to_owned();
        let id = match self.known.get(&pointer) {
            Some(id) => *id,
            None => self.define(pointer, &hint),
        };
        self.definitions[id.0].origin = Origin::Named;
        Shape::Defined(id)
    }

    fn values(&mut self, values: &[Value], schema: &Value, place: &mut Place<'_>) -> Shape {
        let mut literals = Vec::new();
        for value in values {
            let literal = match value {
                Value::Null => continue,
                Value::Bool(value) => Literal::Boolean(*value),
                Value::Number(value) => Literal::Number(value.clone()),
                Value::String(value) => Literal::String(value.clone()),
                Value::Array(_) | Value::Object(_) => return place.open("one of its values is not a plain one".into()),
            };
            if !literals.contains(&literal) {
                literals.push(literal);
            }
        }
        let shape = match literals.is_empty() {
            true => Shape::Never,
            false => self.made(Body::Literals(literals), schema, place),
        };
        if values.contains(&Value::Null) { shape.or_null() } else { shape }
    }

    fn all_of(&mut self, object: &Object, parts: &[Value], place: &mut Place<'_>) -> Shape {
        let mut whole = object.clone();
        whole.remove("allOf");
        if let ([only], true) = (parts, whole.keys().all(|key| is_annotation(key))) {
            return self.shape(only, place);
        }
        for part in parts {
            let Some(part) = self.resolved(part) else {
                return place.open("a part of its `allOf` is not known".into());
            };
            whole = match merge(whole, part) {
                Ok(whole) => whole,
                Err(why) => return place.open(format!("the parts of its `allOf` do not make one type: {why}")),
            };
        }
        self.shape(&Value::Object(whole), place)
    }

    fn one_of(&mut self, object: &Object, word: &str, members: &[Value], place: &mut Place<'_>) -> Shape {
        let mut base = object.clone();
        base.remove(word);
        let is_null = |member: &Value| member.get("type").is_some_and(|kind| kind == "null");
        let plain: Vec<_> = members.iter().filter(|member| !is_null(member)).collect();
        let constants: Option<Vec<Value>> = plain
            .iter()
            .map(|member| literals(member.as_object()?))
            .collect::<Option<Vec<_>>>()
            .map(|all| all.concat());
        let shape = match constants.filter(|constants| !constants.is_empty()) {
            Some(constants) => self.values(&constants, &Value::Object(base), place),
            None => self.union(base, &plain, place),
        };
        if plain.len() < members.len() { shape.or_null() } else { shape }
    }

    fn union(&mut self, base: Object, members: &[&Value], place: &mut Place<'_>) -> Shape {
        let is_bare = base.keys().all(|key| is_annotation(key) || key == "type");
        let mut shapes: Vec<Shape> = Vec::new();
        let mut nullable = false;
        for (number, member) in (1..).zip(members) {
            let hint = match members.len() {
                1 => place.hint.to_owned(),
                _ => format!("{} {number}", place.hint),
            };
            let mut inner = Place { hint: &hint, notes: place.notes };
            let shape = match is_bare {
                true => self.shape(member, &mut inner),
                false => self.joined(&base, member, &mut inner),
            };
            let shape = match shape {
                Shape::Unknown => return Shape::Unknown,
                Shape::Optional(shape) => {
                    nullable = true;
                    *shape
                }
                shape => shape,
            };
            if shape != Shape::Never && !shapes.contains(&shape) {
                shapes.push(shape);
            }
        }
        let shape = match shapes.len() {
            0 => Shape::Never,
            1 => shapes.remove(0),
            _ => self.made(Body::Union(shapes), &Value::Object(base), place),
        };
        if nullable { shape.or_null() } else { shape }
    }

    /// A member of a union, with what all its members have in common.
    fn joined(&mut self, base: &Object, member: &Value, place: &mut Place<'_>) -> Shape {
        let mut common = base.clone();
        common.retain(|key, _| !matches!(key.as_str(), "title" | "description"));
        match self.resolved(member).map(|member| merge(common, member)) {
            Some(Ok(whole)) => self.shape(&Value::Object(whole), place),
            Some(Err(why)) => place.open(format!("one of its variants does not fit the rest: {why}")),
            None => place.open("one of its variants is not known".into()),
        }
    }

    /// A schema that is an object, with the reference followed if it is one.
    fn resolved(&self, schema: &Value) -> Option<Object> {
        // Longer chains than that are circles.
        const FOLLOWED_MAX_COUNT: usize = 32;
        let mut schema = schema;
        for _ in 0..FOLLOWED_MAX_COUNT {
            match schema.get("$ref") {
                Some(reference) => schema = self.document.pointer(&pointer(reference.as_str()?)?)?,
                None if *schema == Value::Bool(true) => return Some(Object::new()),
                None => return schema.as_object().cloned(),
            }
        }
        None
    }

    fn typed(&mut self, object: &Object, place: &mut Place<'_>) -> Shape {
        let named: Vec<&str> = match object.get("type") {
            Some(Value::String(kind)) => vec![kind],
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
            Some(_) | None => implied(object).into_iter().collect(),
        };
        let kinds: Vec<_> = named.iter().copied().filter(|kind| *kind != "null").collect();
        let mut shapes: Vec<_> = Vec::new();
        for &kind in &kinds {
            let hint = if kinds.len() > 1 { format!("{} {kind}", place.hint) } else { place.hint.to_owned() };
            let mut inner = Place { hint: &hint, notes: place.notes };
            let shape = match kind {
                "boolean" => Shape::Boolean,
                "integer" => Shape::Integer(integer(object)),
                "number" => Shape::Number,
                "string" => Shape::String,
                "array" => self.list(object, &mut inner),
                "object" => self.object(object, &mut inner),
                other => inner.open(format!("{other:?} is no type")),
            };
            shapes.push(shape);
        }
        let shape = match (shapes.len(), named.is_empty()) {
            (0, true) => Shape::Unknown,
            (0, false) => Shape::Null,
            (1, _) => shapes.remove(0),
            _ if shapes.contains(&Shape::Unknown) => Shape::Unknown,
            _ => self.made(Body::Union(shapes), &Value::Object(object.clone()), place),
        };
        if kinds.len() < named.len() { shape.or_null() } else { shape }
    }

    /// What languages without a way to write it in its place need a name for.
    fn made(&mut self, body: Body, schema: &Value, place: &mut Place<'_>) -> Shape {
        let title = schema.get("title").and_then(Value::as_str);
        let hint = title.unwrap_or(place.hint).to_owned();
        Shape::Defined(self.push(&hint, schema, body, Origin::Inline, Vec::new()))
    }
}

impl Place<'_> {
    fn note(&mut self, text: String) {
        if !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }

    fn open(&mut self, why: String) -> Shape {
        self.note(format!("{why}, so it may be anything"));
        Shape::Unknown
    }
}

/// What the author says of a schema.
fn doc(schema: &Value) -> Option<String> {
    let text = schema.get("description").and_then(Value::as_str)?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn literals(object: &Object) -> Option<Vec<Value>> {
    match (object.get("const"), object.get("enum")) {
        (Some(value), _) => Some(vec![value.clone()]),
        (None, Some(Value::Array(values))) => Some(values.clone()),
        (None, _) => None,
    }
}

/// The JSON pointer of a reference within the document.
fn pointer(reference: &str) -> Option<String> {
    let fragment = reference.strip_prefix('#')?;
    let decoded = percent_encoding::percent_decode_str(fragment).decode_utf8().ok()?;
    (decoded.is_empty() || decoded.starts_with('/')).then(|| decoded.into_owned())
}

/// Words that say nothing about values.
fn is_annotation(key: &str) -> bool {
    matches!(
        key,
        "title" | "description" | "default" | "examples" | "deprecated" | "readOnly" | "writeOnly" | "discriminator"
    ) || key.starts_with('$')
}

/// The type that a schema without one is about, by the words that it uses.
fn implied(object: &Object) -> Option<&'static str> {
    let has = |words: &[&str]| words.iter().any(|word| object.contains_key(*word));
    if has(&["properties", "additionalProperties", "required"]) {
        return Some("object");
    }
    has(&["items", "prefixItems"]).then_some("array")
}

fn integer(object: &Object) -> Integer {
    let is_natural = object.get("minimum").and_then(Value::as_f64).is_some_and(|least| least >= 0.0);
    match object.get("format").and_then(Value::as_str) {
        Some("int8") => Integer::I8,
        Some("int16") => Integer::I16,
        Some("int32") => Integer::I32,
        Some("uint8") => Integer::U8,
        Some("uint16") => Integer::U16,
        Some("uint32") => Integer::U32,
        Some("uint64" | "uint") => Integer::U64,
        Some(_) | None if is_natural => Integer::U64,
        Some(_) | None => Integer::I64,
    }
}
