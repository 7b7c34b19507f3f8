//! `purge`: deletes what is kept of instances, after it has asked if many may be meant.

use std::io::{IsTerminal, Write};

use form_urlencoded::Serializer;
use serde::Deserialize;

use super::args::{Filter, Purge};
use super::client::{Client, Question};
use super::exit::{CliError, Exit};
use super::output::{self, Format};
use super::pick;
use crate::http::segment;
use crate::problem::{Code, Problem};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Purged {
    instances_deleted: u64,
}

/// Deletes what is kept of instances that have ended.
pub async fn run(args: Purge, format: Format) -> Result<Exit, CliError> {
    let client = Client::new(&args.server.server)?;
    let purged = match &args.id {
        Some(id) => one(&client, id, &args).await?,
        None => {
            if !args.yes {
                confirm(&args.filter)?;
            }
            all(&client, &args.filter).await?
        }
    };
    match format {
        Format::Json => output::data(&serde_json::json!({ "instancesDeleted": purged }).to_string()),
        Format::Text => output::note(&format!("purged {purged}")),
    }
    Ok(Exit::DONE)
}

async fn one(client: &Client, id: &str, args: &Purge) -> Result<u64, CliError> {
    let recursive = args.recursive;
    let purge = async |id: &str| {
        client.ask(Question::delete(format!("/instances/{}?recursive={recursive}", segment(id)))).await
    };
    let (_, body) = pick::with_instance(client, id, purge).await?;
    Ok(client.read::<Purged>(&body)?.instances_deleted)
}

async fn all(client: &Client, filter: &Filter) -> Result<u64, CliError> {
    let mut query = Serializer::new(String::new());
    if filter.created_after.is_none() {
        // The contract wants a beginning; there is nothing before this one.
        query.append_pair("createdTimeFrom", &jiff::Timestamp::UNIX_EPOCH.to_string());
    }
    filter.append_to(&mut query);
    let path = format!("/instances/?{}", query.finish());
    match client.ask(Question { wait: super::client::LONG, ..Question::delete(path) }).await {
        Ok(body) => Ok(client.read::<Purged>(&body)?.instances_deleted),
        // The contract's way to say that none is meant.
        Err(error) if error.code == Code::NotFound.as_str() => Ok(0),
        Err(error) => Err(error),
    }
}

/// Asks who sits at the terminal. Where nobody does, nothing is purged.
fn confirm(filter: &Filter) -> Result<(), Problem> {
    let which = describe(filter);
    if !std::io::stdin().is_terminal() {
        return Err(Problem::new(Code::NotConfirmed, format!("nobody can be asked whether to purge {which}")));
    }
    let _ = write!(anstream::stderr(), "purge {which}? [y/N] ");
    let mut answer = String::new();
    // What cannot be read is no yes.
    let _ = std::io::stdin().read_line(&mut answer);
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Problem::new(Code::NotConfirmed, format!("{which} were not purged"))),
    }
}

fn describe(filter: &Filter) -> String {
    let now = jiff::Timestamp::now();
    let mut text = "all instances that have ended".to_owned();
    if !filter.status.is_empty() {
        text += &format!(" as {}", filter.status.join(" or "));
    }
    for (word, bound) in [("after", filter.created_after), ("before", filter.created_before)] {
        text.extend(bound.map(|moment| format!(", created {word} {:.0}", moment.after(now))));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::moment::Moment;
    use super::*;

    #[test]
    fn what_is_asked() {
        let status = vec!["failed".to_owned(), "completed".to_owned()];
        let before = Moment::past("2026-11-01T00:00:00Z").ok();
        let filter = Filter { status, created_after: None, created_before: before };
        let expect = "all instances that have ended as failed or completed, created before 2026-11-01T00:00:00Z";
        assert_eq!(describe(&filter), expect);
    }
}
