//! A client of the management API, as plain as possible: what it sends is what the test says.

use std::time::Duration;

use anyhow::{Context, Result};
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

    /// POST, with a body that may be empty.
    pub fn post(&self, path: &str, body: &str) -> Result<Answer> {
        let request = self.agent.post(format!("{}{path}", self.base)).header("content-type", "application/json");
        answer(request.send(body).with_context(|| format!("POST {path}"))?)
    }

    /// Starts an instance and gives its id.
    pub fn start(&self, name: &str, id: Option<&str>, input: &str) -> Result<String> {
        let id = id.map_or(String::new(), |id| format!("/{id}"));
        let answer = self.post(&format!("/runtime/webhooks/durabletask/orchestrators/{name}{id}"), input)?;
        anyhow::ensure!(answer.status == 202, "start of {name} answered {}: {}", answer.status, answer.body);
        let id = answer.json()?["id"].as_str().map(str::to_owned);
        id.context("a 202 has an id")
    }

    /// The status document of an instance.
    pub fn status(&self, id: &str) -> Result<Answer> {
        self.get(&format!("/runtime/webhooks/durabletask/instances/{id}?showHistory=true&showHistoryOutput=true"))
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
    let headers = headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let headers = headers.collect();
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(64 << 20).read_to_string()?;
    Ok(Answer { status, headers, body })
}
