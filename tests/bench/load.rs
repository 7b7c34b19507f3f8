//! A closed loop: so many callers, each of which sends its next request when the last one is answered.
//!
//! Every answer is compared with what it must be. One that is wrong or missing fails the run: it then has no figures.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::task::JoinSet;

use crate::client::{Connection, Request};
use crate::stats::percentile;

/// What the callers send, and what must come back.
#[derive(Debug, Clone)]
pub struct Load {
    pub to: SocketAddr,
    /// They are sent in turns, over and over, from the first one on: of n callers each one sends every n-th.
    pub requests: Arc<[Request]>,
    pub status: u16,
    /// The body that every answer must have; `None` where it differs by nature.
    pub body: Option<String>,
}

/// When a caller stops. The request that is under way is waited for, and counts.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    Elapsed(Duration),
    /// So many requests of all callers together.
    Sent(usize),
}

/// What one run came to.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    pub answers: usize,
    pub per_s: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

impl Load {
    /// Runs the loop on connections that are opened before the clock starts.
    pub async fn run(&self, callers: usize, until: Until) -> Result<Sample> {
        let mut connections = Vec::with_capacity(callers);
        for _ in 0..callers {
            connections.push(Connection::open(self.to).await.context("a caller could not connect")?);
        }
        let begun = Instant::now();
        let mut running = JoinSet::new();
        for (number, connection) in connections.into_iter().enumerate() {
            let share = match until {
                Until::Elapsed(length) => Share::Before(begun + length),
                Until::Sent(count) => Share::Count(count / callers + usize::from(number < count % callers)),
            };
            running.spawn(self.clone().call(connection, share, (number, callers)));
        }
        let mut latencies = Vec::new();
        while let Some(caller) = running.join_next().await {
            latencies.append(&mut caller.context("a caller panicked")??);
        }
        let elapsed = begun.elapsed();
        latencies.sort_unstable();
        Ok(Sample {
            answers: latencies.len(),
            per_s: latencies.len() as f64 / elapsed.as_secs_f64(),
            p50_ms: percentile(&latencies, 50).as_secs_f64() * 1e3,
            p99_ms: percentile(&latencies, 99).as_secs_f64() * 1e3,
        })
    }

    /// Sends the request of this number, and then always the one that is so many further.
    async fn call(
        self,
        mut connection: Connection,
        share: Share,
        (mut number, step): (usize, usize),
    ) -> Result<Vec<Duration>> {
        let mut latencies = Vec::new();
        loop {
            let sent = Instant::now();
            let done = match share {
                Share::Before(end) => sent >= end,
                Share::Count(count) => latencies.len() >= count,
            };
            if done {
                return Ok(latencies);
            }
            let answer = connection.send(&self.requests[number % self.requests.len()]).await?;
            latencies.push(sent.elapsed());
            number += step;
            let wrong_body = self.body.as_ref().is_some_and(|body| answer.body != body.as_bytes());
            if answer.status != self.status || wrong_body {
                let (body, expect) = (String::from_utf8_lossy(answer.body), self.body.as_deref().unwrap_or("anything"));
                bail!("answered {} {body:.300}, not {} {expect}", answer.status, self.status);
            }
        }
    }
}

/// What one caller does of a run.
#[derive(Debug, Clone, Copy)]
enum Share {
    Before(Instant),
    Count(usize),
}
