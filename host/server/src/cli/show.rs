//! `show`.

use std::time::Duration;

use serde_json::value::RawValue;

use super::args::Show;
use super::client::{Client, Instance};
use super::exit::{CliError, Exit};
use super::output::{self, Format, fields, printable};

/// Shows an instance.
pub async fn run(args: Show, format: Format) -> Result<Exit, CliError> {
    let client = Client::new(&args.server.server)?;
    let (instance, document) = client.instance(&args.id, "", Duration::ZERO).await?;
    match format {
        Format::Json => output::data(&String::from_utf8_lossy(&document)),
        Format::Text => output::data(&text(&instance)),
    }
    Ok(Exit::DONE)
}

fn text(instance: &Instance) -> String {
    let mut lines = vec![
        ("id", printable(&instance.instance_id)),
        ("function", printable(&instance.name)),
        ("status", printable(&instance.runtime_status)),
    ];
    lines.extend(instance.held.iter().map(|reason| ("held", printable(reason))));
    lines.push(("created", printable(&instance.created_time)));
    lines.push(("updated", printable(&instance.last_updated_time)));
    let mut value = |name, value: &RawValue| {
        if value.get() != "null" {
            lines.push((name, printable(value.get())));
        }
    };
    value("custom", &instance.custom_status);
    value("input", &instance.input);
    match &instance.failure {
        None => value("output", &instance.output),
        Some(failure) => {
            lines.push(("failure", printable(&format!("{}: {}", failure.kind, failure.message))));
            lines.extend(failure.details.iter().map(|details| ("details", printable(details))));
        }
    }
    fields(&lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[test]
    fn instances() {
        let check = |status: &str, more: &str, expect: Expect| {
            let document = format!(
                r#"{{"name":"Chain","instanceId":"my-id","runtimeStatus":"{status}","input":{{"n":1}},"customStatus":null,
                "createdTime":"2026-11-22T05:00:00Z","lastUpdatedTime":"2026-11-22T05:00:01Z",{more}}}"#
            );
            expect.assert_eq(&(text(&serde_json::from_str(&document).unwrap()) + "\n"));
        };
        check(
            "Running",
            r#""output":null,"held":"row 7 is damaged""#,
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
            "Completed",
            r#""output":["Hello Tokyo!"]"#,
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
        let failure =
            r#""output":"no","failure":{"kind":"declined","message":"no","details":"at 3","retryable":false}"#;
        check(
            "Failed",
            failure,
            expect![[r#"
            id        my-id
            function  Chain
            status    Failed
            created   2026-11-22T05:00:00Z
            updated   2026-11-22T05:00:01Z
            input     {"n":1}
            failure   declined: no
            details   at 3
        "#]],
        );
        check(
            "Terminated",
            r#""output":"not needed""#,
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
