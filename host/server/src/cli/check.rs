//! `check`: all that a deployment would find out, without a host.

use std::path::PathBuf;

use sandbox::{Answered, Deployed, Inspection, inspect};
use serde_json::{Value, json};

use super::args::Check;
use super::exit::{CliError, Exit};
use super::output::{self, Format, brief, fields, printable, size};
use super::scratch::Scratch;
use crate::build::{Source, read, sources};
use crate::http::API_BASE;
use crate::problem::{Code, Problem};
use crate::triggers::Bindings;
use crate::types::Entry;

/// A component that would be accepted.
struct Checked {
    file: PathBuf,
    bytes: usize,
    inspection: Inspection,
    deployed: Deployed,
    bindings: Bindings,
}

/// Tells whether components would be accepted, and what a manifest binds to them. A refusal is an error with the code that a
/// deployment would give.
pub fn run(args: &Check, format: Format) -> Result<Exit, CliError> {
    let checked = sources(std::slice::from_ref(&args.file))?.into_iter().map(check).collect::<Result<Vec<_>, _>>()?;
    match format {
        Format::Text => checked.iter().for_each(|checked| output::data(&text(checked))),
        Format::Json => {
            let mut documents: Vec<_> = checked.iter().map(document).collect();
            let all = match checked.iter().any(|checked| checked.file != args.file) {
                true => json!({ "components": documents }),
                false => documents.remove(0),
            };
            output::data(&all.to_string());
        }
    }
    Ok(Exit::DONE)
}

/// Deploys into a sandbox of its own, which is thrown away.
fn check(source: Source) -> Result<Checked, CliError> {
    let Source { wasm: file, bindings, .. } = source;
    let bytes = read(&file)?;
    let inspection = inspect(&bytes).map_err(|refusal| CliError::refused(&file, &refusal))?;
    let deployed = Scratch::new()?.sandbox.deploy(&bytes);
    let deployed = deployed.map_err(|refusal| CliError::refused(&file, &refusal))?;
    let fits = bindings.check_component(&deployed);
    fits.map_err(|error| Problem::new(Code::InvalidManifest, error.to_string()))?;
    Ok(Checked { file, bytes: bytes.len(), inspection, deployed, bindings })
}

fn text(checked: &Checked) -> String {
    let Checked { file, bytes, inspection, deployed, bindings } = checked;
    let mut lines = vec![
        ("file", format!("{}, {}", file.display(), size(*bytes))),
        ("digest", format!("sha256:{}", inspection.digest)),
        ("roles", inspection.roles.to_string()),
        ("imports", imports(inspection)),
    ];
    for function in &deployed.functions {
        let doc = function.doc.as_deref().and_then(|doc| doc.lines().next()).unwrap_or_default();
        lines.push((function.kind.as_str(), format!("{}  {}", function.name, brief(doc)).trim_end().to_owned()));
    }
    lines.extend(bindings.lines(API_BASE));
    lines.push(("verdict", "accepted".to_owned()));
    fields(&lines)
}

/// A line for each import, with how it is answered.
fn imports(inspection: &Inspection) -> String {
    let width = inspection.imports.iter().map(String::len).max().unwrap_or(0);
    let line = |Answered { import, journaled, active }: Answered<'_>| {
        let roles = [("journaled", journaled), ("active", active)];
        let answers = roles.iter().filter_map(|(roles, answer)| answer.map(|answer| format!("{roles}: {answer}")));
        format!("{:width$}  {}", printable(import), answers.collect::<Vec<_>>().join(" · "))
    };
    let lines: Vec<_> = inspection.answers().map(line).collect();
    if lines.is_empty() { "nothing".to_owned() } else { lines.join("\n") }
}

fn document(checked: &Checked) -> Value {
    let Checked { file, bytes, inspection, deployed, bindings } = checked;
    let import = |Answered { import, journaled, active }: Answered<'_>| json!({ "name": import, "journaled": journaled, "active": active });
    json!({
        "file": file,
        "bytes": bytes,
        "digest": inspection.digest.to_string(),
        "roles": inspection.roles.to_string(),
        "imports": inspection.answers().map(import).collect::<Vec<_>>(),
        "exports": inspection.exports,
        "functions": deployed.functions.iter().map(Entry::from).collect::<Vec<_>>(),
        "bindings": bindings,
        "verdict": "accepted",
    })
}
