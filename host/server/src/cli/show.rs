//! `show`.

use std::time::Duration;

use kernel::orchestration::Divergence;
use serde_json::value::RawValue;

use super::args::Target;
use super::client::{Client, Instance, InstanceFailure};
use super::divergence::{HEADING, block};
use super::exit::{CliError, Exit};
use super::output::{self, Format, brief, fields, printable};
use super::waits::waits;
use super::{history, pick};

/// How many things are named that an instance waits for.
const WAITS_SHOWN_COUNT: usize = 10;

/// Shows an instance.
pub async fn run(args: Target, format: Format) -> Result<Exit, CliError> {
    let client = Client::new(&args.server.server)?;
    let ask = async |id: &str| client.instance(id, "", Duration::ZERO).await;
    let (id, (instance, document)) = pick::with_instance(&client, &args.id, ask).await?;
    match format {
        Format::Json => output::data(&String::from_utf8_lossy(&document)),
        Format::Text if history::has_ended(&instance) => output::data(&text(&instance, &[])),
        Format::Text => {
            // A history that cannot be read holds its instance, and then that is what is shown.
            let waits = client.export(&id).await.map_or_else(|_| Vec::new(), |(export, _)| waits(&export));
            output::data(&text(&instance, &waits));
        }
    }
    Ok(Exit::DONE)
}

fn text(instance: &Instance, waits: &[String]) -> String {
    let mut lines = vec![
        ("id", printable(&instance.instance_id)),
        ("function", printable(&instance.name)),
        ("status", printable(&instance.runtime_status)),
    ];
    match (&instance.held, instance.held_details.is_empty()) {
        (None, _) => {}
        (Some(reason), true) => lines.push(("held", printable(reason))),
        (Some(_), false) => lines.push(("held", "yes, see below".to_owned())),
    }
    origin(&mut lines, instance);
    lines.push(("created", printable(&instance.created_time)));
    lines.push(("updated", printable(&instance.last_updated_time)));
    let shown = waits.iter().take(WAITS_SHOWN_COUNT).map(|wait| brief(wait));
    lines.extend(shown.map(|wait| ("waits for", wait)));
    if let Some(more) = waits.len().checked_sub(WAITS_SHOWN_COUNT).filter(|more| *more > 0) {
        lines.push(("", format!("and {more} more")));
    }
    let progress = instance.progress.iter();
    lines.extend(progress.map(|said| ("progress", brief(&format!("{}: {}", said.function_name, said.detail)))));
    lines.extend(instance.warnings.iter().map(|warning| ("warning", printable(warning))));
    value(&mut lines, "custom", &instance.custom_status);
    value(&mut lines, "input", &instance.input);
    match &instance.failure {
        None => value(&mut lines, "output", &instance.output),
        Some(failure) => failed(&mut lines, failure),
    }
    let mut text = fields(&lines);
    if !instance.held_details.is_empty() {
        let details = instance.held_details.iter().map(|line| (line.name.as_str(), line.value.as_str()));
        text += &format!("\n\n{HEADING}\n{}", block(details, Divergence::REMEDY));
    }
    text
}

type Lines = Vec<(&'static str, String)>;

fn origin(lines: &mut Lines, instance: &Instance) {
    lines.extend(instance.version.iter().map(|version| ("version", printable(version))));
    lines.extend(instance.parent_instance_id.iter().map(|parent| ("parent", printable(parent))));
    lines.extend(instance.tags.iter().map(|(name, value)| ("tag", printable(&format!("{name}={value}")))));
    lines.extend(instance.scheduled_start_time.iter().map(|at| ("starts", printable(at))));
}

fn value(lines: &mut Lines, name: &'static str, value: &RawValue) {
    if value.get() != "null" {
        lines.push((name, printable(value.get())));
    }
}

fn failed(lines: &mut Lines, failure: &InstanceFailure) {
    let said = |failure: &InstanceFailure| printable(&format!("{}: {}", failure.kind, failure.message));
    lines.push(("failure", said(failure)));
    lines.extend(failure.details.iter().map(|details| ("details", printable(details))));
    lines.extend(failure.causes.iter().map(|cause| ("because of", said(cause))));
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(status: &str, more: &str, waits: &[&str], expect: Expect) {
        let document = format!(
            r#"{{"name":"Chain","instanceId":"my-id","runtimeStatus":"{status}","input":{{"n":1}},"customStatus":null,
            "createdTime":"2026-11-22T05:00:00Z","lastUpdatedTime":"2026-11-22T05:00:01Z",{more}}}"#
        );
        let waits: Vec<_> = waits.iter().map(|&wait| wait.to_owned()).collect();
        expect.assert_eq(&(text(&serde_json::from_str(&document).unwrap(), &waits) + "\n"));
    }

    #[test]
    fn those_that_run() {
        check(
            "Running",
            r#""output":null,"held":"row 7 is damaged""#,
            &[],
            expect![[r#"
            id        my-id
            function  Chain
            status    Running
            held      row 7 is damaged
            created   2026-11-22T05:00:00Z
            updated   2026-11-22T05:00:01Z
            input     {"n":1}
        "#]],
        );
        check(
            "Running",
            r#""output":null,"parentInstanceId":"batch","version":"2","tags":{"team":"blue","tier":"1"},
            "warnings":["9 open tasks, of at most 10"],"progress":[{"task":3,"functionName":"copy","detail":{"done":4}}]"#,
            &["activity copy, attempt 2", "a timer due at 2026-11-22T06:00:00Z"],
            expect![[r#"
                id         my-id
                function   Chain
                status     Running
                version    2
                parent     batch
                tag        team=blue
                tag        tier=1
                created    2026-11-22T05:00:00Z
                updated    2026-11-22T05:00:01Z
                waits for  activity copy, attempt 2
                waits for  a timer due at 2026-11-22T06:00:00Z
                progress   copy: {"done":4}
                warning    9 open tasks, of at most 10
                input      {"n":1}
            "#]],
        );
        check(
            "Pending",
            r#""output":null,"scheduledStartTime":"2026-11-23T05:00:00Z""#,
            &["x"; 12],
            expect![[r#"
            id         my-id
            function   Chain
            status     Pending
            starts     2026-11-23T05:00:00Z
            created    2026-11-22T05:00:00Z
            updated    2026-11-22T05:00:01Z
            waits for  x
            waits for  x
            waits for  x
            waits for  x
            waits for  x
            waits for  x
            waits for  x
            waits for  x
            waits for  x
            waits for  x
                       and 2 more
            input      {"n":1}
        "#]],
        );
        check(
            "Running",
            r#""output":null,"held":"the code does not replay it","heldDetails":[
            {"name":"history has","value":"schedule-activity a(1)"},{"name":"code has","value":"nothing"}]"#,
            &[],
            expect![[r#"
                id        my-id
                function  Chain
                status    Running
                held      yes, see below
                created   2026-11-22T05:00:00Z
                updated   2026-11-22T05:00:01Z
                input     {"n":1}

                the code does not do what the history says:
                  history has  schedule-activity a(1)
                  code has     nothing
                  what to do   deploy code that decides as the history says and the instance goes on by itself, or terminate it; `dacapo replay` tries a build beforehand
            "#]],
        );
    }

    #[test]
    fn those_that_have_ended() {
        check(
            "Completed",
            r#""output":["Hello Tokyo!"]"#,
            &[],
            expect![[r#"
            id        my-id
            function  Chain
            status    Completed
            created   2026-11-22T05:00:00Z
            updated   2026-11-22T05:00:01Z
            input     {"n":1}
            output    ["Hello Tokyo!"]
        "#]],
        );
        let failure = r#""output":"no","failure":{"kind":"declined","message":"no","details":"at 3","retryable":false,
            "causes":[{"kind":"dacapo:trap","message":"unreachable"}]}"#;
        check(
            "Failed",
            failure,
            &[],
            expect![[r#"
            id          my-id
            function    Chain
            status      Failed
            created     2026-11-22T05:00:00Z
            updated     2026-11-22T05:00:01Z
            input       {"n":1}
            failure     declined: no
            details     at 3
            because of  dacapo:trap: unreachable
        "#]],
        );
        check(
            "Terminated",
            r#""output":"not needed""#,
            &[],
            expect![[r#"
            id        my-id
            function  Chain
            status    Terminated
            created   2026-11-22T05:00:00Z
            updated   2026-11-22T05:00:01Z
            input     {"n":1}
            output    "not needed"
        "#]],
        );
    }
}
