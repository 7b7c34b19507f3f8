//! `history`: what happened in an instance, for people; as it is recorded, for `dacapo replay`; and as it happens.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use kernel::model::Record;
use serde_json::value::RawValue;

use super::args::History;
use super::client::{Client, Event, Instance};
use super::exit::{CliError, Exit};
use super::output::{self, Format, brief, note, table};
use super::pick;
use crate::http::history_events;
use crate::problem::{Code, Problem};

const QUERY: &str = "showHistory=true&showHistoryOutput=true";
/// How soon an instance is asked again in which something has just happened.
const FOLLOW_MIN: Duration = Duration::from_millis(100);
/// How late an instance is asked again in which nothing happens.
const FOLLOW_MAX: Duration = Duration::from_secs(2);

/// Shows what happened in an instance.
pub async fn run(args: History, format: Format) -> Result<Exit, CliError> {
    let client = Client::new(&args.target.server.server)?;
    if let Some(file) = &args.export {
        let (id, (_, document)) =
            pick::with_instance(&client, &args.target.id, async |id| client.export(id).await).await?;
        return export(&id, &document, file.as_deref());
    }
    let ask = async |id: &str| client.instance(id, &format!("?{QUERY}"), Duration::ZERO).await;
    let (id, (instance, document)) = pick::with_instance(&client, &args.target.id, ask).await?;
    if args.follow {
        return follow(&client, &id, instance, format).await;
    }
    match format {
        Format::Json => output::data(&String::from_utf8_lossy(&document)),
        Format::Text => output::data(&text(&events(&client, &instance.history_events)?)),
    }
    Ok(Exit::DONE)
}

fn export(id: &str, document: &[u8], file: Option<&Path>) -> Result<Exit, CliError> {
    let Some(file) = file else {
        output::data(String::from_utf8_lossy(document).trim_end());
        return Ok(Exit::DONE);
    };
    std::fs::write(file, document).map_err(|error| {
        Problem::new(Code::FileUnreadable, format!("{} cannot be written: {error}", file.display()))
    })?;
    note(&format!("wrote the history of {} to {}", output::printable(id), file.display()));
    Ok(Exit::DONE)
}

/// Prints what is new until the instance ends. The host is asked to answer when it ends, or after a while that grows as
/// long as nothing happens.
async fn follow(client: &Client, id: &str, first: Instance, format: Format) -> Result<Exit, CliError> {
    let (mut shown, mut instance, mut wait) = (Shown::default(), first, FOLLOW_MIN);
    loop {
        let is_over = has_ended(&instance);
        let new = shown.add(instance.history_events);
        wait = if new.is_empty() { (wait * 2).min(FOLLOW_MAX) } else { FOLLOW_MIN };
        let lines: Vec<_> = match format {
            Format::Json => new.iter().map(|event| event.get().to_owned()).collect(),
            Format::Text => events(client, &new)?.iter().map(line).collect(),
        };
        if lines.iter().try_for_each(|line| output::offer(line)).is_break() || is_over {
            return Ok(Exit::DONE);
        }
        let seconds = wait.as_secs_f64();
        let query = format!("?{QUERY}&timeout={seconds}&pollingInterval={seconds}");
        (instance, _) = client.instance(id, &query, wait).await?;
    }
}

/// Whether nothing more will happen to an instance.
pub fn has_ended(instance: &Instance) -> bool {
    matches!(instance.runtime_status.as_str(), "Completed" | "Failed" | "Terminated")
}

/// What was printed, and how often: a document shows a task that runs as scheduled, and leaves that out once it has
/// ended, so what is new is not simply what stands behind the rest.
#[derive(Default)]
struct Shown(BTreeMap<String, usize>);

impl Shown {
    /// Takes in the events of a document and gives back those that are new.
    fn add(&mut self, events: Vec<Box<RawValue>>) -> Vec<Box<RawValue>> {
        let mut counts = BTreeMap::new();
        let mut is_new = |event: &RawValue| {
            let count = counts.entry(event.get().to_owned()).or_insert(0);
            *count += 1;
            *count > self.0.get(event.get()).copied().unwrap_or(0)
        };
        let new = events.into_iter().filter(|event| is_new(event)).collect();
        // A new execution begins a new history, in which nothing was shown yet.
        self.0 = counts;
        new
    }
}

fn events(client: &Client, raw: &[Box<RawValue>]) -> Result<Vec<Event>, CliError> {
    raw.iter().map(|event| client.read(event.get().as_bytes())).collect()
}

/// What happened in an instance that no host has, as a running host's is shown.
pub fn of_records(records: &[Record]) -> String {
    let events = history_events(records);
    text(&serde_json::from_slice::<Vec<Event>>(&events).expect("the host writes what its clients read"))
}

fn text(events: &[Event]) -> String {
    let rows: Vec<_> = events.iter().map(cells).collect();
    table(["TIME", "EVENT", "FUNCTION", "WHAT"], &rows)
}

/// One event, in columns that are wide enough for most of them.
fn line(event: &Event) -> String {
    let [time, kind, function, what] = cells(event);
    format!("{time:24}  {kind:20}  {function:16}  {what}").trim_end().to_owned()
}

fn cells(event: &Event) -> [String; 4] {
    let function = event.function_name.as_deref().unwrap_or_default();
    [brief(&event.timestamp), brief(&event.event_type), brief(function), brief(&what(event))]
}

/// The one thing that an event is about, and whom it concerns.
fn what(event: &Event) -> String {
    let value = |value: &Option<Box<RawValue>>| value.as_ref().map(|value| value.get().to_owned());
    let attempt = event.attempt.map(|attempt| format!("attempt {attempt}: "));
    let status = event.orchestration_status.as_ref().map(|status| format!("{status} "));
    let instance = event.instance_id.as_ref().or(event.entity_id.as_ref()).map(|id| format!("{id} "));
    let name = event.name.as_ref().or(event.operation.as_ref()).map(|name| format!("{name} "));
    let thing = value(&event.result)
        .or_else(|| event.reason.as_ref().map(|reason| unquoted(reason)))
        .or_else(|| event.fire_at.as_ref().map(|at| format!("due {at}")))
        .or_else(|| value(&event.custom_status))
        .or_else(|| event.lock_set.as_ref().map(|entities| entities.join(", ")))
        .or_else(|| event.component.as_ref().map(|digest| format!("sha256:{digest}")))
        .or_else(|| value(&event.input));
    [instance, name, status, attempt, thing].into_iter().flatten().collect()
}

/// Words are shown as such; anything else is JSON.
fn unquoted(json: &RawValue) -> String {
    serde_json::from_str(json.get()).unwrap_or_else(|_| json.get().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn events() {
        let events = r#"[
            {"EventType":"ExecutionStarted","Timestamp":"05:00","FunctionName":"Chain","Input":{"n":1}},
            {"EventType":"TaskAttemptFailed","Timestamp":"05:01","FunctionName":"say","Input":1,"Attempt":1,"Reason":"busy"},
            {"EventType":"TaskCompleted","Timestamp":"05:02","FunctionName":"say","Input":1,"Result":"Hello"},
            {"EventType":"TimerCreated","Timestamp":"05:03","FireAt":"06:00"},
            {"EventType":"CustomStatusSet","Timestamp":"05:03","CustomStatus":3},
            {"EventType":"EventRaised","Timestamp":"05:03","Name":"approval","Input":true},
            {"EventType":"SubOrchestrationInstanceCompleted","Timestamp":"05:03","FunctionName":"ship","InstanceId":"s1","Result":1},
            {"EventType":"EntityOperationCompleted","Timestamp":"05:03","EntityId":"@counter@a","Operation":"add","Input":2,"Result":5},
            {"EventType":"EntityOperationSignaled","Timestamp":"05:03","EntityId":"@counter@a","Operation":"add","Input":2},
            {"EventType":"EntityLockGranted","Timestamp":"05:03","LockSet":["@account@a","@account@b"]},
            {"EventType":"ExecutionSuspended","Timestamp":"05:03","Reason":"audit"},
            {"EventType":"ExecutionCompleted","Timestamp":"05:04","OrchestrationStatus":"Completed","Result":[1]}
        ]"#;
        let events: Vec<Event> = serde_json::from_str(events).unwrap();
        expect![[r#"
            TIME   EVENT                              FUNCTION  WHAT
            05:00  ExecutionStarted                   Chain     {"n":1}
            05:01  TaskAttemptFailed                  say       attempt 1: busy
            05:02  TaskCompleted                      say       "Hello"
            05:03  TimerCreated                                 due 06:00
            05:03  CustomStatusSet                              3
            05:03  EventRaised                                  approval true
            05:03  SubOrchestrationInstanceCompleted  ship      s1 1
            05:03  EntityOperationCompleted                     @counter@a add 5
            05:03  EntityOperationSignaled                      @counter@a add 2
            05:03  EntityLockGranted                            @account@a, @account@b
            05:03  ExecutionSuspended                           audit
            05:04  ExecutionCompleted                           Completed [1]
        "#]]
        .assert_eq(&(text(&events) + "\n"));
    }

    #[test]
    fn what_is_new() {
        let mut shown = Shown::default();
        let mut check = |events: &str, expect: &str| {
            let new = shown.add(serde_json::from_str(events).unwrap());
            assert_eq!(serde_json::to_string(&new).unwrap(), expect, "{events}");
        };
        check(r#"["started","scheduled a","scheduled a"]"#, r#"["started","scheduled a","scheduled a"]"#);
        check(r#"["started","scheduled a","scheduled a"]"#, "[]");
        check(r#"["started","scheduled a","completed a"]"#, r#"["completed a"]"#);
        check(r#"["started again"]"#, r#"["started again"]"#);
    }
}
