//! A cold replay: the host was killed while instances with long histories waited for a timer.
//!
//! What is measured is the time from the moment at which the timer is due until the answer can be read: wake up, load
//! and verify the history, fold it, build a session, replay, play the new turn, commit. Instances without any history
//! beside them show what all of that costs except the replay. The pages of the file are in the system's cache.

use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{Bench, INSTANCES, ORCHESTRATORS, RUNS, ask, now};
use crate::client::{Connection, Request};
use crate::limits::Limits;
use crate::report::Row;
use crate::server::Server;
use crate::stats::median;

/// How long after the instances were started the first of them is due; until then the histories must be written and the
/// host must be up again.
const AHEAD: Duration = Duration::from_secs(30);
/// Between two of them, so that they do not share the cores.
const APART: Duration = Duration::from_millis(500);
/// How often it is looked whether the answer is there.
const LOOK: Duration = Duration::from_micros(500);

/// How long before that the connection is made.
const CONNECT_AHEAD: Duration = Duration::from_millis(100);

/// An instance that sleeps.
#[derive(Debug)]
struct Sleeper {
    id: String,
    steps: u64,
    wake_at: Duration,
}

/// A history of `events`, half of them calls and half of them results.
pub(super) async fn replay(bench: Bench, events: u64) -> Result<Vec<Row>> {
    let host = bench.host("data").await?;
    let limits = Limits::measure(bench.folder(), &host).await?;
    let sleepers = start(&host, events / 2).await?;
    host.kill()?;
    let host = bench.host("data").await?;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for sleeper in &sleepers {
        let took_ms = wake(&host, sleeper).await?;
        eprintln!("  {} steps: {took_ms:.2} ms", sleeper.steps);
        if sleeper.steps == 0 { &mut without } else { &mut with }.push(took_ms);
    }
    let (with_ms, without_ms) = (median(with), median(without));
    let row = Row::new(format!("replay{events}"), 1)
        .with("p50_ms", with_ms)
        .with("rss_mib", host.rss_mib()?)
        .with("without_history_ms", without_ms)
        .with("us_per_event", (with_ms - without_ms) * 1e3 / events as f64)
        .limits(&[limits]);
    Ok(vec![row])
}

/// Starts instances of so many steps, and of none, in turns, and waits until all of them sleep.
async fn start(host: &Server, steps: u64) -> Result<Vec<Sleeper>> {
    let first_at = now()? + AHEAD;
    let mut connection = Connection::open(host.address()).await?;
    let mut sleepers = Vec::new();
    for number in 0..2 * RUNS as u32 {
        let steps = if number % 2 == 0 { 0 } else { steps };
        let sleeper = Sleeper { id: format!("sleeper{number}"), steps, wake_at: first_at + APART * number };
        let input = serde_json::json!({ "steps": steps, "wake_at": sleeper.wake_at.as_millis() as u64 });
        let target = format!("{ORCHESTRATORS}/rehearse/{}", sleeper.id);
        ask(&mut connection, &Request::post(host.address(), &target, &input.to_string()), 202).await?;
        sleepers.push(sleeper);
    }
    for sleeper in &sleepers {
        while status(&mut connection, host, sleeper).await?["customStatus"] != "waiting" {
            if now()? > first_at {
                bail!("{} was still playing its {} steps when it should have slept", sleeper.id, sleeper.steps);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    Ok(sleepers)
}

/// From the moment when it is due until the answer is there, in milliseconds.
async fn wake(host: &Server, sleeper: &Sleeper) -> Result<f64> {
    let due_in = || -> Result<Duration> {
        let left = sleeper.wake_at.checked_sub(now()?);
        left.with_context(|| format!("the host was not up again before {} was due", sleeper.id))
    };
    // Shortly before, as the host closes connections that say nothing for long.
    tokio::time::sleep(due_in()?.saturating_sub(CONNECT_AHEAD)).await;
    let mut connection = Connection::open(host.address()).await?;
    tokio::time::sleep(due_in()?).await;
    loop {
        let status = status(&mut connection, host, sleeper).await?;
        match status["runtimeStatus"].as_str() {
            Some("Completed") if status["output"] == sleeper.steps => break,
            Some("Running") => tokio::time::sleep(LOOK).await,
            _ => bail!("{} of {} steps came to {status}", sleeper.id, sleeper.steps),
        }
    }
    Ok((now()? - sleeper.wake_at).as_secs_f64() * 1e3)
}

async fn status(connection: &mut Connection, host: &Server, sleeper: &Sleeper) -> Result<serde_json::Value> {
    let request = Request::get(host.address(), &format!("{INSTANCES}/{}", sleeper.id));
    let answer = connection.send(&request).await?;
    if !matches!(answer.status, 200 | 202) {
        bail!("the status of {} was answered with {}", sleeper.id, answer.status);
    }
    serde_json::from_slice(answer.body).context("a status is not JSON")
}
