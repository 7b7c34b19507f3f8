//! Whole calls, from JSON to JSON.

use std::time::Duration;

use expect_test::{Expect, expect};
use kernel::limits::{EGRESS_HEADERS_MAX_COUNT, EGRESS_RESPONSE_MAX_BYTES};
use kernel::model::{Failure, Payload};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

use super::peer::{CERTIFICATE, Peer, Script, ok};
use super::{at, call, egress, lookup};
use crate::egress::Egress;
use crate::egress::client::Client;

/// Makes a call to a peer that the rules allow, and that says what the script has.
async fn check(ask: &str, script: Script, expect: Expect) {
    let peer = Peer::bind();
    let port = peer.address().port();
    let (egress, ask) = (egress(r#"allow = ["http://PEER"]"#, &peer), at(ask, &peer));
    let (outcome, ()) = tokio::join!(call(&egress, &ask), peer.serve(script));
    expect.assert_eq(&told(outcome, port));
}

fn told(outcome: Result<Payload, Failure>, port: u16) -> String {
    let text = match outcome {
        Ok(payload) => payload.shown().into_owned(),
        Err(failure) => format!("{failure} ({})", if failure.retryable { "retryable" } else { "final" }),
    };
    text.replace(&format!(":{port}"), ":PORT") + "\n"
}

fn says(text: &str) -> Script {
    Script::Says(text.as_bytes().to_vec())
}

#[tokio::test]
async fn what_is_sent() {
    check(r#"{"method":"GET","uri":"http://PEER/a b?c=%20|d#e"}"#, Script::Echoes, expect![[r#"
        {"status":200,"headers":{},"content":"GET /a%20b?c=%20|d HTTP/1.1\r\nhost: 127.0.0.1:PORT\r\nidempotency-key: order-17%C3%A9%25/1/2\r\nuser-agent: dacapo/0.1.0\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\ntracestate: vendor=1\r\n\r\n"}
    "#]]).await;
    let ask = r#"{"method":"POST","uri":"http://PEER","headers":{"Content-Type":"text/plain","IDEMPOTENCY-KEY":"mine",
        "traceparent":"of the guest","user-agent":"guest"},"content":"hé","timeoutMs":60000}"#;
    check(ask, Script::Echoes, expect![[r#"
        {"status":200,"headers":{},"content":"POST / HTTP/1.1\r\nhost: 127.0.0.1:PORT\r\ncontent-type: text/plain\r\nidempotency-key: mine\r\ntraceparent: of the guest\r\nuser-agent: guest\r\ncontent-length: 3\r\n\r\nhé"}
    "#]]).await;
    let ask = r#"{"method":"PUT","uri":"http://PEER/","headers":{},"content":null,"timeoutMs":null}"#;
    check(ask, Script::Echoes, expect![[r#"
        {"status":200,"headers":{},"content":"PUT / HTTP/1.1\r\nhost: 127.0.0.1:PORT\r\nidempotency-key: order-17%C3%A9%25/1/2\r\nuser-agent: dacapo/0.1.0\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\ntracestate: vendor=1\r\ncontent-length: 0\r\n\r\n"}
    "#]]).await;
}

#[tokio::test]
async fn what_comes_back() {
    let get = r#"{"method":"GET","uri":"http://PEER/"}"#;
    let accepted = "HTTP/1.1 202 Accepted\r\nLocation: /status/1\r\nRetry-After: 10\r\nSet-Cookie: a=1\r\n\
        set-cookie: b=2\r\ncontent-length: 0\r\n\r\n";
    check(get, says(accepted), expect![[r#"
        {"status":202,"headers":{"content-length":"0","location":"/status/1","retry-after":"10","set-cookie":"a=1, b=2"},"content":""}
    "#]]).await;
    let moved = "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 4\r\n\r\nmove";
    check(
        get,
        says(moved),
        expect![[r#"
        {"status":302,"headers":{"content-length":"4","location":"http://169.254.169.254/"},"content":"move"}
    "#]],
    )
    .await;
    let chunks = "HTTP/1.1 500 Oh\r\ntransfer-encoding: chunked\r\n\r\n3\r\n\"a\n\r\n2\r\nb\"\r\n0\r\n\r\n";
    check(
        get,
        says(chunks),
        expect![[r#"
        {"status":500,"headers":{"transfer-encoding":"chunked"},"content":"\"a\nb\""}
    "#]],
    )
    .await;
    check(
        get,
        says("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\nas it is"),
        expect![[r#"
        {"status":200,"headers":{"content-encoding":"gzip"},"content":"as it is"}
    "#]],
    )
    .await;
    check(
        get,
        Script::Says(b"HTTP/1.1 204 No\r\nx: caf\xe9\r\n\r\n".to_vec()),
        expect![[r#"
        {"status":204,"headers":{"x":"caf�"},"content":""}
    "#]],
    )
    .await;
    let head = r#"{"method":"HEAD","uri":"http://PEER/"}"#;
    check(
        head,
        says("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"),
        expect![[r#"
        {"status":200,"headers":{"content-length":"5"},"content":""}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn answers_that_cannot_be_handed_on() {
    let get = r#"{"method":"GET","uri":"http://PEER/"}"#;
    check(get, Script::Says(ok(b"caf\xe9")), expect![[r#"
        dacapo:http-failed: the request to http://127.0.0.1:PORT failed: the response body is not UTF-8, so it cannot be handed on as text (final)
    "#]]).await;
    check(get, Script::Says(ok(&vec![b'a'; EGRESS_RESPONSE_MAX_BYTES + 1])), expect![[r#"
        dacapo:too-large: the request to http://127.0.0.1:PORT failed: the response body has more than 983040 bytes (final)
    "#]]).await;
    check(get, says(&format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "a".repeat(1 << 20))), expect![[r#"
        dacapo:too-large: the request to http://127.0.0.1:PORT failed: the response head has more than 65536 bytes or 100 headers (final)
    "#]]).await;
    let headers: String = (0..=EGRESS_HEADERS_MAX_COUNT).map(|i| format!("x-{i}: 1\r\n")).collect();
    check(get, says(&format!("HTTP/1.1 200 OK\r\n{headers}\r\n")), expect![[r#"
        dacapo:too-large: the request to http://127.0.0.1:PORT failed: the response head has more than 65536 bytes or 100 headers (final)
    "#]]).await;
    check(get, says("SSH-2.0-OpenSSH_9.9\r\n"), expect![[r#"
        dacapo:http-failed: the request to http://127.0.0.1:PORT failed: no response: invalid HTTP version parsed (retryable)
    "#]]).await;
    check(get, says(""), expect![[r#"
        dacapo:http-failed: the request to http://127.0.0.1:PORT failed: no response: connection closed before message completed (retryable)
    "#]]).await;
    check(get, says("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"), expect![[r#"
        dacapo:http-failed: the request to http://127.0.0.1:PORT failed: the response broke off: error reading a body from connection: end of file before message length reached (retryable)
    "#]]).await;
    let hasty = r#"{"method":"GET","uri":"http://PEER/","timeoutMs":50}"#;
    let slow = Script::SaysAndWaits(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc".to_vec());
    check(
        hasty,
        slow,
        expect![[r#"
        dacapo:timeout: the request to http://127.0.0.1:PORT took longer than 50 ms (retryable)
    "#]],
    )
    .await;
    check(
        hasty,
        Script::SaysAndWaits(Vec::new()),
        expect![[r#"
        dacapo:timeout: the request to http://127.0.0.1:PORT took longer than 50 ms (retryable)
    "#]],
    )
    .await;
}

#[tokio::test]
async fn the_largest_answer_fits() {
    let peer = Peer::bind();
    let egress = egress(r#"allow = ["http://PEER"]"#, &peer);
    let ask = at(r#"{"method":"GET","uri":"http://PEER/"}"#, &peer);
    let script = Script::Says(ok(&vec![b'a'; EGRESS_RESPONSE_MAX_BYTES]));
    let (outcome, ()) = tokio::join!(call(&egress, &ask), peer.serve(script));
    assert!(outcome.unwrap().len() > EGRESS_RESPONSE_MAX_BYTES);
}

#[tokio::test]
async fn nobody_listens() {
    let peer = Peer::bind();
    let (port, egress) = (peer.address().port(), egress(r#"allow = ["http://PEER"]"#, &peer));
    let ask = at(r#"{"method":"GET","uri":"http://PEER/"}"#, &peer);
    drop(peer);
    expect![[r#"
        dacapo:http-failed: the request to http://127.0.0.1:PORT failed: no connection to 127.0.0.1:PORT: Connection refused (os error 111) (retryable)
    "#]].assert_eq(&told(call(&egress, &ask).await, port));
}

#[tokio::test]
async fn a_dropped_call_closes_its_connection() {
    let peer = Peer::bind();
    let egress = egress(r#"allow = ["http://PEER"]"#, &peer);
    let ask = at(r#"{"method":"GET","uri":"http://PEER/"}"#, &peer);
    let served = tokio::spawn(peer.serve(Script::SaysAndWaits(b"HTTP/1.1 ".to_vec())));
    let ask = Payload::trusted(ask.as_bytes());
    assert!(egress.call(&ask, Duration::from_millis(50), "key", None).await.is_err());
    // The peer waits for the other side to close.
    served.await.unwrap();
}

#[tokio::test]
async fn a_name_is_resolved_once_and_its_checked_address_is_called() {
    let peer = Peer::bind();
    let port = peer.address().port();
    let rules = "allow = [\"http://api.example:PORT\"]\nnetworks = [\"127.0.0.1/32\"]";
    // A second look-up would panic.
    let egress = Egress { lookup: lookup(&[&["127.0.0.1"]]), ..egress(rules, &peer) };
    let ask = at(r#"{"method":"GET","uri":"http://API.example:PORT/"}"#, &peer);
    let (outcome, ()) = tokio::join!(call(&egress, &ask), peer.serve(Script::Echoes));
    expect![[r#"
        {"status":200,"headers":{},"content":"GET / HTTP/1.1\r\nhost: api.example:PORT\r\nidempotency-key: order-17%C3%A9%25/1/2\r\nuser-agent: dacapo/0.1.0\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\ntracestate: vendor=1\r\n\r\n"}
    "#]].assert_eq(&told(outcome, port));
}

#[tokio::test]
async fn names_are_resolved_by_the_system() {
    let peer = Peer::bind();
    let rules = "allow = [\"http://localhost:PORT\"]\nnetworks = [\"127.0.0.0/8\", \"::1/128\"]";
    let egress = egress(rules, &peer);
    let ask = at(r#"{"method":"GET","uri":"http://localhost:PORT/"}"#, &peer);
    let (outcome, ()) = tokio::join!(call(&egress, &ask), peer.serve(Script::Says(ok(b"here"))));
    assert!(outcome.unwrap().shown().contains("here"));
}

#[tokio::test]
async fn the_next_address_is_tried() {
    let peer = Peer::bind();
    let rules = "allow = [\"http://api.example:PORT\"]\nnetworks = [\"127.0.0.0/8\"]";
    // Nobody listens on the first one.
    let egress = Egress { lookup: lookup(&[&["127.0.0.2", "127.0.0.1"]]), ..egress(rules, &peer) };
    let ask = at(r#"{"method":"GET","uri":"http://api.example:PORT/"}"#, &peer);
    let (outcome, ()) = tokio::join!(call(&egress, &ask), peer.serve(Script::Says(ok(b"here"))));
    assert!(outcome.unwrap().shown().contains("here"));
}

#[tokio::test]
async fn certificates_are_checked() {
    let check = async |name: &str, client: Client, expect: Expect| {
        let peer = Peer::bind();
        let port = peer.address().port();
        let rules = "allow = [\"api.example:PORT\", \"other.example:PORT\"]\nnetworks = [\"127.0.0.0/8\"]";
        let egress = Egress { lookup: lookup(&[&["127.0.0.1"]]), client, ..egress(rules, &peer) };
        let ask = at(&format!(r#"{{"method":"GET","uri":"https://{name}:PORT/"}}"#), &peer);
        let (outcome, ()) = tokio::join!(call(&egress, &ask), peer.serve_tls(Script::Says(ok(b"secret"))));
        expect.assert_eq(&told(outcome, port));
    };
    let trusting = || {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(CERTIFICATE)).unwrap();
        Client::trusting(roots)
    };
    check(
        "api.example",
        trusting(),
        expect![[r#"
        {"status":200,"headers":{"content-length":"6"},"content":"secret"}
    "#]],
    )
    .await;
    check("other.example", trusting(), expect![[r#"
        dacapo:http-failed: the request to https://other.example:PORT failed: no TLS connection: invalid peer certificate: certificate not valid for name "other.example"; certificate is only valid for DnsName("api.example") (retryable)
    "#]]).await;
    check("api.example", Client::new(), expect![[r#"
        dacapo:http-failed: the request to https://api.example:PORT failed: no TLS connection: invalid peer certificate: UnknownIssuer (retryable)
    "#]]).await;
}
