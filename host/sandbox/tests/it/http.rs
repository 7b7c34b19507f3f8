//! HTTP triggers: requests and responses as streams, and what becomes of a guest that answers badly.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame};
use hyper::{Request, Response};
use kernel::limits::{TRIGGER_SLOT_WAIT_MS, TRIGGERS_RUNNING_MAX_COUNT};
use kernel::model::{ComponentDigest, kind};
use sandbox::{HttpFault, NoClient, ResponseBody};
use tokio::sync::mpsc;
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

use crate::Host;
use crate::activities::block_on;
use crate::guest::Guest;

/// What the guest uses of WASI.
const IO: &str = "
    package wasi:io@0.2.0;
    interface error { resource error; }
    interface streams {
        use error.{error};
        variant stream-error { last-operation-failed(error), closed }
        resource input-stream;
        resource output-stream {
            blocking-splice: func(src: borrow<input-stream>, len: u64) -> result<u64, stream-error>;
        }
    }";
const HTTP: &str = include_str!("http.wit");

/// A component that exports the handler of HTTP requests and nothing of ours. Its body has the request as local 0,
/// where the response goes as local 1, the incoming and outgoing body as streams as locals 2 and 3, the outgoing body
/// itself as 4, and the response as 5; `$answer` begins the response, `$copy` copies what there is to copy, `$finish`
/// ends it.
fn component(handle: &str) -> Vec<u8> {
    let module = format!(
        r#"(module
        (import "wasi:http/types@0.2.0" "[constructor]fields" (func $fields (result i32)))
        (import "wasi:http/types@0.2.0" "[constructor]outgoing-response" (func $response (param i32) (result i32)))
        (import "wasi:http/types@0.2.0" "[method]incoming-request.consume" (func $consume (param i32 i32)))
        (import "wasi:http/types@0.2.0" "[method]incoming-body.stream" (func $stream (param i32 i32)))
        (import "wasi:http/types@0.2.0" "[method]outgoing-response.body" (func $body (param i32 i32)))
        (import "wasi:http/types@0.2.0" "[method]outgoing-body.write" (func $write (param i32 i32)))
        (import "wasi:http/types@0.2.0" "[static]outgoing-body.finish" (func $end (param i32 i32 i32 i32)))
        (import "wasi:http/types@0.2.0" "[static]response-outparam.set"
            (func $set (param i32 i32 i32 i32 i64 i32 i32 i32 i32)))
        (import "wasi:io/streams@0.2.0" "[method]output-stream.blocking-splice"
            (func $splice (param i32 i32 i64 i32)))
        (import "wasi:io/streams@0.2.0" "[resource-drop]output-stream" (func $drop (param i32)))
        (memory (export "memory") 2)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
        (func $answer (param $out i32) (param $response i32)
            (call $set (local.get $out) (i32.const 0) (local.get $response)
                (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
        (func $copy (param $from i32) (param $to i32)
            (loop
                (call $splice (local.get $to) (local.get $from) (i64.const 4096) (i32.const 16))
                (br_if 0 (i32.eqz (i32.load8_u (i32.const 16))))))
        (func $finish (param $to i32) (param $body i32)
            (call $drop (local.get $to))
            (call $end (local.get $body) (i32.const 0) (i32.const 0) (i32.const 32)))
        (func $handle (export "wasi:http/incoming-handler@0.2.0#handle") (param i32 i32) (local i32 i32 i32 i32)
            (call $consume (local.get 0) (i32.const 0))
            (call $stream (i32.load (i32.const 4)) (i32.const 0))
            (local.set 2 (i32.load (i32.const 4)))
            (local.set 5 (call $response (call $fields)))
            (call $body (local.get 5) (i32.const 0))
            (local.set 4 (i32.load (i32.const 4)))
            (call $write (local.get 4) (i32.const 0))
            (local.set 3 (i32.load (i32.const 4)))
            {handle}))"#
    );
    let mut resolve = Resolve::default();
    resolve.push_str("io.wit", IO).unwrap();
    let package = resolve.push_str("http.wit", HTTP).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let mut module = wat::parse_str(module).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

const ANSWER: &str = "(call $answer (local.get 1) (local.get 5))";
const COPY: &str = "(call $copy (local.get 2) (local.get 3))";
const FINISH: &str = "(call $finish (local.get 3) (local.get 4))";

fn deploy(host: &Host, handle: &[&str]) -> ComponentDigest {
    host.sandbox.deploy(&component(&handle.concat())).unwrap().digest
}

fn request<B>(body: B) -> Request<B> {
    Request::post("/api/echo").header("host", "localhost").header("connection", "x-hop").body(body).unwrap()
}

async fn serve<B>(host: &Host, component: ComponentDigest, body: B) -> Result<Response<ResponseBody>, HttpFault>
where
    B: Body<Data = Bytes> + Send + 'static,
{
    host.sandbox.serve(component, request(body), Arc::new(NoClient)).await
}

fn full(text: &'static str) -> Full<Bytes> {
    Full::new(Bytes::from(text))
}

/// A body that is written while it is read.
struct Pieces(mpsc::UnboundedReceiver<&'static str>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|piece| piece.map(|text| Ok(Frame::data(Bytes::from(text)))))
    }
}

#[test]
fn a_component_that_only_answers_requests_needs_no_catalogue() {
    let host = Host::new();
    let deployed = host.sandbox.deploy(&component("")).unwrap();
    assert_eq!((deployed.roles.to_string().as_str(), deployed.functions.len()), ("http-trigger", 0));
    let restored = host.sandbox.restore(deployed.digest).unwrap();
    assert_eq!((restored.roles, restored.functions), (deployed.roles, deployed.functions));
}

#[test]
fn bodies_stream_both_ways() {
    let host = Host::new();
    let echo = deploy(&host, &[ANSWER, COPY, FINISH]);
    block_on(async {
        let (sender, receiver) = mpsc::unbounded_channel();
        // The response begins before anything of the request is there.
        let response = serve(&host, echo, Pieces(receiver)).await.unwrap();
        assert_eq!(response.status(), 200);
        let mut body = response.into_body();
        for piece in ["one", "two", "three"] {
            sender.send(piece).unwrap();
            assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), piece);
        }
        drop(sender);
        assert!(body.frame().await.is_none());
    });
}

#[test]
fn whole_bodies() {
    let host = Host::new();
    let check = |handle: &[&str], body: &'static str, expect: &str| {
        let component = deploy(&host, handle);
        let got = block_on(async { serve(&host, component, full(body)).await.unwrap().collect().await.unwrap() });
        assert_eq!(got.to_bytes(), expect);
    };
    check(&[ANSWER, COPY, FINISH], "hello", "hello");
    check(&[ANSWER, COPY, FINISH], "", "");
    check(&[ANSWER, FINISH], "hello", "");
}

#[test]
fn faults_before_the_response() {
    let host = Host::new();
    let check = |component: ComponentDigest, expect: fn(&HttpFault) -> bool| {
        let fault = block_on(serve(&host, component, full("x"))).unwrap_err();
        assert!(expect(&fault), "{fault:?}");
    };
    let failed = |handle: &[&str], expect: fn(&HttpFault) -> bool| check(deploy(&host, handle), expect);
    failed(&["unreachable"], |fault| matches!(fault, HttpFault::Failed(failure) if failure.kind == kind::TRAP));
    failed(&[], |fault| matches!(fault, HttpFault::Failed(failure) if failure.message.contains("no response")));
    let error = "(call $set (local.get 1) (i32.const 1) (i32.const 36)
        (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))";
    failed(&[error], |fault| matches!(fault, HttpFault::Failed(failure) if failure.message.contains("LoopDetected")));
    let grown = "(loop (drop (memory.grow (i32.const 16))) br 0)";
    failed(&[grown], |fault| matches!(fault, HttpFault::Failed(failure) if failure.kind == kind::OUT_OF_MEMORY));
    check(ComponentDigest::of(b"never deployed"), |fault| matches!(fault, HttpFault::NotServed(_)));
    check(host.deploy(&Guest::activities()), |fault| matches!(fault, HttpFault::NotServed(_)));
    let nameless = Request::post("/api/echo").body(full("x")).unwrap();
    let echo = deploy(&host, &[ANSWER, COPY, FINISH]);
    let fault = block_on(host.sandbox.serve(echo, nameless, Arc::new(NoClient))).unwrap_err();
    assert!(matches!(&fault, HttpFault::Request(text) if text.contains("authority")), "{fault:?}");
}

#[test]
fn a_response_that_breaks_off_can_be_told_from_a_whole_one() {
    let host = Host::new();
    let check = |handle: &[&str], expect: fn(&HttpFault) -> bool| {
        let component = deploy(&host, handle);
        let fault = block_on(async { serve(&host, component, full("x")).await.unwrap().collect().await.unwrap_err() });
        assert!(expect(&fault), "{fault:?}");
    };
    check(
        &[ANSWER, COPY, "unreachable"],
        |fault| matches!(fault, HttpFault::Failed(failure) if failure.kind == kind::TRAP),
    );
}

#[test]
fn those_that_find_no_slot_are_told_so() {
    let host = Host::new();
    let looping = deploy(&host, &["(loop br 0)"]);
    let echo = deploy(&host, &[ANSWER, COPY, FINISH]);
    block_on(async {
        let mut endless: Vec<_> =
            (0..TRIGGERS_RUNNING_MAX_COUNT).map(|_| Box::pin(serve(&host, looping, full("x")))).collect();
        for run in &mut endless {
            assert!(tokio::time::timeout(Duration::ZERO, run).await.is_err());
        }
        const { assert!(TRIGGER_SLOT_WAIT_MS > 0) };
        let fault = serve(&host, echo, full("x")).await.unwrap_err();
        assert!(matches!(fault, HttpFault::Busy(_)), "{fault:?}");
        // Who hangs up before the response stops the guest, and gives its slot back.
        endless.pop();
        assert_eq!(serve(&host, echo, full("x")).await.unwrap().collect().await.unwrap().to_bytes(), "x");
    });
}
