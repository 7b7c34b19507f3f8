//! Rust over the crate `dacapo`: structs and enums with `#[payload]`, and functions over `Context::call_activity` and
//! `Context::call_child`.

use std::collections::BTreeSet;

use super::catalogue::Retry;
use super::names::{Names, pascal, snake};
use super::plan::{Called, Dialect, Plan, Stub};
use super::shape::{Body, DefId, Definition, Field, Integer, Literal, Presence, Rest, Shape};
use super::{HEAD, text};

pub const DIALECT: Dialect = Dialect { function, type_name: pascal, keywords: KEYWORDS, used: USED };

/// Words of the language.
const KEYWORDS: &[&str] = &[
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "false", "fn",
    "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self", "Self",
    "static", "struct", "super", "trait", "true", "type", "unsafe", "use", "where", "while", "abstract", "become",
    "box", "do", "final", "gen", "macro", "override", "priv", "try", "typeof", "unsized", "virtual", "yield", "_",
];

/// What the files use by its short name.
const USED: &[&str] = &[
    "dacapo",
    "payload",
    "Box",
    "BTreeMap",
    "Call",
    "Child",
    "Clone",
    "Context",
    "Debug",
    "Default",
    "Duration",
    "EntityId",
    "Err",
    "Into",
    "None",
    "Ok",
    "Option",
    "PartialEq",
    "Result",
    "Retry",
    "Serialize",
    "Some",
    "String",
    "Value",
    "Vec",
];

struct Writer<'a> {
    plan: &'a Plan,
    /// Which definitions each one holds within its own memory, directly or not.
    holds: Vec<BTreeSet<DefId>>,
}

/// The file.
pub fn write(plan: &Plan) -> String {
    let writer = Writer { plan, holds: holdings(plan) };
    let mut body = String::new();
    for stub in &plan.stubs {
        body += &writer.stub(stub);
    }
    for (id, definition) in plan.definitions.iter().enumerate() {
        body += &writer.definition(DefId(id), definition);
    }
    let mut head = format!("//! {HEAD}\n");
    for left_out in &plan.left_out {
        head += &format!("//!\n//! Nobody calls the {left_out}.\n");
    }
    head + "\n#![allow(dead_code, missing_docs, clippy::all, reason = \"it is written by a tool\")]\n"
        + &imports(&body)
        + &body
}

fn imports(body: &str) -> String {
    let uses = |word: &str| body.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found == word);
    let list = |words: &[&str]| words.iter().filter(|word| uses(word)).copied().collect::<Vec<_>>().join(", ");
    let mut lines = String::new();
    let std: Vec<_> = [("BTreeMap", "std::collections::BTreeMap"), ("Duration", "std::time::Duration")]
        .into_iter()
        .filter(|(word, _)| uses(word))
        .collect();
    for (_, path) in std {
        lines += &format!("\nuse {path};");
    }
    let ours = list(&["Call", "Child", "Context", "EntityId", "Retry", "payload"]);
    if !ours.is_empty() {
        lines += &format!("\nuse dacapo::{{{ours}}};");
    }
    for (word, path) in [("Serialize", "dacapo::serde::Serialize"), ("Value", "dacapo::serde_json::Value")] {
        if uses(word) {
            lines += &format!("\nuse {path};");
        }
    }
    if lines.is_empty() { lines } else { format!("{lines}\n") }
}

impl Writer<'_> {
    fn stub(&self, stub: &Stub) -> String {
        let mut notes = stub.notes.clone();
        let input = match &stub.input {
            Some(shape) => self.shape(shape, None),
            None => "impl Serialize".to_owned(),
        };
        if stub.input.is_none() && stub.called != Called::Entity {
            notes.push("it says nothing of its input; `()` is none".to_owned());
        }
        let output = stub.output.as_ref().map_or("Value".to_owned(), |shape| self.shape(shape, None));
        let docs = docs(stub.doc.as_deref(), &notes, "");
        let Stub { ident, name, .. } = stub;
        match stub.called {
            Called::Activity => format!(
                "\n{docs}#[track_caller]\npub fn {ident}(cx: &Context, input: {input}) -> Call<{output}> {{\n    \
                 cx.call_activity({name:?}, &input){}\n}}\n",
                options(stub)
            ),
            Called::Child => format!(
                "\n{docs}#[track_caller]\npub fn {ident}(cx: &Context, input: {input}) -> Child<{output}> {{\n    \
                 cx.call_child({name:?}, &input)\n}}\n"
            ),
            Called::Entity => format!(
                "\n{docs}pub fn {ident}(key: impl Into<String>) -> EntityId {{\n    EntityId::new({name:?}, key)\n}}\n"
            ),
        }
    }

    fn definition(&self, id: DefId, definition: &Definition) -> String {
        let name = &self.plan.names[id.0];
        let mut notes = definition.notes.clone();
        const DERIVES: &str = "#[payload]\n#[derive(Clone, Debug, PartialEq)]\n";
        let body = match &definition.body {
            Body::Record { fields, rest } => format!("{DERIVES}{}", self.record(id, name, fields, rest)),
            Body::Literals(literals) => match texts(literals) {
                Some(texts) => format!("{DERIVES}{}", text_enum(name, &texts)),
                None => {
                    let values: Vec<_> = literals.iter().map(|literal| format!("`{}`", literal.json())).collect();
                    notes.push(format!("one of {}", values.join(", ")));
                    format!("pub type {name} = {};\n", self.literal_type(literals))
                }
            },
            Body::Union(members) => format!("{DERIVES}#[serde(untagged)]\n{}", self.union(id, name, members)),
            Body::Alias(shape) if self.is_circle(id) => {
                format!("{DERIVES}#[serde(transparent)]\npub struct {name}(pub {});\n", self.shape(shape, Some(id)))
            }
            Body::Alias(shape) => format!("pub type {name} = {};\n", self.shape(shape, None)),
        };
        format!("\n{}{body}", docs(definition.doc.as_deref(), &notes, ""))
    }

    fn record(&self, id: DefId, name: &str, fields: &[Field], rest: &Rest) -> String {
        let mut names = Names::without(&["_"]);
        let closed = if *rest == Rest::None { "#[serde(deny_unknown_fields)]\n" } else { "" };
        let mut text = format!("{closed}pub struct {name} {{\n");
        for field in fields {
            let ident = names.claim(&[snake(&field.name)]);
            let written = raw(&ident);
            let mut shape = self.shape(&field.shape, Some(id));
            let mut settings = Vec::new();
            if written.trim_start_matches("r#") != field.name {
                settings.push(format!("rename = {:?}", field.name));
            }
            if field.presence == Presence::Optional {
                settings.push("default, skip_serializing_if = \"Option::is_none\"".to_owned());
                if !shape.starts_with("Option<") {
                    shape = format!("Option<{shape}>");
                }
            }
            text += &docs(field.doc.as_deref(), &[], "    ");
            if !settings.is_empty() {
                text += &format!("    #[serde({})]\n", settings.join(", "));
            }
            text += &format!("    pub {written}: {shape},\n");
        }
        if let Rest::Of(shape) = rest {
            let (ident, shape) = (names.claim(&["rest".to_owned()]), self.shape(shape, None));
            text += &format!(
                "    /// All other properties.\n    #[serde(flatten)]\n    pub {ident}: BTreeMap<String, {shape}>,\n"
            );
        }
        text + "}\n"
    }

    fn union(&self, id: DefId, name: &str, members: &[Shape]) -> String {
        let mut names = Names::without(&["Self"]);
        let mut text = format!("pub enum {name} {{\n");
        for member in members {
            let variant = match member {
                Shape::Defined(id) => self.plan.names[id.0].clone(),
                Shape::Unknown | Shape::Never | Shape::Optional(_) => "Other".to_owned(),
                Shape::Null => "Null".to_owned(),
                Shape::Boolean => "Boolean".to_owned(),
                Shape::Integer(_) => "Integer".to_owned(),
                Shape::Number => "Number".to_owned(),
                Shape::String => "Text".to_owned(),
                Shape::List(_) => "List".to_owned(),
                Shape::Tuple(_) => "Tuple".to_owned(),
                Shape::Map(_) => "Map".to_owned(),
            };
            let variant = names.claim(&[variant]);
            text += &match member {
                Shape::Null => format!("    {variant},\n"),
                _ => format!("    {variant}({}),\n", self.shape(member, Some(id))),
            };
        }
        text + "}\n"
    }

    /// A type as it is written within `owner`: in a box where it would otherwise hold its owner and be without end.
    fn shape(&self, shape: &Shape, owner: Option<DefId>) -> String {
        let inner = |shape: &Shape| self.shape(shape, owner);
        match shape {
            Shape::Unknown | Shape::Never => "Value".to_owned(),
            Shape::Null => "()".to_owned(),
            Shape::Boolean => "bool".to_owned(),
            Shape::Integer(size) => size.rust().to_owned(),
            Shape::Number => "f64".to_owned(),
            Shape::String => "String".to_owned(),
            Shape::List(item) => format!("Vec<{}>", self.shape(item, None)),
            Shape::Map(value) => format!("BTreeMap<String, {}>", self.shape(value, None)),
            Shape::Tuple(members) if members.len() == 1 => format!("({},)", inner(&members[0])),
            Shape::Tuple(members) => format!("({})", members.iter().map(inner).collect::<Vec<_>>().join(", ")),
            Shape::Optional(shape) => format!("Option<{}>", inner(shape)),
            Shape::Defined(id) => {
                let name = &self.plan.names[id.0];
                let is_endless = owner.is_some_and(|owner| *id == owner || self.holds[id.0].contains(&owner));
                if is_endless { format!("Box<{name}>") } else { name.clone() }
            }
        }
    }

    /// Plain values of other types than text: their common type, if Rust has one.
    fn literal_type(&self, literals: &[Literal]) -> &'static str {
        let all = |is: fn(&Literal) -> bool| literals.iter().all(is);
        if all(|literal| matches!(literal, Literal::Boolean(_))) {
            return "bool";
        }
        if all(|literal| matches!(literal, Literal::Number(number) if number.is_i64())) {
            return "i64";
        }
        if all(|literal| matches!(literal, Literal::Number(_))) { "f64" } else { "Value" }
    }

    /// Whether an alias leads back to itself, by whatever way; such a name has to be a type of its own.
    fn is_circle(&self, id: DefId) -> bool {
        let mut waiting = vec![id];
        let mut seen = BTreeSet::new();
        while let Some(next) = waiting.pop() {
            let mut body = self.plan.definitions[next.0].body.clone();
            let mut reached = Vec::new();
            body.each_shape(&mut |shape| shape.each_defined(&mut |id| reached.push(*id)));
            if reached.contains(&id) {
                return true;
            }
            waiting.extend(reached.into_iter().filter(|id| seen.insert(*id)));
        }
        false
    }
}

impl Integer {
    fn rust(self) -> &'static str {
        match self {
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
        }
    }
}

fn function(name: &str) -> String {
    snake(name)
}

/// Which definitions are held in place: not those behind a list or a map.
fn holdings(plan: &Plan) -> Vec<BTreeSet<DefId>> {
    fn of(shape: &Shape, held: &mut BTreeSet<DefId>) {
        match shape {
            Shape::Defined(id) => drop(held.insert(*id)),
            Shape::Optional(inner) => of(inner, held),
            Shape::Tuple(members) => members.iter().for_each(|member| of(member, held)),
            _ => {}
        }
    }
    let direct = plan.definitions.iter().map(|definition| {
        let mut held = BTreeSet::new();
        definition.body.clone().each_shape(&mut |shape| of(shape, &mut held));
        held
    });
    let direct: Vec<_> = direct.collect();
    let all = direct.iter().map(|held| {
        let (mut all, mut waiting): (BTreeSet<DefId>, Vec<DefId>) = (held.clone(), held.iter().copied().collect());
        while let Some(id) = waiting.pop() {
            waiting.extend(direct[id.0].iter().copied().filter(|id| all.insert(*id)));
        }
        all
    });
    all.collect()
}

fn options(stub: &Stub) -> String {
    let mut calls = String::new();
    if let Some(retry) = &stub.defaults.retry {
        calls += &format!("\n        .retry({})", policy(retry));
    }
    if let Some(timeout) = stub.defaults.timeout_ms {
        calls += &format!("\n        .timeout({})", duration(timeout));
    }
    calls
}

fn policy(retry: &Retry) -> String {
    let mut text = format!("Retry::attempts({})", retry.max_attempts);
    if retry.first_interval_ms != 1_000 {
        text += &format!(".first_interval({})", duration(retry.first_interval_ms));
    }
    if retry.coefficient != 1.0 {
        text += &format!(".coefficient({:?})", retry.coefficient);
    }
    if let Some(interval) = retry.max_interval_ms {
        text += &format!(".max_interval({})", duration(interval));
    }
    if let Some(timeout) = retry.timeout_ms {
        text += &format!(".timeout({})", duration(timeout));
    }
    if retry.jitter != 0.0 {
        text += &format!(".jitter({:?})", retry.jitter);
    }
    if !retry.non_retryable.is_empty() {
        text += &format!(".non_retryable({:?})", retry.non_retryable);
    }
    text
}

fn duration(millis: u64) -> String {
    match millis % 1_000 {
        0 => format!("Duration::from_secs({})", millis / 1_000),
        _ => format!("Duration::from_millis({millis})"),
    }
}

fn texts(literals: &[Literal]) -> Option<Vec<&str>> {
    fn text(literal: &Literal) -> Option<&str> {
        match literal {
            Literal::String(text) => Some(text),
            Literal::Boolean(_) | Literal::Number(_) => None,
        }
    }
    literals.iter().map(text).collect()
}

fn text_enum(name: &str, texts: &[&str]) -> String {
    let mut names = Names::without(&["Self"]);
    let mut all = format!("pub enum {name} {{\n");
    for value in texts {
        let variant = names.claim(&[pascal(value)]);
        if variant != *value {
            all += &format!("    #[serde(rename = {value:?})]\n");
        }
        all += &format!("    {variant},\n");
    }
    all + "}\n"
}

/// Whether a word cannot name a crate.
pub fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

/// A field may be called like a keyword, but for a few.
fn raw(ident: &str) -> String {
    const NEVER_RAW: [&str; 4] = ["self", "super", "crate", "_"];
    match ident {
        _ if NEVER_RAW.contains(&ident) => format!("{ident}_"),
        _ if is_keyword(ident) => format!("r#{ident}"),
        _ => ident.to_owned(),
    }
}

/// Doc comments. What would be compiled as an example is shown as text.
fn docs(doc: Option<&str>, notes: &[String], indent: &str) -> String {
    let mut is_fenced = false;
    let mut lines: Vec<String> = Vec::new();
    for line in doc.map(text::lines).unwrap_or_default() {
        let line = line.trim_start().to_owned();
        let is_fence = line.starts_with("```") || line.starts_with("~~~");
        lines.push(if is_fence && !is_fenced { format!("{}text", &line[..3]) } else { line });
        is_fenced ^= is_fence;
    }
    if is_fenced {
        lines.push("```".to_owned());
    }
    if !notes.is_empty() && !lines.is_empty() {
        lines.push(String::new());
    }
    lines.extend(notes.iter().map(|note| format!("Note: {}.", text::line(note))));
    lines.iter().map(|line| format!("{indent}/// {line}").trim_end().to_owned() + "\n").collect()
}
