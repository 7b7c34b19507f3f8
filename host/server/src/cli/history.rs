//! `history`.

use std::time::Duration;

use super::args::Show;
use super::client::{Client, Event};
use super::exit::{CliError, Exit};
use super::output::{self, Format, brief, table};

/// Shows what happened in an instance.
pub async fn run(args: Show, format: Format) -> Result<Exit, CliError> {
    let client = Client::new(&args.server.server)?;
    let query = "?showHistory=true&showHistoryOutput=true";
    let (instance, document) = client.instance(&args.id, query, Duration::ZERO).await?;
    match format {
        Format::Json => output::data(&String::from_utf8_lossy(&document)),
        Format::Text => output::data(&text(&instance.history_events)),
    }
    Ok(Exit::DONE)
}

fn text(events: &[Event]) -> String {
    let row = |event: &Event| {
        let function = event.function_name.as_deref().unwrap_or_default();
        [brief(&event.timestamp), brief(&event.event_type), brief(function), brief(&what(event))]
    };
    let rows: Vec<_> = events.iter().map(row).collect();
    table(["TIME", "EVENT", "FUNCTION", "WHAT"], &rows)
}

/// The one thing that an event is about.
fn what(event: &Event) -> String {
    let value = |value: &Option<Box<serde_json::value::RawValue>>| value.as_ref().map(|value| value.get().to_owned());
    let attempt = event.attempt.map_or_else(String::new, |attempt| format!("attempt {attempt}: "));
    let reason = event.reason.as_ref().map(|reason| format!("{attempt}{reason}"));
    let status = event.orchestration_status.as_deref().map_or_else(String::new, |status| format!("{status} "));
    let result = value(&event.result).map(|result| format!("{status}{result}"));
    let fire_at = event.fire_at.as_ref().map(|at| format!("due {at}"));
    result
        .or(reason)
        .or(fire_at)
        .or_else(|| value(&event.custom_status))
        .or_else(|| value(&event.input))
        .unwrap_or_default()
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
            {"EventType":"ExecutionCompleted","Timestamp":"05:04","OrchestrationStatus":"Completed","Result":[1]}
        ]"#;
        let events: Vec<Event> = serde_json::from_str(events).unwrap();
        expect![[r#"
            TIME   EVENT               FUNCTION  WHAT
            05:00  ExecutionStarted    Chain     {"n":1}
            05:01  TaskAttemptFailed   say       attempt 1: busy
            05:02  TaskCompleted       say       "Hello"
            05:03  TimerCreated                  due 06:00
            05:03  CustomStatusSet               3
            05:04  ExecutionCompleted            Completed [1]
        "#]]
        .assert_eq(&(text(&events) + "\n"));
    }
}
