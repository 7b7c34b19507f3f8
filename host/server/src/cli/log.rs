//! The log of a host, on stderr.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use super::args::LogFormat;
use crate::problem::{Code, Problem};

/// What is logged if nobody says otherwise.
const DEFAULT: &str = "info";

/// Begins to log. `DACAPO_LOG`, or else `RUST_LOG`, says what.
pub fn init(format: LogFormat) -> Result<(), Problem> {
    let wanted = ["DACAPO_LOG", "RUST_LOG"].into_iter().find_map(|name| std::env::var(name).ok());
    let wanted = wanted.as_deref().filter(|text| !text.is_empty()).unwrap_or(DEFAULT);
    let filter = EnvFilter::try_new(wanted).map_err(|error| {
        Problem::new(Code::InvalidSetting, format!("DACAPO_LOG or RUST_LOG is {wanted:?}: {error}"))
    })?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Pretty => log.with_ansi(is_colourful()).init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

fn is_colourful() -> bool {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    std::io::stderr().is_terminal() && !dumb && !refused
}
