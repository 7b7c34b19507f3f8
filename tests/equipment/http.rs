//! A client of the management API, as plain as possible: what it sends is what the test says.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// How long an answer may take before the test fails.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Speaks to one host over kept connections.
#[derive(Debug, Clone)]
pub struct Client {
    agent: ureq::Agent,
    base: String,
}

/// What a host answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Client {
    /// A client of the host at this URL.
    pub fn new(base: &str) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(TIMEOUT)).build();
        Self { agent: config.new_agent(), base: base.to_owned() }
    }

    /// GET.
    pub fn get(&self, path: &str) -> Result<Answer> {
        answer(self.agent.get(format!("{}{path}", self.base)).call().with_context(|| format!("GET {path}"))?)
    }

    /// DELETE.
    pub fn delete(&self, path: &str) -> Result<Answer> {
        answer(self.agent.delete(format!("{}{path}", self.base)).call().with_context(|| format!("DELETE {path}"))?)
    }

    /// POST, with a body that may be empty.
    pub fn post(&self, path: &str, body: &str) -> Result<Answer> {
        self.post_with(path, &[], body)
    }

    /// POST, with more headers.
    pub fn post_with(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer> {
        let request = self.agent.post(format!("{}{path}", self.base)).header("content-type", "application/json");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        answer(request.send(body).with_context(|| format!("POST {path}"))?)
    }

    /// Starts an instance and gives its id.
    pub fn start(&self, name: &str, id: Option<&str>, input: &str) -> Result<String> {
        let id = id.map_or(String::new(), |id| format!("/{id}"));
        let answer = self.post(&format!("/runtime/webhooks/durabletask/orchestrators/{name}{id}"), input)?;
        ensure!(answer.status == 202, "start of {name} answered {}: {}", answer.status, answer.body);
        let id = answer.json()?["id"].as_str().map(str::to_owned);
        id.context("a 202 has an id")
    }

    /// The status document of an instance, with its history.
    pub fn status(&self, id: &str) -> Result<Answer> {
        self.get(&format!("/runtime/webhooks/durabletask/instances/{id}?showHistory=true&showHistoryOutput=true"))
    }

    /// Waits in the host for the end of an instance, and gives its status document, with its history.
    pub fn wait(&self, id: &str) -> Result<Value> {
        let query = "showHistory=true&showHistoryOutput=true&timeout=100&pollingInterval=1";
        let answer = self.get(&format!("/runtime/webhooks/durabletask/instances/{id}?{query}"))?;
        ensure!(answer.status == 200, "{id} has not ended: {} {}", answer.status, answer.body);
        answer.json()
    }

    /// Asks for the status document of an instance, with its history, until it is as `wanted`.
    pub fn until(&self, id: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let begun = Instant::now();
        loop {
            let status = self.status(id)?.json()?;
            if wanted(&status) {
                return Ok(status);
            }
            ensure!(begun.elapsed() < TIMEOUT, "{id} is still not as it should be: {status}");
            std::thread::yield_now();
        }
    }

    /// Ends an instance.
    pub fn terminate(&self, id: &str, reason: &str) -> Result<Answer> {
        self.post(&format!("/runtime/webhooks/durabletask/instances/{id}/terminate?reason={reason}"), "")
    }

    /// A connection on which anything may be sent.
    pub fn connect(&self) -> Result<TcpStream> {
        let address = self.base.trim_start_matches("http://");
        let stream = TcpStream::connect(address).with_context(|| format!("connect to {address}"))?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        Ok(stream)
    }

    /// Sends these bytes as they are and gives all that comes until the host closes the connection.
    pub fn raw(&self, bytes: &[u8]) -> Result<String> {
        let mut stream = self.connect()?;
        stream.write_all(bytes)?;
        let mut answer = Vec::new();
        // A host that closes while bytes are under way resets the connection; what came before counts.
        let _ = stream.read_to_end(&mut answer);
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.body).with_context(|| format!("not JSON: {}", self.body))
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer> {
    let headers = response.headers().iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let headers = headers.collect();
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(64 << 20).read_to_string()?;
    Ok(Answer { status, headers, body })
}
