//! Asks a running host over HTTP: one connection, one request, one answer.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use kernel::codec::Export;
use kernel::model::ComponentDigest;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::exit::{CliError, Exit};
use crate::http::{CODE_HEADER, RPC_BASE, WEBHOOK_BASE, segment};
use crate::problem::{Code, Problem};

/// How long a host may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a host may take to answer, beyond the time that it was asked to wait.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a host may take over what concerns any number of instances.
pub const LONG: Duration = Duration::from_secs(3600);

/// A host.
#[derive(Debug, Clone)]
pub struct Client {
    /// As it was given.
    server: String,
    /// Name and port.
    authority: String,
}

/// What is asked.
#[derive(Debug)]
pub struct Question {
    pub method: Method,
    /// Under which of the two bases.
    pub base: &'static str,
    /// The path below the base, with the query.
    pub path: String,
    pub body: Bytes,
    /// How long the host was asked to wait.
    pub wait: Duration,
}

/// The status document of an instance.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instance {
    pub name: String,
    pub instance_id: String,
    pub runtime_status: String,
    pub input: Box<RawValue>,
    pub custom_status: Box<RawValue>,
    pub output: Box<RawValue>,
    pub created_time: String,
    pub last_updated_time: String,
    pub parent_instance_id: Option<String>,
    pub version: Option<String>,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    pub scheduled_start_time: Option<String>,
    pub held: Option<String>,
    #[serde(default)]
    pub held_details: Vec<Line>,
    #[serde(default)]
    pub warnings: Vec<String>,
    #[serde(default)]
    pub progress: Vec<Progress>,
    pub failure: Option<InstanceFailure>,
    #[serde(default)]
    pub history_events: Vec<Box<RawValue>>,
}

/// One part of why an instance is held.
#[derive(Debug, Deserialize)]
pub struct Line {
    pub name: String,
    pub value: String,
}

/// What a running activity said last of how far it is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    pub function_name: String,
    pub detail: Box<RawValue>,
}

/// Why an instance failed, or why that happened.
#[derive(Debug, Deserialize)]
pub struct InstanceFailure {
    pub kind: String,
    pub message: String,
    pub details: Option<String>,
    #[serde(default)]
    pub causes: Vec<InstanceFailure>,
}

/// One event of a history, as far as it is printed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Event {
    pub event_type: String,
    pub timestamp: String,
    pub function_name: Option<String>,
    pub instance_id: Option<String>,
    pub entity_id: Option<String>,
    pub operation: Option<String>,
    pub lock_set: Option<Vec<String>>,
    pub name: Option<String>,
    pub input: Option<Box<RawValue>>,
    pub result: Option<Box<RawValue>>,
    pub reason: Option<Box<RawValue>>,
    pub fire_at: Option<String>,
    pub attempt: Option<u32>,
    pub component: Option<String>,
    pub custom_status: Option<Box<RawValue>>,
    pub orchestration_status: Option<String>,
}

/// Runs a client command. One thread is enough for one request.
pub fn block_on<T>(future: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Problem::new(Code::InternalError, format!("no runtime: {error}")))?;
    runtime.block_on(future)
}

impl Question {
    pub fn get(path: String) -> Self {
        Self { method: Method::GET, base: WEBHOOK_BASE, path, body: Bytes::new(), wait: Duration::ZERO }
    }

    pub fn post(path: String, body: impl Into<Bytes>) -> Self {
        Self { method: Method::POST, body: body.into(), ..Self::get(path) }
    }

    pub fn delete(path: String) -> Self {
        Self { method: Method::DELETE, ..Self::get(path) }
    }
}

impl Client {
    /// A host by its URL.
    pub fn new(server: &str) -> Result<Self, CliError> {
        let refuse = |why: &str| Problem::new(Code::InvalidSetting, format!("--server {server}: {why}"));
        let url: Uri = server.parse().map_err(|_| refuse("not a URL such as http://127.0.0.1:7071"))?;
        if url.scheme_str() != Some("http") {
            return Err(refuse("only http:// is spoken so far").into());
        }
        if !matches!(url.path(), "" | "/") {
            return Err(refuse("it must have no path").into());
        }
        let host = url.host().ok_or_else(|| refuse("it names no host"))?;
        let authority = format!("{host}:{}", url.port_u16().unwrap_or(80));
        Ok(Self { server: server.to_owned(), authority })
    }

    /// Asks, and gives back the body of an answer that is not a refusal.
    pub async fn ask(&self, question: Question) -> Result<Bytes, CliError> {
        let (status, code, body) = self.send(question).await?;
        match status.is_success() {
            true => Ok(body),
            false => Err(refusal(status, code.as_deref(), &body)),
        }
    }

    /// Asks for the status of an instance; the query begins with `?` or is empty. Gives the document as text, too.
    pub async fn instance(&self, id: &str, query: &str, wait: Duration) -> Result<(Instance, Bytes), CliError> {
        let question = Question { wait, ..Question::get(format!("/instances/{}{query}", segment(id))) };
        let body = self.ask(question).await?;
        Ok((self.read(&body)?, body))
    }

    /// Asks for the history of an instance as it is recorded. Gives the document as text, too.
    pub async fn export(&self, id: &str) -> Result<(Export, Bytes), CliError> {
        let body = self.ask(Question::get(format!("/instances/{}/history", segment(id)))).await?;
        let text = std::str::from_utf8(&body).map_err(|error| self.strange(&error.to_string()))?;
        let export = Export::from_json(text).map_err(|error| self.strange(&error.to_string()))?;
        Ok((export, body))
    }

    /// Asks for the bytes of a component. Only local clients are given them.
    pub async fn component(&self, digest: ComponentDigest) -> Result<Bytes, CliError> {
        self.ask(Question { base: RPC_BASE, ..Question::get(format!("/components/{digest}")) }).await
    }

    /// Reads a document of the host.
    pub fn read<'a, T: Deserialize<'a>>(&self, body: &'a [u8]) -> Result<T, CliError> {
        serde_json::from_slice(body).map_err(|error| self.strange(&format!("its answer makes no sense: {error}")))
    }

    async fn send(&self, question: Question) -> Result<(StatusCode, Option<String>, Bytes), CliError> {
        let patience = question.wait + ANSWER_TIMEOUT;
        let stream = match timeout(CONNECT_TIMEOUT, TcpStream::connect(&self.authority)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(self.unreachable(&error.to_string())),
            Err(_) => return Err(self.unreachable("no connection in time")),
        };
        match timeout(patience, self.exchange(stream, question)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(self.unreachable(&error.to_string())),
            Err(_) => Err(self.unreachable("no answer in time")),
        }
    }

    async fn exchange(
        &self,
        stream: TcpStream,
        question: Question,
    ) -> Result<(StatusCode, Option<String>, Bytes), Box<dyn std::error::Error + Send + Sync>> {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let request = Request::builder()
            .method(question.method)
            .uri(format!("{}{}", question.base, question.path))
            .header(HOST, &self.authority)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(question.body))?;
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let code = answer.headers().get(CODE_HEADER).and_then(|code| code.to_str().ok()).map(str::to_owned);
        let body = answer.into_body().collect().await?.to_bytes();
        Ok((status, code, body))
    }

    fn unreachable(&self, why: &str) -> CliError {
        Problem::new(Code::ServerUnreachable, format!("{} does not answer: {why}", self.server)).into()
    }

    fn strange(&self, why: &str) -> CliError {
        Problem::new(Code::UnexpectedAnswer, format!("{}: {why}", self.server)).into()
    }
}

/// What the host said no with.
fn refusal(status: StatusCode, code: Option<&str>, body: &[u8]) -> CliError {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "PascalCase", default)]
    struct Body {
        message: Option<String>,
        exception_message: Option<String>,
        #[serde(rename = "hint")]
        hint: Option<String>,
    }
    let Body { message, exception_message, hint } = serde_json::from_slice(body).unwrap_or_default();
    let known = Code::ALL.iter().find(|known| Some(known.as_str()) == code);
    // The contract wants some bodies to be empty, and some to be nothing but a text.
    let told = exception_message.or(message).or_else(|| serde_json::from_slice(body).ok());
    let meaning = || known.map(|known| known.meaning().trim_end_matches('.').to_owned());
    let message = told.or_else(meaning).unwrap_or_else(|| format!("the host answered {status}"));
    let hint = hint.or_else(|| known.map(|known| known.hint().to_owned()));
    let exit = known.map_or_else(|| Exit::of_status(status.as_u16()), |&known| Exit::of(known));
    let code = code.unwrap_or(Code::UnexpectedAnswer.as_str()).to_owned();
    CliError { code: code.into(), message, hint, exit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers() {
        let check = |server: &str, expect: Option<&str>| {
            assert_eq!(Client::new(server).ok().map(|client| client.authority).as_deref(), expect, "{server}");
        };
        check("http://127.0.0.1:7071", Some("127.0.0.1:7071"));
        check("http://localhost/", Some("localhost:80"));
        check("http://[::1]:7", Some("[::1]:7"));
        check("https://localhost", None);
        check("localhost:7071", None);
        check("http://localhost/path", None);
        check("", None);
    }

    #[test]
    fn refusals() {
        let check = |status: u16, code: Option<&str>, body: &str, expect: (&str, &str, Exit)| {
            let error = refusal(StatusCode::from_u16(status).unwrap(), code, body.as_bytes());
            assert_eq!((error.code.as_ref(), error.message.as_str(), error.exit), expect);
        };
        let body = r#"{"Message":"wrong","ExceptionMessage":"no 'x'","code":"unknown_function","hint":"h"}"#;
        check(400, Some("unknown_function"), body, ("unknown_function", "no 'x'", Exit::NOT_FOUND));
        check(409, Some("brand_new"), r#"{"Message":"m"}"#, ("brand_new", "m", Exit::CONFLICT));
        let answered = ("unexpected_answer", "the host answered 502 Bad Gateway", Exit::FAILURE);
        check(502, None, "<html>", answered);
    }
}
