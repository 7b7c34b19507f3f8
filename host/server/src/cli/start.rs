//! `start` and `run`.

use std::io::Read;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use form_urlencoded::Serializer;
use kernel::limits::{HTTP_BODY_MAX_BYTES, HTTP_WAIT_MAX_MS};
use serde::Deserialize;

use super::args::{Run, Start, Tag};
use super::client::{Client, Instance, Question};
use super::exit::{CliError, Exit};
use super::output::{self, Format};
use crate::http::segment;
use crate::problem::{Code, Problem};

#[derive(Deserialize)]
struct Started {
    id: String,
}

/// Starts an orchestration and prints its id.
pub async fn start(args: Start, format: Format) -> Result<Exit, CliError> {
    let client = Client::new(&args.server.server)?;
    let (Started { id }, body) = post(&client, &args).await?;
    match format {
        Format::Json => output::data(&String::from_utf8_lossy(&body)),
        Format::Text => {
            output::data(&id);
            output::note(&format!("hint: dacapo show {id}"));
        }
    }
    Ok(Exit::DONE)
}

/// Starts an orchestration, waits for its end in the host, and prints its output.
pub async fn run(args: Run, format: Format) -> Result<Exit, CliError> {
    let client = Client::new(&args.start.server.server)?;
    let begun = Instant::now();
    let (Started { id }, _) = post(&client, &args.start).await?;
    if format == Format::Text {
        output::note(&format!("started {id}"));
    }
    loop {
        let longest = Duration::from_millis(HTTP_WAIT_MAX_MS);
        let left = args.timeout.map_or(longest, |limit| limit.saturating_sub(begun.elapsed()));
        // The host refuses to wait for nothing, and what has just ended should still be seen.
        let wait = left.clamp(Duration::from_millis(1), longest);
        let seconds = wait.as_secs_f64();
        let query = format!("?timeout={seconds}&pollingInterval={seconds}");
        let (instance, document) = client.instance(&id, &query, wait).await?;
        if let Some(exit) = ended(&instance, &document, format)? {
            return Ok(exit);
        }
        if left.is_zero() {
            return Err(Problem::new(Code::WaitTimeout, format!("{id} has not ended in time")).into());
        }
        if let Some(reason) = &instance.held {
            output::note(&format!("{id} is held: {}", output::printable(reason)));
        }
    }
}

/// Prints how an instance ended; `None` if it has not.
fn ended(instance: &Instance, document: &[u8], format: Format) -> Result<Option<Exit>, CliError> {
    let exit = match instance.runtime_status.as_str() {
        "Completed" => Exit::DONE,
        "Failed" | "Terminated" => Exit::ORCHESTRATION_FAILED,
        _ => return Ok(None),
    };
    match (format, exit) {
        (Format::Json, _) => output::data(&String::from_utf8_lossy(document)),
        (Format::Text, Exit::DONE) => output::data(instance.output.get()),
        (Format::Text, _) => return Err(not_completed(instance).into()),
    }
    Ok(Some(exit))
}

fn not_completed(instance: &Instance) -> Problem {
    let Instance { name, instance_id: id, .. } = instance;
    match &instance.failure {
        Some(failure) => {
            let details = failure.details.as_ref().map_or_else(String::new, |details| format!("\n{details}"));
            let text = format!("{name} ({id}) failed: {}: {}{details}", failure.kind, failure.message);
            Problem::new(Code::OrchestrationFailed, text)
        }
        None => {
            let text = format!("{name} ({id}) was terminated: {}", instance.output.get());
            Problem::new(Code::OrchestrationTerminated, text)
        }
    }
}

async fn post(client: &Client, args: &Start) -> Result<(Started, Bytes), CliError> {
    let mut path = format!("/orchestrators/{}", segment(&args.name));
    if let Some(id) = &args.id {
        path += &format!("/{}", segment(id));
    }
    path += &format!("?{}", query(args));
    let body = client.ask(Question::post(path, input(args.input.as_deref())?)).await?;
    Ok((client.read(&body)?, body))
}

fn query(args: &Start) -> String {
    let mut query = Serializer::new(String::new());
    if let Some(version) = &args.version {
        query.append_pair("version", version);
    }
    if let Some(moment) = args.at {
        query.append_pair("scheduledStartTime", &moment.after(jiff::Timestamp::now()).to_string());
    }
    for Tag { name, value } in &args.tags {
        query.append_pair("tag", &format!("{name}:{value}"));
    }
    query.finish()
}

/// A JSON value as the command line names it. Whether it is JSON is the host's to judge.
pub fn input(text: Option<&str>) -> Result<Vec<u8>, CliError> {
    let unreadable = |what: &str, error: &std::io::Error| {
        CliError::from(Problem::new(Code::FileUnreadable, format!("{what} cannot be read: {error}")))
    };
    match text {
        None => Ok(Vec::new()),
        Some("-") => read_some(std::io::stdin()).map_err(|error| unreadable("stdin", &error)),
        Some(text) => match text.strip_prefix('@') {
            None => Ok(text.as_bytes().to_owned()),
            Some(path) => {
                let file = std::fs::File::open(path).and_then(read_some);
                file.map_err(|error| unreadable(path, &error))
            }
        },
    }
}

/// Reads one byte more than the host accepts, which is enough for it to refuse.
fn read_some(source: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(HTTP_BODY_MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "[1]").unwrap();
        let check = |text: Option<&str>, expect: Result<&str, Exit>| {
            let got = input(text).map(|bytes| String::from_utf8(bytes).unwrap()).map_err(|error| error.exit);
            assert_eq!(got.as_deref().map_err(|exit| *exit), expect, "{text:?}");
        };
        check(None, Ok(""));
        check(Some("{\"a\":1}"), Ok("{\"a\":1}"));
        check(Some(&format!("@{}", file.path().display())), Ok("[1]"));
        check(Some("@/no/such/file"), Err(Exit::USAGE));
        check(Some("@/"), Err(Exit::USAGE));
    }
}
