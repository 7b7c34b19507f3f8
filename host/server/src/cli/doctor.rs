//! `doctor`: what this machine has of what is needed, and what to do about the rest.
//!
//! It looks and installs nothing. What the manifest at hand needs has to be there; all else is told for those who want it.

mod check;
mod machine;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::args::Doctor;
use super::exit::{CliError, Exit};
use super::output::{self, BOLD, Format, RED, note, printable};
use crate::build::{Build, Source, sources};
use check::{Check, Need, State};

/// Checks everything, and tells what to do.
pub fn run(args: &Doctor, format: Format) -> Result<Exit, CliError> {
    let manifest = args.path.clone().or_else(|| Path::new("dacapo.toml").is_file().then(|| PathBuf::from(".")));
    let sources = match &manifest {
        Some(path) => sources(std::slice::from_ref(path))?,
        None => Vec::new(),
    };
    let languages: BTreeSet<_> = sources.iter().filter_map(language).collect();
    let mut checks = machine::host(&args.data, args.port);
    checks.extend(machine::tools(&languages)?);
    let is_ready = checks.iter().all(Check::is_ready);
    match format {
        Format::Json => output::data(&json!({ "ready": is_ready, "manifest": manifest, "checks": checks }).to_string()),
        Format::Text => tell(&checks, manifest.as_deref()),
    }
    Ok(if is_ready { Exit::DONE } else { Exit::FAILURE })
}

/// The language of a component that is built from source.
fn language(source: &Source) -> Option<&'static str> {
    match &source.build {
        Some(Build::Cargo(_)) => Some("Rust"),
        Some(Build::Js(_)) => Some("JavaScript"),
        Some(Build::Python(_) | Build::AzurePython(_)) => Some("Python"),
        Some(Build::C(_)) => Some("C"),
        Some(Build::Command(_)) | None => None,
    }
}

fn tell(checks: &[Check], manifest: Option<&Path>) {
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    for check in checks {
        let style = match (check.state, check.need) {
            (State::Ok, _) => BOLD,
            (_, Need::Required) => RED,
            (_, Need::Optional) => anstyle::Style::new(),
        };
        let found = check.found.as_deref().map(printable).unwrap_or_default();
        let line = format!("{style}{:8}{}  {:width$}  {found}", check.state.as_str(), style.render_reset(), check.name);
        output::data(line.trim_end());
        if let Some(fix) = &check.fix {
            output::data(&format!(
                "          {}: {}",
                if check.is_ready() { "if wanted" } else { "fix" },
                printable(fix)
            ));
        }
    }
    let missing = checks.iter().filter(|check| !check.is_ready()).count();
    let whom = manifest.map_or_else(|| "a host".to_owned(), |path| path.display().to_string());
    match missing {
        0 => note(&format!("all that {whom} needs is there")),
        count => note(&format!("{whom} lacks {count} of what it needs")),
    }
}
