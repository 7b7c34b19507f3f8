//! `check`: all that a deployment would find out, without a host.

use kernel::model::Function;
use sandbox::{Inspection, inspect};
use serde_json::{Value, json};

use super::args::Check;
use super::exit::{CliError, Exit};
use super::output::{self, Format, brief, fields, printable, size};
use super::scratch::Scratch;
use crate::build::read;

/// Tells whether a component would be accepted. A refusal is an error with the code that a deployment would give.
pub fn run(args: &Check, format: Format) -> Result<Exit, CliError> {
    let bytes = read(&args.file)?;
    let inspection = inspect(&bytes).map_err(|refusal| CliError::refused(&args.file, &refusal))?;
    let functions = functions(&bytes, args)?;
    match format {
        Format::Text => output::data(&text(args, bytes.len(), &inspection, &functions)),
        Format::Json => output::data(&document(args, bytes.len(), &inspection, &functions).to_string()),
    }
    Ok(Exit::DONE)
}

/// Deploys into a sandbox of its own, which is thrown away.
fn functions(bytes: &[u8], args: &Check) -> Result<Vec<Function>, CliError> {
    let deployed = Scratch::new()?.sandbox.deploy(bytes);
    Ok(deployed.map_err(|refusal| CliError::refused(&args.file, &refusal))?.functions)
}

fn text(args: &Check, bytes: usize, inspection: &Inspection, functions: &[Function]) -> String {
    let imports = match inspection.imports.is_empty() {
        true => "nothing".to_owned(),
        false => printable(&inspection.imports.join(", ")),
    };
    let mut lines = vec![
        ("file", format!("{}, {}", args.file.display(), size(bytes))),
        ("digest", format!("sha256:{}", inspection.digest)),
        ("world", inspection.world.to_string()),
        ("imports", imports),
    ];
    for function in functions {
        let doc = function.doc.as_deref().and_then(|doc| doc.lines().next()).unwrap_or_default();
        lines.push((function.kind.as_str(), format!("{}  {}", function.name, brief(doc)).trim_end().to_owned()));
    }
    lines.push(("verdict", "accepted".to_owned()));
    fields(&lines)
}

fn document(args: &Check, bytes: usize, inspection: &Inspection, functions: &[Function]) -> Value {
    let schema = |text: &Option<String>| text.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let function = |function: &Function| {
        json!({
            "name": function.name.as_str(),
            "kind": function.kind.as_str(),
            "doc": function.doc,
            "inputSchema": schema(&function.input_schema),
            "outputSchema": schema(&function.output_schema),
        })
    };
    json!({
        "file": args.file,
        "bytes": bytes,
        "digest": inspection.digest.to_string(),
        "world": inspection.world.to_string(),
        "imports": inspection.imports,
        "exports": inspection.exports,
        "functions": functions.iter().map(function).collect::<Vec<_>>(),
        "verdict": "accepted",
    })
}
