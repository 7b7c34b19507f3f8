//! Triggers: how a request finds its function, and what the client says.

use dacapo::{
    ClientError, Filter, RuntimeStatus,
    prelude::*,
    testing::{BEGIN_MS, Desk},
};
use expect_test::{Expect, expect};

dacapo::export! {
    streams: [on_bytes],
    http: [greet, echo, files, fails],
    timers: [nightly],
}

#[http_trigger(route = "greet/{name}", methods("GET", "HEAD"))]
fn greet(request: Request) -> Response {
    let polite = request.query_value("polite") == Some("very much".to_owned());
    Response::text(format!("{} {}", if polite { "Good day" } else { "Hi" }, request.parameter("name").unwrap_or("you")))
}

#[http_trigger(route = "greet/{name}", methods("PUT"))]
fn echo(request: Request) -> Result<Response> {
    let kind = request.header("Content-Type").unwrap_or("none").to_owned();
    let chunks = request.chunks().map(|chunk| chunk.map(|chunk| chunk.to_ascii_uppercase()));
    Ok(Response::stream(chunks).with_status(201).header("content-type", kind))
}

#[http_trigger(route = "files/{*path}")]
fn files(request: Request) -> Result<Response> {
    Response::json(&request.path_segments().collect::<Vec<_>>())
}

/// Starts something, or says why not.
#[http_trigger(route = "fails")]
fn fails(client: Client, request: Request) -> Result<Response> {
    let n: u32 = request.json()?;
    let id = client.start(Start::named("work", &n)?)?;
    Ok(client.create_check_status_response(&id)?)
}

/// Every night.
#[timer_trigger(name = "Nightly")]
fn nightly(client: Client) {
    drop(client.purge("old"));
}

#[stream_trigger]
fn on_bytes(message: Message) -> Result<()> {
    message.json::<u32>().map(drop)
}

#[test]
fn a_request_finds_its_function() {
    let check = |method: &str, path: &str, body: &str, expect: Expect| {
        let request = Request::new(method, path).with_header("Content-Type", "text/x").with_body(body);
        let (response, asked) = Desk::new().run(|_| COMPONENT.serve(request));
        let (status, allow) = (response.status(), response.header_value("allow").unwrap_or_default().to_owned());
        let body = String::from_utf8(response.into_bytes().unwrap()).unwrap();
        expect.assert_eq(&format!("{status} {allow} {body} {asked:?}"));
    };
    check("get", "/api/greet/Ada%20L", "", expect!["200  Hi Ada L []"]);
    check("GET", "/api/greet/Ada?rude=no&polite=very+much", "", expect!["200  Good day Ada []"]);
    check("PUT", "/api/greet/Ada", "loud", expect!["201  LOUD []"]);
    check(
        "POST",
        "/api/greet/Ada",
        "",
        expect![[r#"405 GET, HEAD, PUT {"kind":"method-not-allowed","message":"POST is not served here"} []"#]],
    );
    check(
        "GET",
        "/api/greet",
        "",
        expect![[r#"404  {"kind":"not-found","message":"nothing is served at /api/greet"} []"#]],
    );
    check(
        "GET",
        "/greet/Ada",
        "",
        expect![[r#"404  {"kind":"not-found","message":"nothing is served at /greet/Ada"} []"#]],
    );
    check("GET", "/api/files/a/b%2Fc", "", expect![[r#"200  ["api","files","a","b/c"] []"#]]);
    check(
        "POST",
        "/api/fails",
        "7",
        expect![[
            r#"202  {"id":"started-1","purgeHistoryDeleteUri":"http://test/instances/started-1","restartPostUri":"http://test/instances/started-1/restart","resumePostUri":"http://test/instances/started-1/resume?reason={text}","sendEventPostUri":"http://test/instances/started-1/raiseEvent/{eventName}","statusQueryGetUri":"http://test/instances/started-1","suspendPostUri":"http://test/instances/started-1/suspend?reason={text}","terminatePostUri":"http://test/instances/started-1/terminate?reason={text}"} ["start work(7) as started-1"]"#
        ]],
    );
    check(
        "POST",
        "/api/fails",
        "[7]",
        expect![[r#"400  {"kind":"invalid-input","message":"$: invalid type: sequence, expected u32"} []"#]],
    );
}

#[test]
fn what_the_hub_refuses_has_a_status() {
    let check = |error: fn(String) -> ClientError, expect: Expect| {
        let request = Request::new("POST", "/api/fails").with_body("1");
        let desk = Desk::new().refuse("start", error("because".to_owned()));
        let (response, _) = desk.run(|_| COMPONENT.serve(request));
        let (status, again) = (response.status(), response.header_value("retry-after").map(str::to_owned));
        let body = String::from_utf8(response.into_bytes().unwrap()).unwrap();
        expect.assert_eq(&format!("{status} {again:?} {body}"));
    };
    check(ClientError::NotGranted, expect![[r#"500 None {"kind":"not-granted","message":"because"}"#]]);
    check(ClientError::Invalid, expect![[r#"400 None {"kind":"invalid","message":"because"}"#]]);
    check(ClientError::UnknownFunction, expect![[r#"500 None {"kind":"unknown-function","message":"because"}"#]]);
    check(ClientError::NotFound, expect![[r#"404 None {"kind":"not-found","message":"because"}"#]]);
    check(ClientError::Exists, expect![[r#"409 None {"kind":"exists","message":"because"}"#]]);
    check(ClientError::Conflict, expect![[r#"409 None {"kind":"conflict","message":"because"}"#]]);
    check(ClientError::Unavailable, expect![[r#"503 Some("5") {"kind":"unavailable","message":"because"}"#]]);
}

#[test]
fn a_body_that_breaks_off_is_not_whole() {
    let chunks = [Ok(b"a part".to_vec()), Err(fail!("lost", "the rest"))];
    let response = Response::stream(chunks);
    assert!(response.into_bytes().unwrap_err().is("lost"));
}

#[test]
fn other_triggers_are_known_by_name() {
    let time = Timestamp::from_millis(0);
    let message = |data: &[u8]| Message {
        subject: "s".to_owned(),
        sequence: 1,
        time,
        delivery: 1,
        headers: Vec::new(),
        data: data.to_vec(),
    };
    let tick = Tick { scheduled: time, now: time, missed: 0 };
    let (fired, asked) = Desk::new().run(|client| COMPONENT.fire("NIGHTLY", tick.clone(), client));
    assert_eq!((fired, &asked[..]), (Ok(()), &["purge old".to_owned()][..]));
    let (results, _) = Desk::new().run(|client| {
        [
            COMPONENT.fire("weekly", tick, client),
            COMPONENT.receive("on_bytes", message(b"7"), client),
            COMPONENT.receive("on_bytes", message(b"\xff"), client),
            COMPONENT.receive("on_text", message(b"7"), client),
        ]
    });
    let results = results.map(|result| result.map_err(|failure| failure.to_string()));
    expect![[r#"
        [
            Err(
                "unknown-function: this component has no timer trigger \"weekly\"",
            ),
            Ok(
                (),
            ),
            Err(
                "invalid-message: $: expected value",
            ),
            Err(
                "unknown-function: this component has no stream trigger \"on_text\"",
            ),
        ]
    "#]]
    .assert_debug_eq(&results);
    let kinds: Vec<_> = COMPONENT.describe().into_iter().map(|function| (function.kind, function.name)).collect();
    expect![[r#"
        [
            (
                Kind::TimerTrigger,
                "Nightly",
            ),
            (
                Kind::StreamTrigger,
                "on_bytes",
            ),
        ]
    "#]]
    .assert_debug_eq(&kinds);
}

#[payload]
#[derive(Debug, Default, PartialEq)]
struct Lamp(bool);

#[entity]
impl Lamp {
    fn on(&mut self) {
        self.0 = true;
    }
}

#[test]
fn the_client_asks_and_is_told() {
    let desk = Desk::new().entity::<Lamp>("hall", &Lamp(true)).instance("a-1", "work", RuntimeStatus::Completed, &42);
    let (found, asked) = desk.instance("b-1", "work", RuntimeStatus::Running, &()).run(|client| {
        let later = Timestamp::from_millis(BEGIN_MS) + Duration::from_secs(5);
        client.signal::<Lamp>("hall").on()?;
        client.signal_at::<Lamp>(later, "hall").on()?;
        client.raise("a-1", "word", &"go")?;
        client.suspend("a-1", "lunch")?;
        client.resume("a-1", "coffee")?;
        client.terminate("a-1", "enough")?;
        client.start(Start::named("work", &1)?.id("mine").at(later))?;
        assert_eq!(client.read_entity::<Lamp>("hall")?, Some(Lamp(true)));
        assert_eq!(client.read_entity::<Lamp>("cellar")?, None);
        assert_eq!(client.read_entity_as::<bool>(&EntityId::of::<Lamp>("hall"))?, Some(true));
        assert!(matches!(client.read_entity_as::<u8>(&EntityId::of::<Lamp>("hall")), Err(ClientError::Invalid(_))));
        assert!(client.status("c-1")?.is_none());
        let page = client.query(Filter { statuses: vec![RuntimeStatus::Completed], ..Filter::default() })?;
        let outputs = page.instances.iter().map(|known| known.output()).collect::<Result<Vec<u32>>>();
        Ok::<_, ClientError>((client.status("b-1")?.map(|known| known.status), outputs))
    });
    assert_eq!(found, Ok((Some(RuntimeStatus::Running), Ok(vec![42]))));
    expect![[r#"
        [
            "signal @lamp@hall on(null)",
            "signal @lamp@hall on(null) at 5s",
            "raise word(\"go\") to a-1",
            "suspend a-1: lunch",
            "resume a-1: coffee",
            "terminate a-1: enough",
            "start work(1) as mine at 5s",
        ]
    "#]]
    .assert_debug_eq(&asked);
}
