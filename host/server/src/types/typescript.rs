//! TypeScript over the npm package `dacapo`: interfaces, types, and functions over `callActivity` and `child`.

use super::catalogue::Retry;
use super::names::{camel, pascal};
use super::plan::{Called, Dialect, Plan, Stub};
use super::shape::{Body, Definition, Field, Literal, Origin, Presence, Rest, Shape};
use super::text::json_string;
use super::{HEAD, text};

pub const DIALECT: Dialect = Dialect { function: camel, type_name: pascal, keywords: KEYWORDS, used: USED };

/// Words that cannot name a function or a type.
const KEYWORDS: &[&str] = &[
    "any",
    "arguments",
    "as",
    "async",
    "await",
    "bigint",
    "boolean",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "declare",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "never",
    "new",
    "null",
    "number",
    "object",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "string",
    "super",
    "switch",
    "symbol",
    "this",
    "throw",
    "true",
    "try",
    "type",
    "typeof",
    "undefined",
    "unknown",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// What the files use.
const USED: &[&str] = &["Array", "CallOptions", "ChildOptions", "Context", "EntityReference", "Task"];

struct Writer<'a>(&'a Plan);

/// The file.
pub fn write(plan: &Plan) -> String {
    let writer = Writer(plan);
    let mut body = String::new();
    for stub in &plan.stubs {
        body += &writer.stub(stub);
    }
    for (name, definition) in plan.names.iter().zip(&plan.definitions) {
        body += &writer.definition(name, definition);
    }
    let mut head = vec![HEAD.to_owned()];
    head.extend(plan.left_out.iter().map(|left_out| format!("Nobody calls the {left_out}.")));
    format!("{}{}{body}", comment(&head, ""), imports(plan))
}

fn imports(plan: &Plan) -> String {
    let has = |called| plan.stubs.iter().any(|stub| stub.called == called);
    let (activity, child, entity) = (has(Called::Activity), has(Called::Child), has(Called::Entity));
    let words = [
        ("CallOptions", activity),
        ("ChildOptions", child),
        ("Context", activity || child || entity),
        ("EntityReference", entity),
        ("Task", activity || child),
    ];
    let used: Vec<_> = words.into_iter().filter(|(_, used)| *used).map(|(word, _)| word).collect();
    if used.is_empty() { String::new() } else { format!("\nimport type {{ {} }} from \"dacapo\";\n", used.join(", ")) }
}

impl Writer<'_> {
    fn stub(&self, stub: &Stub) -> String {
        let input = match &stub.input {
            Some(shape) => format!("input: {}", self.shape(shape)),
            None => "input: unknown = null".to_owned(),
        };
        let output = stub.output.as_ref().map_or("unknown".to_owned(), |shape| self.shape(shape));
        let name = json_string(&stub.name);
        let ident = &stub.ident;
        let body = match stub.called {
            Called::Activity => {
                let options = options(stub);
                format!(
                    "(cx: Context, {input}, options: CallOptions = {{}}): Task<{output}> {{\n    \
                     return cx.callActivity<{output}>({name}, input, {options});\n}}\n"
                )
            }
            Called::Child => format!(
                "(cx: Context, {input}, options: ChildOptions = {{}}): Task<{output}> {{\n    \
                 return cx.child<{output}>({name}, input, options);\n}}\n"
            ),
            Called::Entity => {
                format!("(cx: Context, key: string): EntityReference {{\n    return cx.entity({name}, key);\n}}\n")
            }
        };
        format!("\n{}export function {ident}{body}", docs(stub.doc.as_deref(), &stub.notes, ""))
    }

    fn definition(&self, name: &str, definition: &Definition) -> String {
        let docs = docs(definition.doc.as_deref(), &definition.notes, "");
        match &definition.body {
            _ if definition.is_inline() => String::new(),
            Body::Record { fields, rest } => {
                format!("\n{docs}export interface {name} {{\n{}}}\n", self.members(fields, rest))
            }
            body => format!("\n{docs}export type {name} = {};\n", self.body(body)),
        }
    }

    fn members(&self, fields: &[Field], rest: &Rest) -> String {
        let field = |field: &Field| {
            let mark = if field.presence == Presence::Optional { "?" } else { "" };
            let shape = self.shape(&field.shape);
            format!("{}    {}{mark}: {shape};\n", docs(field.doc.as_deref(), &[], "    "), key(&field.name))
        };
        let mut text: String = fields.iter().map(field).collect();
        if let Rest::Of(shape) = rest {
            let shape = self.shape(shape);
            let (note, shape) = match shape == "unknown" {
                true => (String::new(), shape),
                // What is said of all names has to be true of those above, too.
                false => (comment(&[format!("All others are of the type {shape}.")], "    "), "unknown".to_owned()),
            };
            text += &format!("{note}    [name: string]: {shape};\n");
        }
        text
    }

    fn body(&self, body: &Body) -> String {
        match body {
            Body::Record { fields, rest } => format!("{{\n{}}}", self.members(fields, rest)),
            Body::Literals(literals) => literals.iter().map(Literal::json).collect::<Vec<_>>().join(" | "),
            Body::Union(members) => members.iter().map(|member| self.shape(member)).collect::<Vec<_>>().join(" | "),
            Body::Alias(shape) => self.shape(shape),
        }
    }

    fn shape(&self, shape: &Shape) -> String {
        match shape {
            Shape::Unknown => "unknown".to_owned(),
            Shape::Never => "never".to_owned(),
            Shape::Null => "null".to_owned(),
            Shape::Boolean => "boolean".to_owned(),
            Shape::Integer(_) | Shape::Number => "number".to_owned(),
            Shape::String => "string".to_owned(),
            Shape::List(item) => match self.shape(item) {
                item if item.contains(' ') => format!("({item})[]"),
                item => format!("{item}[]"),
            },
            Shape::Tuple(members) => {
                format!("[{}]", members.iter().map(|member| self.shape(member)).collect::<Vec<_>>().join(", "))
            }
            Shape::Map(value) => format!("{{ [name: string]: {} }}", self.shape(value)),
            Shape::Optional(shape) => format!("{} | null", self.shape(shape)),
            Shape::Defined(id) => match &self.0.definitions[id.0] {
                definition if definition.is_inline() => self.body(&definition.body),
                _ => self.0.names[id.0].clone(),
            },
        }
    }
}

impl Definition {
    /// Whether it is written where it is used, in languages that can do that.
    pub(super) fn is_inline(&self) -> bool {
        self.origin == Origin::Inline && matches!(self.body, Body::Literals(_) | Body::Union(_))
    }
}

/// What the author recommends, unless the caller says something else.
fn options(stub: &Stub) -> String {
    let retry = stub.defaults.retry.as_ref().map(|retry| format!("retry: {{ {} }}", policy(retry)));
    let timeout = stub.defaults.timeout_ms.map(|timeout| format!("timeout: {}", json_string(&text::duration(timeout))));
    let defaults: Vec<_> = retry.into_iter().chain(timeout).collect();
    match defaults.is_empty() {
        true => "options".to_owned(),
        false => format!("{{\n        {},\n        ...options,\n    }}", defaults.join(",\n        ")),
    }
}

fn policy(retry: &Retry) -> String {
    let time = |millis: u64| json_string(&text::duration(millis));
    let mut words = vec![
        format!("maxAttempts: {}", retry.max_attempts),
        format!("firstInterval: {}", time(retry.first_interval_ms)),
    ];
    if retry.coefficient != 1.0 {
        words.push(format!("coefficient: {}", retry.coefficient));
    }
    words.extend(retry.max_interval_ms.map(|interval| format!("maxInterval: {}", time(interval))));
    words.extend(retry.timeout_ms.map(|timeout| format!("retryTimeout: {}", time(timeout))));
    if retry.jitter != 0.0 {
        words.push(format!("jitter: {}", retry.jitter));
    }
    if !retry.non_retryable.is_empty() {
        let kinds: Vec<_> = retry.non_retryable.iter().map(|kind| json_string(kind)).collect();
        words.push(format!("nonRetryable: [{}]", kinds.join(", ")));
    }
    words.join(", ")
}

/// A property's name, in quotes if it is no identifier.
fn key(name: &str) -> String {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '$';
    let is_plain = name.starts_with(is_first) && name.chars().all(|c| is_first(c) || c.is_ascii_digit());
    if is_plain && name != "__proto__" { name.to_owned() } else { json_string(name) }
}

fn docs(doc: Option<&str>, notes: &[String], indent: &str) -> String {
    let mut lines = doc.map(text::lines).unwrap_or_default();
    lines.extend(notes.iter().map(|note| format!("Note: {}.", text::line(note))));
    comment(&lines, indent)
}

/// A comment that only its own end can end.
fn comment(lines: &[String], indent: &str) -> String {
    let safe = |line: &String| line.replace("*/", "*\\/");
    match lines {
        [] => String::new(),
        [only] => format!("{indent}/** {} */\n", safe(only)),
        lines => {
            let lines = lines.iter().map(|line| format!("{indent} * {}", safe(line)).trim_end().to_owned() + "\n");
            format!("{indent}/**\n{}{indent} */\n", lines.collect::<String>())
        }
    }
}
