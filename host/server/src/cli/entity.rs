//! `entity`: what a person wants to know of entities, and wants them to do.

use axum::body::Bytes;
use form_urlencoded::Serializer;
use kernel::model::EntityId;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::args::{Entity, EntityTarget, LsEntities, Server, SignalEntity};
use super::client::{Client, LONG, Line, Question};
use super::exit::{CliError, Exit};
use super::output::{self, Format, brief, fields, printable, size, table};
use super::{manage, start};
use crate::http::{EMPTY_KEY, RPC_BASE, segment};

/// An entity as the host shows it: in a list without the lock and all that.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    entity_id: Named,
    last_operation_time: String,
    #[serde(default)]
    state: Option<Box<RawValue>>,
    state_version: Option<u32>,
    state_reference: Option<Reference>,
    locked_by: Option<String>,
    held: Option<String>,
    held_remedy: Option<String>,
    #[serde(default)]
    held_details: Vec<Line>,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
    key: String,
}

/// What a row has in place of a large state.
#[derive(Debug, Deserialize)]
struct Reference {
    blob: String,
    length: usize,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cleaned {
    locks_released: u64,
}

/// Does what is asked.
pub async fn run(command: Entity, format: Format) -> Result<Exit, CliError> {
    match command {
        Entity::Show(target) => show(target, format).await,
        Entity::Ls(ls) => list(ls, format).await,
        Entity::Signal(signal) => send(signal, format).await,
        Entity::Delete(target) => delete(target, format).await,
        Entity::Clean(server) => clean(server, format).await,
    }
}

async fn show(EntityTarget { id, server }: EntityTarget, format: Format) -> Result<Exit, CliError> {
    let client = Client::new(&server.server)?;
    let question = Question::get(format!("{}/details", path(&id)));
    let body = client.ask(Question { base: RPC_BASE, ..question }).await?;
    match format {
        Format::Json => output::data(&String::from_utf8_lossy(&body)),
        Format::Text => output::data(&text(&client.read(&body)?)),
    }
    Ok(Exit::DONE)
}

async fn list(args: LsEntities, format: Format) -> Result<Exit, CliError> {
    let client = Client::new(&args.server.server)?;
    let name = args.name.as_deref().map_or_else(String::new, |name| format!("/{}", segment(name)));
    let question = Question::get(format!("/entities{name}?{}", query(&args)));
    let body = client.ask(Question { wait: LONG, ..question }).await?;
    match format {
        Format::Json => output::data(&String::from_utf8_lossy(&body)),
        Format::Text => output::data(&rows(&client.read::<Vec<Document>>(&body)?)),
    }
    Ok(Exit::DONE)
}

async fn send(args: SignalEntity, format: Format) -> Result<Exit, CliError> {
    let client = Client::new(&args.server.server)?;
    let mut query = Serializer::new(String::new());
    query.append_pair("op", &args.operation);
    if let Some(moment) = args.at {
        query.append_pair("scheduledTime", &moment.after(jiff::Timestamp::now()).to_string());
    }
    let input = Bytes::from(start::input(args.input.as_deref())?);
    client.ask(Question::post(format!("{}?{}", path(&args.id), query.finish()), input)).await?;
    sent(&args.id, &args.operation, format);
    Ok(Exit::DONE)
}

async fn delete(EntityTarget { id, server }: EntityTarget, format: Format) -> Result<Exit, CliError> {
    let client = Client::new(&server.server)?;
    client.ask(Question::delete(path(&id))).await?;
    sent(&id, "delete", format);
    Ok(Exit::DONE)
}

async fn clean(server: Server, format: Format) -> Result<Exit, CliError> {
    let client = Client::new(&server.server)?;
    let question = Question::post("/clean-entities".to_owned(), "");
    let body = client.ask(Question { base: RPC_BASE, wait: LONG, ..question }).await?;
    match format {
        Format::Json => output::data(&String::from_utf8_lossy(&body)),
        Format::Text => {
            let Cleaned { locks_released } = client.read(&body)?;
            output::note(&format!("locks released: {locks_released}"));
        }
    }
    Ok(Exit::DONE)
}

fn path(id: &EntityId) -> String {
    let key = if id.key().is_empty() { EMPTY_KEY.to_owned() } else { segment(id.key()) };
    format!("/entities/{}/{key}", segment(id.name().as_str()))
}

fn sent(id: &EntityId, operation: &str, format: Format) {
    manage::done(&id.to_string(), operation, &format!("sent {} to", printable(operation)), format);
}

fn query(args: &LsEntities) -> String {
    let mut query = Serializer::new(String::new());
    if !args.all {
        query.append_pair("top", &args.top.to_string());
    }
    if args.state {
        query.append_pair("fetchState", "true");
    }
    if let Some(prefix) = &args.prefix {
        query.append_pair("keyPrefix", prefix);
    }
    let now = jiff::Timestamp::now();
    for (name, bound) in [("lastOperationTimeFrom", args.changed_after), ("lastOperationTimeTo", args.changed_before)] {
        if let Some(moment) = bound {
            query.append_pair(name, &moment.after(now).to_string());
        }
    }
    query.finish()
}

fn rows(entities: &[Document]) -> String {
    let row = |entity: &Document| {
        let state = entity.state.as_ref().map_or("", |state| state.get());
        [brief(&entity.entity_id.text()), brief(&entity.last_operation_time), brief(state)]
    };
    let rows: Vec<_> = entities.iter().map(row).collect();
    table(["ENTITY", "LAST OPERATION", "STATE"], &rows)
}

fn text(entity: &Document) -> String {
    let mut lines = vec![
        ("entity", printable(&entity.entity_id.text())),
        ("last operation", printable(&entity.last_operation_time)),
    ];
    lines.extend(entity.locked_by.iter().map(|holder| ("locked by", printable(holder))));
    lines.extend(entity.held.iter().map(|reason| ("held", printable(reason))));
    lines.extend(entity.held_details.iter().map(|line| ("", printable(&format!("{}: {}", line.name, line.value)))));
    lines.extend(entity.held_remedy.iter().map(|remedy| ("what to do", printable(remedy))));
    lines.extend(entity.state_version.map(|version| ("version", version.to_string())));
    match (&entity.state, &entity.state_reference) {
        (None, _) => lines.push(("state", "none".to_owned())),
        (Some(state), None) => lines.push(("state", printable(state.get()))),
        // What is too large for a row is too large for a screen.
        (Some(state), Some(Reference { blob, length })) => {
            lines.push(("blob", printable(&format!("{blob}, {}", size(*length)))));
            lines.push(("state", brief(state.get())));
        }
    }
    fields(&lines)
}

impl Named {
    fn text(&self) -> String {
        format!("@{}@{}", self.name, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[test]
    fn what_is_known() {
        let check = |more: &str, expect: Expect| {
            let document = format!(
                r#"{{"entityId":{{"name":"counter","key":"a"}},"lastOperationTime":"2026-11-22T05:00:00.000Z"{more}}}"#
            );
            expect.assert_eq(&(text(&serde_json::from_str(&document).unwrap()) + "\n"));
        };
        check(
            r#","stateVersion":2,"state":{"n":[1]}"#,
            expect![[r#"
                entity          @counter@a
                last operation  2026-11-22T05:00:00.000Z
                version         2
                state           {"n":[1]}
            "#]],
        );
        check(
            r#","lockedBy":"transfer-1","held":"blob gone","heldRemedy":"bring it back","heldDetails":[]"#,
            expect![[r#"
                entity          @counter@a
                last operation  2026-11-22T05:00:00.000Z
                locked by       transfer-1
                held            blob gone
                what to do      bring it back
                state           none
            "#]],
        );
        let state = "x".repeat(100);
        check(
            &format!(r#","stateVersion":0,"stateReference":{{"blob":"sha256:ab","length":40000}},"state":["{state}"]"#),
            expect![[r#"
                entity          @counter@a
                last operation  2026-11-22T05:00:00.000Z
                version         0
                blob            sha256:ab, 39 KiB
                state           ["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
            "#]],
        );
    }

    #[test]
    fn lists() {
        let list = r#"[{"entityId":{"name":"counter","key":""},"lastOperationTime":"05:00","state":null},
            {"entityId":{"name":"counter","key":"b"},"lastOperationTime":"05:01","state":7}]"#;
        let list: Vec<Document> = serde_json::from_str(list).unwrap();
        expect![[r#"
            ENTITY      LAST OPERATION  STATE
            @counter@   05:00
            @counter@b  05:01           7
        "#]]
        .assert_eq(&(rows(&list) + "\n"));
    }

    #[test]
    fn paths() {
        let check = |id: &str, expect: &str| assert_eq!(path(&EntityId::parse(id).unwrap()), expect);
        check("@Counter@a", "/entities/counter/a");
        check("@counter@", "/entities/counter/$");
        check("@counter@a b@é", "/entities/counter/a%20b%40%C3%A9");
    }
}
