//! `build`.

use std::path::Path;

use serde_json::json;

use super::args::{Build, InstallFlag};
use super::exit::{CliError, Exit};
use super::output::{self, Format, note, size};
use crate::build::{Installs, Source, build, build_anew, read, sources};

impl InstallFlag {
    /// What the user allowed.
    pub fn installs(&self) -> Installs {
        match self.allowed {
            true => Installs::Allowed,
            false => Installs::Refused,
        }
    }
}

/// Builds the components of manifests and tells what became of them.
pub fn run(args: &Build, format: Format) -> Result<Exit, CliError> {
    let mut built = Vec::new();
    let sources = match &args.azure_python {
        Some(folder) => vec![Source::azure_python(folder, args.output.as_deref())],
        None => sources(&args.paths)?,
    };
    let build = if args.force { build_anew } else { build };
    for source in sources {
        let file = build(&source, args.installs.installs(), note)?;
        let bytes = read(&file)?;
        let inspection = sandbox::inspect(&bytes).map_err(|refusal| CliError::refused(&file, &refusal))?;
        match format {
            Format::Text => output::data(&line(&file, bytes.len(), &inspection)),
            Format::Json => built.push(json!({
                "file": file,
                "bytes": bytes.len(),
                "digest": inspection.digest.to_string(),
                "roles": inspection.roles.to_string(),
                "imports": inspection.imports,
            })),
        }
    }
    if format == Format::Json {
        output::data(&json!({ "components": built }).to_string());
    }
    Ok(Exit::DONE)
}

fn line(file: &Path, bytes: usize, inspection: &sandbox::Inspection) -> String {
    let imports = match inspection.imports.is_empty() {
        true => "nothing".to_owned(),
        false => inspection.imports.join(", "),
    };
    let (roles, digest) = (&inspection.roles, inspection.digest.short());
    format!("{}: {}, {roles}, sha256:{digest}, imports {imports}", file.display(), size(bytes))
}
