//! `client-binding`.

use super::args::ClientBinding;
use super::client::{Client, Question};
use super::exit::{CliError, Exit};
use super::output;

/// Prints what clients of Durable Functions are configured with. It is JSON, whatever was asked for.
pub async fn run(args: ClientBinding) -> Result<Exit, CliError> {
    let client = Client::new(&args.server.server)?;
    let body = client.ask(Question::get("/client-binding".to_owned())).await?;
    output::data(&String::from_utf8_lossy(&body));
    Ok(Exit::DONE)
}
