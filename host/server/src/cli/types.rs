//! `types`: typed stubs from what components describe, by a file or by a running host.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::json;

use super::args::{TargetLanguage, Types};
use super::client::{Client, Question, block_on};
use super::exit::{CliError, Exit};
use super::output::{self, Format, note};
use super::scratch::Scratch;
use crate::build::{build, read, sources};
use crate::http::RPC_BASE;
use crate::problem::{Code, Problem};
use crate::types::{Entry, Language, generate};

/// Writes stubs to a file, or to stdout.
pub fn run(args: Types, format: Format) -> Result<Exit, CliError> {
    let entries = match &args.server {
        Some(server) => block_on(deployed(server))?,
        None => described(&args)?,
    };
    if entries.is_empty() {
        let whom = args.server.as_deref().unwrap_or("the component");
        note(&format!("{whom} describes no functions"));
    }
    let text = generate(language(args.lang), &entries);
    if let Some(file) = &args.output {
        write(file, &text)?;
    }
    match (format, &args.output) {
        (Format::Json, file) => {
            output::data(&json!({ "file": file, "functions": entries.len(), "text": text }).to_string());
        }
        (Format::Text, Some(file)) => {
            note(&format!("wrote stubs of {} functions to {}", entries.len(), file.display()))
        }
        (Format::Text, None) => output::data(text.trim_end()),
    }
    Ok(Exit::DONE)
}

fn language(lang: TargetLanguage) -> Language {
    match lang {
        TargetLanguage::Ts => Language::TypeScript,
        TargetLanguage::Python => Language::Python,
        TargetLanguage::Rust => Language::Rust,
    }
}

/// What the components of a manifest say, built if need be, without a host.
fn described(args: &Types) -> Result<Vec<Entry>, CliError> {
    let path = args.path.clone().unwrap_or_else(|| PathBuf::from("."));
    let scratch = Scratch::new()?;
    let mut entries = Vec::new();
    for source in sources(&[path])? {
        let file = build(&source, args.installs.installs(), note)?;
        let deployed = scratch.sandbox.deploy(&read(&file)?);
        let deployed = deployed.map_err(|refusal| CliError::refused(&file, &refusal))?;
        entries.extend(deployed.functions.iter().map(Entry::from));
    }
    Ok(entries)
}

/// What all components of a host say.
async fn deployed(server: &str) -> Result<Vec<Entry>, CliError> {
    #[derive(Deserialize)]
    struct Document {
        functions: Vec<Entry>,
    }
    let client = Client::new(server)?;
    let body = client.ask(Question { base: RPC_BASE, ..Question::get("/functions".to_owned()) }).await?;
    Ok(client.read::<Document>(&body)?.functions)
}

/// Leaves a file alone that says the same already, so that nothing is built again for it.
fn write(file: &Path, text: &str) -> Result<(), Problem> {
    if std::fs::read_to_string(file).is_ok_and(|old| old == text) {
        return Ok(());
    }
    std::fs::write(file, text)
        .map_err(|error| Problem::new(Code::FileUnwritable, format!("{} cannot be written: {error}", file.display())))
}
