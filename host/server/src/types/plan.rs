//! What a file of stubs consists of, before a language writes it: functions and types, each with its final name.

use std::collections::BTreeMap;

use super::catalogue::{Defaults, Entry};
use super::names::Names;
use super::schema;
use super::shape::{Definition, Shape};
use super::unify::unify;

/// The names that a language gives and refuses.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    /// How it writes the name of a function.
    pub function: fn(&str) -> String,
    /// How it writes the name of a type.
    pub type_name: fn(&str) -> String,
    /// Words that mean something else in it.
    pub keywords: &'static [&'static str],
    /// Words that mean something else in the files that are written.
    pub used: &'static [&'static str],
}

/// All of a file.
#[derive(Debug)]
pub struct Plan {
    pub stubs: Vec<Stub>,
    pub definitions: Vec<Definition>,
    /// The names of the definitions.
    pub names: Vec<String>,
    /// Functions that nobody calls, as their kinds and names.
    pub left_out: Vec<String>,
}

/// How a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Called {
    Activity,
    Child,
    Entity,
}

/// A function that can be called.
#[derive(Debug)]
pub struct Stub {
    /// Its name in the language.
    pub ident: String,
    /// Its name for the host.
    pub name: String,
    pub called: Called,
    pub doc: Option<String>,
    /// What the types do not express, in words.
    pub notes: Vec<String>,
    /// None if it says nothing of its input.
    pub input: Option<Shape>,
    /// None if it says nothing of its output.
    pub output: Option<Shape>,
    pub defaults: Defaults,
}

/// Reads the schemas of functions, and names everything.
pub fn plan(entries: &[Entry], dialect: Dialect) -> Plan {
    let mut names = Names::without(&[dialect.keywords, dialect.used].concat());
    let (mut definitions, mut left_out) = (Vec::new(), Vec::new());
    let mut stubs = Vec::new();
    for entry in latest(entries) {
        let (called, other) = match entry.kind.as_str() {
            "activity" => (Called::Activity, "activity"),
            "orchestrator" => (Called::Child, "child"),
            "entity" => (Called::Entity, "entity"),
            kind => {
                left_out.push(format!("{kind} {}", entry.name));
                continue;
            }
        };
        let ident = (dialect.function)(&entry.name);
        let longer = (dialect.function)(&format!("{} {other}", entry.name));
        let mut notes = Vec::new();
        let mut read = |schema: &Option<serde_json::Value>, what: &str| {
            let hint = format!("{} {what}", entry.name);
            let (shape, more) = schema::read(&schema.as_ref()?.to_string(), &hint, &mut definitions);
            notes.extend(more.into_iter().map(|note| format!("{what}: {note}")));
            Some(shape)
        };
        let (input, output) = (read(&entry.input_schema, "input"), read(&entry.output_schema, "output"));
        stubs.push(Stub {
            ident: names.claim(&[ident, longer]),
            name: entry.name.clone(),
            called,
            doc: entry.doc.clone(),
            notes,
            input,
            output,
            defaults: entry.defaults.clone(),
        });
    }
    let mut roots: Vec<_> = stubs.iter_mut().flat_map(|stub| [&mut stub.input, &mut stub.output]).flatten().collect();
    let definitions = unify(definitions, &mut roots);
    let names = definitions.iter().map(|definition| names.claim(&[(dialect.type_name)(&definition.hint)])).collect();
    Plan { stubs, definitions, names, left_out }
}

/// Of functions with one name and kind the last one, as for a hub; in the order of kinds and names.
fn latest(entries: &[Entry]) -> impl Iterator<Item = &Entry> {
    let key = |entry: &Entry| (entry.kind.clone(), entry.name.to_ascii_lowercase());
    let all: BTreeMap<_, _> = entries.iter().map(|entry| (key(entry), entry)).collect();
    all.into_values()
}
