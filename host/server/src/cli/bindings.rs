//! `bindings`.

use super::args::{Bindings, BindingsLanguage};
use super::exit::{CliError, Exit};
use super::output::note;
use crate::build::write_c_bindings;

/// Writes bindings for programs that are built by other means.
pub fn run(args: &Bindings) -> Result<Exit, CliError> {
    match args.language {
        BindingsLanguage::C => write_c_bindings(&args.sources, &args.output)?,
    }
    note(&format!("wrote dacapo.h, dacapo.c and dacapo_component_type.o into {}", args.output.display()));
    Ok(Exit::DONE)
}
