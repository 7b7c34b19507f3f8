//! An eternal orchestration: looks at a web page again and again, and begins a new execution for each look, so that its
//! history stays short for years.

use dacapo::{HttpRequest, Polling, prelude::*};

dacapo::export! {
    orchestrators: [monitor, export_report],
    activities: [alert],
}

/// What to watch, and what was seen so far.
#[payload]
#[derive(Clone)]
struct Watch {
    uri: String,
    interval_ms: u64,
    /// How many looks so far.
    #[serde(default)]
    looks: u64,
    /// How many of the last looks in a row found it down.
    #[serde(default)]
    down: u32,
}

/// What the status of the instance shows.
#[payload]
#[derive(Debug, PartialEq)]
struct Health {
    looks: u64,
    last: String,
}

/// Wakes somebody up. This example has nobody to wake.
#[activity(retry(max_attempts = 10, first_interval = "1s", coefficient = 2.0, max_interval = "1m", jitter = 0.3))]
fn alert(text: String) -> String {
    text
}

/// Looks until the event `stop` comes, and returns how often it looked. Two bad looks in a row are an alert.
#[orchestrator]
async fn monitor(cx: Context, mut watch: Watch) -> Result<u64> {
    let request = HttpRequest::get(&watch.uri).timeout(Duration::from_secs(10)).poll(Polling::Off);
    let last = match cx.call_http(request).await {
        Ok(response) if response.status < 500 => "up".to_owned(),
        Ok(response) => format!("status {}", response.status),
        Err(failure) => failure.kind,
    };
    watch.looks += 1;
    watch.down = if last == "up" { 0 } else { watch.down + 1 };
    if watch.down == 2 {
        alert(&cx, format!("{} is down: {last}", watch.uri)).await?;
    }
    cx.set_custom_status(&Health { looks: watch.looks, last })?;
    let stop = cx.wait_event::<()>("stop").timeout(Duration::from_millis(watch.interval_ms));
    match stop.await? {
        Some(()) => Ok(watch.looks),
        None => cx.continue_as_new(&watch).await,
    }
}

/// What to export, and where.
#[payload]
struct Report {
    uri: String,
    month: String,
}

/// Asks a service for a report that takes its time: it answers 202 and a location, which is asked until it is done.
#[orchestrator]
async fn export_report(cx: Context, report: Report) -> Result<String> {
    let request = HttpRequest::post(&report.uri).json(&report.month).retry(Retry::attempts(3));
    let response = cx.call_http(request).await?;
    match response.status {
        200 => Ok(response.content),
        status => Err(fail!("export-failed", "status {status}").details(response.content).non_retryable()),
    }
}

#[cfg(test)]
mod tests {
    use dacapo::{
        serde_json::{Value, json},
        testing::Kit,
    };

    use super::*;

    #[test]
    fn looks_until_it_is_stopped() {
        let mut looks = 0;
        let answer = move |request: Value| {
            assert_eq!(request["uri"], "https://example.com/");
            looks += 1;
            match looks {
                1 | 5.. => Ok(json!({ "status": 200, "headers": {}, "content": "" })),
                4 => Err(fail!("dacapo:http-failed", "connection refused")),
                _ => Ok(json!({ "status": 503, "headers": {}, "content": "" })),
            }
        };
        let kit = Kit::new::<monitor>().answer("dacapo.http", answer).answer("alert", |text: String| {
            assert_eq!(text, "https://example.com/ is down: status 503");
            Ok(text)
        });
        let watch = Watch { uri: "https://example.com/".to_owned(), interval_ms: 60_000, looks: 0, down: 0 };
        let run = kit.event_at(Duration::from_secs(330), "stop", &()).start(&watch);
        assert_eq!(run.output::<u64>(), Ok(6));
        assert_eq!(run.executions().len(), 6);
        assert_eq!(run.to_string().matches("schedule alert").count(), 1);
        assert_eq!(run.custom_status::<Health>(), Some(Health { looks: 6, last: "up".to_owned() }));
    }

    #[test]
    fn a_report_is_asked_for_until_it_is_there() {
        let mut asked = 0;
        let answer = move |request: Value| {
            asked += 1;
            let (method, uri) = (request["method"].as_str().unwrap(), request["uri"].as_str().unwrap());
            let response =
                |status: u16, headers: Value| Ok(json!({ "status": status, "headers": headers, "content": "r" }));
            match (asked, method, uri) {
                (1, "POST", "https://x.org/reports") => {
                    assert_eq!(request["content"], "\"2026-01\"");
                    response(202, json!({ "location": "/reports/7", "retry-after": "5" }))
                }
                (2, "GET", "https://x.org/reports/7") => response(202, json!({ "location": "8" })),
                (3, "GET", "https://x.org/reports/8") => response(200, json!({})),
                _ => panic!("{asked} {method} {uri}"),
            }
        };
        let report = Report { uri: "https://x.org/reports".to_owned(), month: "2026-01".to_owned() };
        let run = Kit::new::<export_report>().answer("dacapo.http", answer).start(&report);
        assert_eq!(run.output::<String>().unwrap(), "r");
        assert_eq!(run.elapsed(), Duration::from_secs(35));
    }
}
