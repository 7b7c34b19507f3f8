//! Requests under `/api/`.

use std::io::{BufRead, BufReader, Read, Write};

use anyhow::{Result, ensure};
use tests::http::Answer;

use super::fixture::{Site, until_sum};

const ROUTES: &str = r#"
[[component.http]]
route = "sums/{key}"
methods = ["GET", "POST"]
[[component.http]]
route = "echo/{*rest}"
[[component.http]]
route = "drip/{count}"
methods = ["GET"]
[[component.http]]
route = "start/{id}"
[[component.http]]
route = "denied"
[[component.http]]
route = "trap"
[[component.http]]
route = "fail"
"#;

#[test]
fn requests_and_what_they_lead_to() -> Result<()> {
    let host = Site::new(ROUTES)?.start()?;
    let client = host.client();
    let check = |answer: Answer, status: u16, headers: &[(&str, &str)], body: &str| {
        assert_eq!(answer.status, status, "{answer:?}");
        for (name, value) in headers {
            assert_eq!(answer.header(name), Some(*value), "{name} of {answer:?}");
        }
        assert!(answer.body.contains(body), "{answer:?} has no {body}");
    };
    check(client.get("/api/sums/a")?, 200, &[("content-type", "application/json")], "null");
    check(client.post("/api/sums/a", "2")?, 202, &[], "");
    check(client.post("/api/sums/a", "40")?, 202, &[], "");
    // Each call of an HTTP trigger is durable when it is answered.
    check(client.get("/api/sums/a")?, 200, &[], r#""total":42"#);
    check(client.post("/api/sums/a", "x")?, 400, &[], "");
    check(client.delete("/api/sums/a")?, 405, &[("allow", "GET, POST"), ("dacapo-error", "method_not_allowed")], "");
    check(client.get("/api/sums")?, 404, &[("dacapo-error", "route_not_found")], "");
    check(client.get("/api/nothing")?, 404, &[("dacapo-error", "route_not_found")], "");
    check(client.get("/api")?, 404, &[("dacapo-error", "route_not_found")], "");
    check(client.post("/api/echo/x/y?z=1", "hello")?, 200, &[("x-method", "POST")], "hello");
    check(client.get("/api/drip/100")?, 200, &[], &"x".repeat(100 * 1024));
    check(client.get("/api/denied")?, 403, &[], "add \"purge\" to `client`");
    check(client.get("/api/fail")?, 409, &[], "somebody else was faster");
    let trapped = client.get("/api/trap")?;
    assert!(!trapped.body.contains("secret"), "{trapped:?}");
    check(trapped, 500, &[("dacapo-error", "trigger_failed")], "the component that answers this failed");
    Ok(())
}

#[test]
fn an_orchestration_is_started_and_the_caller_told_where_to_look() -> Result<()> {
    let check = |settings: &str, origin: &str| -> Result<()> {
        let host = Site::new(ROUTES)?.with_settings(settings)?.start()?;
        let client = host.client();
        let headers = [("x-forwarded-proto", "https"), ("x-forwarded-host", "api.example")];
        let started = client.post_with("/api/start/hello", &headers, "")?;
        assert_eq!((started.status, started.header("retry-after")), (202, Some("10")), "{started:?}");
        let origin = origin.replace("HOST", &host.url);
        let location = format!("{origin}/runtime/webhooks/durabletask/instances/hello?taskHub=");
        assert!(started.header("location").is_some_and(|url| url.starts_with(&location)), "{started:?}");
        assert!(started.json()?["terminatePostUri"].as_str().is_some_and(|url| url.starts_with(&origin)));
        assert_eq!(client.wait("hello")?["output"], "HELLO");
        let again = client.post("/api/start/hello", "")?;
        assert_eq!(again.status, 202, "an instance that has ended makes room for its id: {again:?}");
        Ok(())
    };
    check("", "HOST")?;
    check("[http]\nforwarded-headers = true\n", "https://api.example")
}

#[test]
fn bodies_stream_in_both_directions() -> Result<()> {
    let host = Site::new(ROUTES)?.start()?;
    let mut stream = host.client().connect()?;
    stream.write_all(b"POST /api/echo/a HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n")?;
    let mut answer = BufReader::new(stream.try_clone()?);
    let mut line = || -> Result<String> {
        let mut line = String::new();
        answer.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    };
    // Each part comes back before the next one is sent.
    stream.write_all(b"3\r\none\r\n")?;
    ensure!(line()?.starts_with("HTTP/1.1 200"), "the head comes first");
    while !line()?.is_empty() {}
    assert_eq!((line()?, line()?), ("3".to_owned(), "one".to_owned()));
    stream.write_all(b"3\r\ntwo\r\n")?;
    assert_eq!((line()?, line()?), ("3".to_owned(), "two".to_owned()));
    stream.write_all(b"0\r\n\r\n")?;
    assert_eq!(line()?, "0");
    Ok(())
}

#[test]
fn a_client_that_goes_away_takes_nothing_with_it() -> Result<()> {
    let host = Site::new(ROUTES)?.start()?;
    for _ in 0..100 {
        let mut stream = host.client().connect()?;
        stream.write_all(b"POST /api/echo/a HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nhalf")?;
        let mut first = [0; 8];
        stream.read_exact(&mut first)?;
    }
    host.client().post("/api/sums/after", "1")?;
    until_sum(&host, "after", |sum| sum == (1, 1))?;
    Ok(())
}

#[test]
fn pages_of_other_sites_are_kept_out() -> Result<()> {
    let host = Site::new(ROUTES)?.start()?;
    let foreign = host.client().post_with("/api/sums/a", &[("origin", "https://evil.example")], "1")?;
    assert_eq!((foreign.status, foreign.header("dacapo-error")), (403, Some("cross_site")));
    let rebound = host.client().raw(b"GET /api/sums/a HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n")?;
    assert!(rebound.starts_with("HTTP/1.1 403"), "{rebound}");
    Ok(())
}
