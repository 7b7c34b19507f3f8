//! A pipeline as it is told: a request comes in, an entity remembers it, an orchestration handles it, and the caller is told
//! at once where to look.

use dacapo::prelude::*;

dacapo::export! {
    orchestrators: [message_orchestrator],
    activities: [message_logger],
    entities: [SessionHandler],
    http: [ingest],
    timers: [nightly],
    streams: [on_event],
}

/// What somebody posts, or publishes.
#[payload]
#[derive(Clone, Debug)]
struct Posted {
    /// Names the run, so that posting it again does not run it again.
    run_id: String,
    message: String,
}

/// What is known of a session. It grows with each message, past what fits in a row.
#[payload]
#[derive(Debug, Default, PartialEq)]
struct SessionHandler {
    count: i64,
    messages: Vec<String>,
}

/// Remembers a session.
#[entity]
impl SessionHandler {
    /// Counts, and gives the sum.
    fn add(&mut self, n: i64) -> i64 {
        self.count += n;
        self.count
    }

    /// Keeps a message.
    fn keep(&mut self, message: String) {
        self.messages.push(message);
    }

    /// The count.
    fn get(&self, cx: &EntityContext) -> i64 {
        cx.log().info(format!("session {} counts {} and keeps {} messages", cx.key(), self.count, self.messages.len()));
        self.count
    }
}

/// What the activity writes down.
#[payload]
#[derive(Clone)]
struct Entry {
    step: u32,
    message: String,
}

/// Writes a message down. This example has nowhere to write, and gives back what it would have written.
#[activity(retry(max_attempts = 3, first_interval = "1s"))]
fn message_logger(entry: Entry) -> String {
    format!("{}: {}", entry.step, entry.message)
}

/// Logs the message twice, and gives both results.
#[orchestrator]
async fn message_orchestrator(cx: Context, posted: Posted) -> Result<Vec<String>> {
    let first = message_logger(&cx, Entry { step: 1, message: posted.message.clone() }).await?;
    let second = message_logger(&cx, Entry { step: 2, message: posted.message }).await?;
    Ok(vec![first, second])
}

/// `POST /api/sessions/{session}/messages`: remembers the message, starts its run, and answers with where to look.
#[http_trigger(route = "sessions/{session}/messages", methods("POST"))]
fn ingest(request: Request, client: Client) -> Result<Response> {
    let session = request.parameter("session").unwrap_or_default();
    let id = handle(client, session, request.json()?)?;
    Ok(client.create_check_status_response(&id)?)
}

/// Counts one for each night, those included that the host slept through.
#[timer_trigger]
fn nightly(tick: Tick, client: Client) -> Result<()> {
    Ok(client.signal::<SessionHandler>("nights").add(1 + i64::from(tick.missed))?)
}

/// The same as [`ingest`] for streaming data. The last part of the subject names the session.
#[stream_trigger]
fn on_event(message: Message, client: Client) -> Result<()> {
    let session = message.subject.rsplit('.').next().unwrap_or_default();
    handle(client, session, message.json()?).map(drop)
}

fn handle(client: Client, session: &str, posted: Posted) -> Result<String> {
    let handler = client.signal::<SessionHandler>(session);
    handler.add(2)?;
    handler.keep(posted.message.clone())?;
    handler.get()?;
    let id = format!("run-{}", posted.run_id);
    Ok(client.start(Start::of::<message_orchestrator>(&posted)?.id(id))?)
}

#[cfg(test)]
mod tests {
    use dacapo::testing::{Actor, Desk, Kit};

    use super::*;

    fn posted() -> Posted {
        Posted { run_id: "7".to_owned(), message: "hello".to_owned() }
    }

    const ASKED: [&str; 4] = [
        "signal @session_handler@ada add(2)",
        r#"signal @session_handler@ada keep("hello")"#,
        "signal @session_handler@ada get(null)",
        r#"start message_orchestrator({"run_id":"7","message":"hello"}) as run-7"#,
    ];

    #[test]
    fn requests_are_answered() {
        let check = |method: &str, path: &str, body: &str, status: u16, expect: &[&str]| {
            let request = Request::new(method, path).with_body(body);
            let (response, asked) = Desk::new().run(|_| COMPONENT.serve(request));
            assert_eq!(
                (response.status(), &asked.iter().map(String::as_str).collect::<Vec<_>>()[..]),
                (status, expect)
            );
            response
        };
        let body = r#"{"run_id": "7", "message": "hello"}"#;
        let response = check("POST", "/api/sessions/ada/messages", body, 202, &ASKED);
        assert_eq!(response.header_value("Location"), Some("http://test/instances/run-7"));
        assert_eq!(response.header_value("retry-after"), Some("10"));
        check("POST", "/api/sessions/ada/messages", r#"{"run_id": 7}"#, 400, &[]);
        check("GET", "/api/sessions/ada/messages", "", 405, &[]);
        check("POST", "/api/sessions/ada", body, 404, &[]);
    }

    #[test]
    fn an_event_does_the_same() {
        let data = br#"{"run_id": "7", "message": "hello"}"#.to_vec();
        let (subject, time) = ("events.ada".to_owned(), Timestamp::from_millis(0));
        let message = Message { subject, sequence: 9, time, delivery: 1, headers: Vec::new(), data };
        let (result, asked) = Desk::new().run(|client| on_event::run(message, client));
        assert_eq!(result, Ok(()));
        assert_eq!(asked, ASKED);
    }

    #[test]
    fn missed_nights_count() {
        let tick = Tick { scheduled: Timestamp::from_millis(0), now: Timestamp::from_millis(1), missed: 2 };
        let (result, asked) = Desk::new().run(|client| nightly::run(tick, client));
        assert_eq!((result, &asked[..]), (Ok(()), &["signal @session_handler@nights add(3)".to_owned()][..]));
    }

    #[test]
    fn a_session_is_remembered() {
        let mut session = Actor::<SessionHandler>::new("ada");
        assert_eq!(session.call("add", &2), Ok(2));
        assert_eq!(session.call("keep", "hello"), Ok(()));
        assert_eq!(session.call("get", &()), Ok(2));
        assert_eq!(session.state().map(|session| session.messages), Some(vec!["hello".to_owned()]));
        assert_eq!(session.logs(), ["session ada counts 2 and keeps 1 messages"]);
    }

    #[test]
    fn a_message_is_logged_twice() {
        let run = Kit::new::<message_orchestrator>().activity::<message_logger>().start(&posted());
        assert_eq!(run.output::<Vec<String>>(), Ok(vec!["1: hello".to_owned(), "2: hello".to_owned()]));
    }
}
