//! What changes an instance: `event`, `suspend`, `resume`, `terminate`, `rewind` and `restart`.

use axum::body::Bytes;
use form_urlencoded::Serializer;
use serde::Deserialize;

use super::args::{Because, Raise, Restart, Terminate};
use super::client::{Client, Question};
use super::exit::{CliError, Exit};
use super::output::{self, Format, printable};
use super::{pick, start};
use crate::http::segment;

/// An operation, as its URL and the command line call it, and what is said when it is done.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    name: &'static str,
    done: &'static str,
}

pub const SUSPEND: Operation = Operation { name: "suspend", done: "suspended" };
pub const RESUME: Operation = Operation { name: "resume", done: "resumed" };
pub const REWIND: Operation = Operation { name: "rewind", done: "rewound" };
const TERMINATE: Operation = Operation { name: "terminate", done: "terminated" };

/// Sends an event.
pub async fn event(args: Raise, format: Format) -> Result<Exit, CliError> {
    let client = Client::new(&args.server.server)?;
    let input = Bytes::from(start::input(args.input.as_deref())?);
    let name = segment(&args.name);
    let raise = async |id: &str| {
        client.ask(Question::post(format!("/instances/{}/raiseEvent/{name}", segment(id)), input.clone())).await
    };
    let (id, _) = pick::with_instance(&client, &args.id, raise).await?;
    done(&id, "event", &format!("sent {} to", printable(&args.name)), format);
    Ok(Exit::DONE)
}

/// Suspends, resumes or rewinds.
pub async fn operate(operation: Operation, args: Because, format: Format) -> Result<Exit, CliError> {
    let query = Serializer::new(String::new());
    ask(operation, &args, query, format).await
}

/// Ends an instance.
pub async fn terminate(args: Terminate, format: Format) -> Result<Exit, CliError> {
    let mut query = Serializer::new(String::new());
    if args.recursive {
        query.append_pair("recursive", "true");
    }
    ask(TERMINATE, &args.because, query, format).await
}

async fn ask(
    operation: Operation,
    args: &Because,
    mut query: Serializer<'_, String>,
    format: Format,
) -> Result<Exit, CliError> {
    let client = Client::new(&args.target.server.server)?;
    query.append_pair("reason", args.reason.as_deref().unwrap_or_default());
    let (name, query) = (operation.name, query.finish());
    let ask =
        async |id: &str| client.ask(Question::post(format!("/instances/{}/{name}?{query}", segment(id)), "")).await;
    let (id, _) = pick::with_instance(&client, &args.target.id, ask).await?;
    done(&id, name, operation.done, format);
    Ok(Exit::DONE)
}

/// Tells that something was done to an instance or an entity.
pub fn done(id: &str, operation: &str, said: &str, format: Format) {
    match format {
        Format::Json => output::data(&serde_json::json!({ "id": id, "operation": operation }).to_string()),
        Format::Text => output::note(&format!("{said} {}", printable(id))),
    }
}

/// Starts an orchestration again and prints the id of the new instance.
pub async fn restart(args: Restart, format: Format) -> Result<Exit, CliError> {
    #[derive(Deserialize)]
    struct Restarted {
        id: String,
    }
    let client = Client::new(&args.target.server.server)?;
    let is_new = !args.same_id;
    let restart = async |id: &str| {
        let path = format!("/instances/{}/restart?restartWithNewInstanceId={is_new}", segment(id));
        client.ask(Question::post(path, "")).await
    };
    let (_, body) = pick::with_instance(&client, &args.target.id, restart).await?;
    match format {
        Format::Json => output::data(&String::from_utf8_lossy(&body)),
        Format::Text => {
            let Restarted { id } = client.read(&body)?;
            output::data(&id);
            output::note(&format!("hint: dacapo show {id}"));
        }
    }
    Ok(Exit::DONE)
}
