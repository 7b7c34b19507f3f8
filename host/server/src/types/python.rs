//! Python over the package `dacapo`: `TypedDict`s, type aliases, and functions over `call_activity` and `child`.
//!
//! Types are read while the module is imported, so whatever is defined further down stands in quotes.

use super::catalogue::Retry;
use super::names::{pascal, snake};
use super::plan::{Called, Dialect, Plan, Stub};
use super::shape::{Body, Definition, Field, Literal, Presence, Rest, Shape};
use super::text::json_string;
use super::{HEAD, text};

pub const DIALECT: Dialect = Dialect { function: snake, type_name: pascal, keywords: KEYWORDS, used: USED };

/// Words that cannot name a function or a type.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// What the files use.
const USED: &[&str] = &[
    "bool",
    "dict",
    "float",
    "int",
    "list",
    "str",
    "tuple",
    "Any",
    "Call",
    "Context",
    "Duration",
    "EntityCalls",
    "Literal",
    "NotRequired",
    "Optional",
    "Retry",
    "TypedDict",
    "Union",
];

struct Writer<'a> {
    plan: &'a Plan,
    /// What stands around the name of a definition.
    quote: &'static str,
}

/// The file.
pub fn write(plan: &Plan) -> String {
    let mut body = String::new();
    for (name, definition) in plan.names.iter().zip(&plan.definitions) {
        body += &Writer { plan, quote: "\"" }.definition(name, definition);
    }
    for stub in &plan.stubs {
        body += &Writer { plan, quote: "" }.stub(stub);
    }
    let mut head = vec![HEAD.to_owned()];
    head.extend(plan.left_out.iter().map(|left_out| format!("Nobody calls the {left_out}.")));
    format!("{}{}{body}", docstring(&head, ""), imports(plan, &body))
}

fn imports(plan: &Plan, body: &str) -> String {
    let uses = |word: &&&str| body.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found == **word);
    let line = |module: &str, words: &[&str]| {
        let used: Vec<_> = words.iter().filter(uses).copied().collect();
        if used.is_empty() { String::new() } else { format!("\nfrom {module} import {}\n", used.join(", ")) }
    };
    let typing = line("typing", &["Any", "Literal", "NotRequired", "Optional", "TypedDict", "Union"]);
    let ours: &[_] = if plan.stubs.is_empty() { &[] } else { &["Call", "Context", "Duration", "EntityCalls", "Retry"] };
    typing + &line("dacapo", ours)
}

impl Writer<'_> {
    fn stub(&self, stub: &Stub) -> String {
        let Stub { ident, called, .. } = stub;
        let name = json_string(&stub.name);
        let input = match &stub.input {
            Some(shape) => format!("input: {}", self.shape(shape)),
            None => "input: Any = None".to_owned(),
        };
        let output = stub.output.as_ref().map_or("Any".to_owned(), |shape| self.shape(shape));
        let mut lines = stub.doc.as_deref().map(text::lines).unwrap_or_default();
        lines.extend(stub.notes.iter().map(|note| format!("Note: {}.", text::line(note))));
        let docs = docstring(&lines, "    ");
        match called {
            Called::Activity => {
                let retry = stub.defaults.retry.as_ref().map_or("None".to_owned(), policy);
                let timeout =
                    stub.defaults.timeout_ms.map_or("None".to_owned(), |millis| json_string(&text::duration(millis)));
                format!(
                    "\n\ndef {ident}(\n    cx: Context,\n    {input},\n    *,\n    retry: Optional[Retry] = {retry},\n    \
                     timeout: Optional[Duration] = {timeout},\n) -> Call[{output}]:\n{docs}    \
                     return cx.call_activity({name}, input, {output}, retry=retry, timeout=timeout)\n"
                )
            }
            Called::Child => format!(
                "\n\ndef {ident}(\n    cx: Context,\n    {input},\n    *,\n    id: Optional[str] = None,\n    \
                 version: Optional[str] = None,\n    retry: Optional[Retry] = None,\n) -> Call[{output}]:\n{docs}    \
                 return cx.child({name}, input, {output}, id=id, version=version, retry=retry)\n"
            ),
            Called::Entity => format!(
                "\n\ndef {ident}(cx: Context, key: str) -> EntityCalls:\n{docs}    return cx.entity({name}, key)\n"
            ),
        }
    }

    fn definition(&self, name: &str, definition: &Definition) -> String {
        let mut lines = definition.doc.as_deref().map(text::lines).unwrap_or_default();
        lines.extend(definition.notes.iter().map(|note| format!("Note: {}.", text::line(note))));
        match &definition.body {
            _ if definition.is_inline() => String::new(),
            Body::Record { fields, rest } => {
                if let Rest::Of(shape) = rest {
                    lines.push(format!(
                        "Note: all other names are allowed, too, with values of the type {}.",
                        self.shape(shape)
                    ));
                }
                match fields.iter().all(|field| is_plain(&field.name)) {
                    true => self.class(name, fields, &lines),
                    false => self.call(name, fields, &lines),
                }
            }
            body => format!("\n\n{}{name} = {}\n", comment(&lines, ""), self.body(body)),
        }
    }

    fn class(&self, name: &str, fields: &[Field], lines: &[String]) -> String {
        let field = |field: &Field| {
            let lines = field.doc.as_deref().map(text::lines).unwrap_or_default();
            format!("{}    {}: {}\n", comment(&lines, "    "), field.name, self.field(field))
        };
        let members: String = fields.iter().map(field).collect();
        let docs = docstring(lines, "    ");
        let pass = if members.is_empty() && docs.is_empty() { "    pass\n" } else { "" };
        format!("\n\nclass {name}(TypedDict):\n{docs}{members}{pass}")
    }

    /// For names that are no identifiers.
    fn call(&self, name: &str, fields: &[Field], lines: &[String]) -> String {
        let field = |field: &Field| {
            let lines = field.doc.as_deref().map(text::lines).unwrap_or_default();
            format!("{}        {}: {},\n", comment(&lines, "        "), json_string(&field.name), self.field(field))
        };
        let members: String = fields.iter().map(field).collect();
        format!("\n\n{}{name} = TypedDict(\n    {:?},\n    {{\n{members}    }},\n)\n", comment(lines, ""), name)
    }

    fn field(&self, field: &Field) -> String {
        match field.presence {
            Presence::Required => self.shape(&field.shape),
            Presence::Optional => format!("NotRequired[{}]", self.shape(&field.shape)),
        }
    }

    fn body(&self, body: &Body) -> String {
        let joined = |shapes: &[Shape]| shapes.iter().map(|shape| self.shape(shape)).collect::<Vec<_>>().join(", ");
        match body {
            Body::Record { .. } => "dict[str, Any]".to_owned(),
            Body::Literals(literals) => constants(literals),
            Body::Union(members) => format!("Union[{}]", joined(members)),
            Body::Alias(shape) => self.shape(shape),
        }
    }

    fn shape(&self, shape: &Shape) -> String {
        match shape {
            Shape::Unknown | Shape::Never => "Any".to_owned(),
            Shape::Null => "None".to_owned(),
            Shape::Boolean => "bool".to_owned(),
            Shape::Integer(_) => "int".to_owned(),
            Shape::Number => "float".to_owned(),
            Shape::String => "str".to_owned(),
            Shape::List(item) => format!("list[{}]", self.shape(item)),
            Shape::Tuple(members) if members.is_empty() => "tuple[()]".to_owned(),
            Shape::Tuple(members) => {
                format!("tuple[{}]", members.iter().map(|member| self.shape(member)).collect::<Vec<_>>().join(", "))
            }
            Shape::Map(value) => format!("dict[str, {}]", self.shape(value)),
            Shape::Optional(shape) => format!("Optional[{}]", self.shape(shape)),
            Shape::Defined(id) => match &self.plan.definitions[id.0] {
                definition if definition.is_inline() => self.body(&definition.body),
                _ => format!("{0}{1}{0}", self.quote, self.plan.names[id.0]),
            },
        }
    }
}

/// Plain values. Python has no type for one floating-point number.
fn constants(literals: &[Literal]) -> String {
    let is_float = |literal: &Literal| matches!(literal, Literal::Number(number) if number.is_f64());
    let word = |literal: &Literal| match literal {
        Literal::Boolean(true) => "True".to_owned(),
        Literal::Boolean(false) => "False".to_owned(),
        Literal::Number(_) | Literal::String(_) => literal.json(),
    };
    let words: Vec<_> = literals.iter().filter(|literal| !is_float(literal)).map(word).collect();
    let exact = format!("Literal[{}]", words.join(", "));
    match (words.is_empty(), words.len() == literals.len()) {
        (true, _) => "float".to_owned(),
        (false, true) => exact,
        (false, false) => format!("Union[{exact}, float]"),
    }
}

fn policy(retry: &Retry) -> String {
    let time = |millis: u64| json_string(&text::duration(millis));
    let mut words = vec![retry.max_attempts.to_string(), format!("first_interval={}", time(retry.first_interval_ms))];
    if retry.coefficient != 1.0 {
        words.push(format!("coefficient={:?}", retry.coefficient));
    }
    words.extend(retry.max_interval_ms.map(|interval| format!("max_interval={}", time(interval))));
    words.extend(retry.timeout_ms.map(|timeout| format!("timeout={}", time(timeout))));
    if retry.jitter != 0.0 {
        words.push(format!("jitter={:?}", retry.jitter));
    }
    if !retry.non_retryable.is_empty() {
        let kinds: Vec<_> = retry.non_retryable.iter().map(|kind| json_string(kind)).collect();
        words.push(format!("non_retryable=[{}]", kinds.join(", ")));
    }
    format!("Retry({})", words.join(", "))
}

/// Whether a class can have a member of this name: it must not hide what the others are made of, and one that begins with two
/// underscores would get another name.
fn is_plain(name: &str) -> bool {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(is_first)
        && name.chars().all(|c| is_first(c) || c.is_ascii_digit())
        && !name.starts_with("__")
        && !KEYWORDS.contains(&name)
        && !USED.contains(&name)
}

fn docstring(lines: &[String], indent: &str) -> String {
    let safe = |line: &String| line.replace('\\', "\\\\").replace('"', "\\\"");
    // Plain quotes are left as they are, as long as they cannot end the text.
    let soft = |line: &String| {
        if line.contains("\"\"") || line.ends_with('"') { safe(line) } else { line.replace('\\', "\\\\") }
    };
    match lines {
        [] => String::new(),
        [only] => format!("{indent}\"\"\"{}\"\"\"\n", guard(&soft(only))),
        lines => {
            let text: Vec<_> =
                lines.iter().map(|line| format!("{indent}{}", soft(line)).trim_end().to_owned()).collect();
            format!("{indent}\"\"\"{}\n{indent}\"\"\"\n", guard(text.join("\n").trim_start()))
        }
    }
}

/// A quote at the very begin would read as a fourth one.
fn guard(text: &str) -> String {
    match text.strip_prefix('"') {
        Some(rest) => format!("\\\"{rest}"),
        None => text.to_owned(),
    }
}

fn comment(lines: &[String], indent: &str) -> String {
    lines.iter().map(|line| format!("{indent}# {line}").trim_end().to_owned() + "\n").collect()
}
