//! What is refused, and that no connection is opened for it.

use kernel::limits::EGRESS_HEADERS_MAX_COUNT;

use super::peer::Peer;
use super::{at, call, egress, lookup};
use crate::egress::Egress;

/// Makes a call while names resolve to these answers. Expects a failure of this kind, and not a single connection.
async fn check(rules: &str, answers: &[&[&str]], ask: &str, kind: &str, part: &str) {
    let peer = Peer::bind();
    let egress = Egress { lookup: lookup(answers), ..egress(rules, &peer) };
    let failure = call(&egress, &at(ask, &peer)).await.expect_err(ask);
    assert_eq!(peer.waiting(), 0, "a connection was opened for {ask}");
    assert_eq!((failure.kind.as_str(), failure.retryable), (kind, false), "{failure}");
    let part = at(part, &peer);
    assert!(failure.message.contains(&part), "{:?} has no {part:?}", failure.message);
}

#[tokio::test]
async fn what_is_not_allowed() {
    let check = async |rules, answers: &[&[&str]], ask, part| {
        check(rules, answers, ask, "dacapo:egress-denied", part).await;
    };
    let literal = r#"{"method":"GET","uri":"http://PEER/secret?token=1"}"#;
    let unlisted =
        r#"egress to http://PEER is not allowed; an operator allows it by "http://PEER" in `allow` of [egress]"#;
    check("", &[], literal, unlisted).await;
    check(r#"networks = ["127.0.0.0/8"]"#, &[], literal, unlisted).await;
    check(r#"allow = ["https://PEER"]"#, &[], literal, unlisted).await;
    check(r#"allow = ["http://localhost:PORT"]"#, &[], literal, unlisted).await;
    let named = r#"{"method":"GET","uri":"http://api.example:PORT/"}"#;
    // What is not listed is not even resolved: there is no answer to be had.
    check(r#"allow = ["http://PEER"]"#, &[], named, "egress to http://api.example:PORT is not allowed; an").await;
    let rules = r#"allow = ["http://PEER", "http://api.example:PORT"]"#;
    let loopback = "it leads to 127.0.0.1, a loopback address; an operator allows that by a network with this address";
    check(rules, &[&["127.0.0.1"]], named, loopback).await;
    check(rules, &[&["127.0.0.1", "93.184.216.34"]], named, loopback).await;
    check(rules, &[&["93.184.216.34", "::ffff:127.0.0.1"]], named, loopback).await;
}

#[tokio::test]
async fn what_makes_no_sense() {
    let check =
        async |ask: &str, part| check(r#"allow = ["http://PEER"]"#, &[], ask, "dacapo:invalid-request", part).await;
    check("null", "the input is not {method, uri, headers, content, timeoutMs}: invalid type: null, expected an").await;
    check(r#"{"method":"GET"}"#, "missing field `uri`").await;
    check(r#"{"method":"CONNECT","uri":"http://PEER/"}"#, "the method \"CONNECT\" is not one of GET, HEAD,").await;
    check(r#"{"method":"get","uri":"http://PEER/"}"#, "the method \"get\" is not one of").await;
    check(r#"{"method":"GET","uri":"http://user:secret@PEER/"}"#, "the uri has a user name or a password").await;
    let long = format!(r#"{{"method":"GET","uri":"http://PEER/{}"}}"#, "a".repeat(100_000));
    check(&long, "the uri cannot be sent: uri too long").await;

    let check = async |more: &str, part| {
        check(&format!(r#"{{"method":"GET","uri":"http://PEER/",{more}}}"#), part).await;
    };
    check(r#""proxy":"http://a""#, "unknown field `proxy`, expected one of").await;
    check(r#""content":{"a":1}"#, "invalid type: map, expected a string").await;
    check(r#""timeoutMs":0"#, "timeoutMs is 0; it must be 1 to 300000").await;
    check(r#""timeoutMs":300001"#, "timeoutMs is 300001; it must be").await;
    check(r#""timeoutMs":-1"#, "invalid value: integer `-1`").await;
    check(r#""headers":{"a b":"1"}"#, "the header \"a b\" is not the name of a header").await;
    check(r#""headers":{"a":"1\r\nb: 2"}"#, "the header \"a\" has a value that is not printable ASCII").await;
    check(r#""headers":{"a":"é"}"#, "has a value that is not printable ASCII").await;
    check(r#""headers":{"a":"1","A":"2"}"#, "the header \"a\" is there twice").await;
    check(r#""headers":{"a":1}"#, "invalid type: integer `1`, expected a string").await;
    let many: Vec<_> = (0..=EGRESS_HEADERS_MAX_COUNT).map(|i| format!(r#""x-{i}":"1""#)).collect();
    check(&format!(r#""headers":{{{}}}"#, many.join(",")), "101 headers; at most 100 are sent").await;
    let of_the_host = "Host Content-Length Transfer-Encoding Connection Keep-Alive TE Trailer Upgrade Expect \
        HTTP2-Settings Proxy-Authorization Proxy-Connection";
    for name in of_the_host.split(' ') {
        check(&format!(r#""headers":{{"{name}":"1"}}"#), "is set by the host only; leave it out").await;
    }
}
