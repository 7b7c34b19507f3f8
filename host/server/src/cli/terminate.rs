//! `terminate`.

use form_urlencoded::Serializer;

use super::args::Terminate;
use super::client::{Client, Question};
use super::exit::{CliError, Exit};
use super::output::{self, Format};
use crate::http::segment;

/// Ends an instance.
pub async fn run(args: Terminate, format: Format) -> Result<Exit, CliError> {
    let client = Client::new(&args.server.server)?;
    let reason = args.reason.as_deref().unwrap_or_default();
    let query = Serializer::new(String::new()).append_pair("reason", reason).finish();
    client.ask(Question::post(format!("/instances/{}/terminate?{query}", segment(&args.id)), "")).await?;
    match format {
        Format::Json => output::data(&serde_json::json!({ "id": args.id, "runtimeStatus": "Terminated" }).to_string()),
        Format::Text => output::note(&format!("terminated {}", output::printable(&args.id))),
    }
    Ok(Exit::DONE)
}
