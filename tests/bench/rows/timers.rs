//! How late timers fire, while 100,000 of them are pending.
//!
//! Lateness is what a client sees: from the moment when a timer is due until the end of its instance can be read. It
//! holds waking up, loading the instance, a new session, its replay, the turn and its commit. Clients wait for one
//! instance in a hundred; that none of the others was forgotten is seen, too.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;

use super::{Bench, INSTANCES, ORCHESTRATORS, WAIT, ask, now};
use crate::client::{Connection, Request};
use crate::limits::Limits;
use crate::load::{Load, Until};
use crate::report::Row;
use crate::server::Server;
use crate::stats::percentile;

const COUNT: usize = 100_000;
const WATCHED: usize = 1_000;
const CALLERS: usize = 64;
/// Timers that are due at once, to show how long it takes to start all of them.
const REHEARSED: usize = 5_000;
/// What host and clients have, when all timers should have been started, until the first of them is due.
const READY_TIME: Duration = Duration::from_secs(10);
/// How often it is looked whether the last one has fired.
const LOOK: Duration = Duration::from_millis(50);
/// How long after the last one was due all must have fired.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a row does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    name: &'static str,
    /// Within which time all timers are due.
    length: Duration,
    before: Before,
    target_p99_ms: Option<f64>,
}

/// What happens to the host between the last start and the first timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Kill,
}

/// When timers are due; chance spreads them evenly.
#[derive(Debug, Clone, Copy)]
struct Window {
    from: Duration,
    length: Duration,
}

impl Plan {
    pub const SPREAD: Self =
        Self { name: "timers", length: Duration::from_secs(60), before: Before::Nothing, target_p99_ms: Some(1e3) };
    pub const RESTARTED: Self = Self { name: "timers_restarted", before: Before::Kill, ..Self::SPREAD };
    pub const BURST: Self =
        Self { name: "timers_burst", length: Duration::from_secs(1), target_p99_ms: None, ..Self::SPREAD };
}

/// Starts 100,000 instances that sleep, and sees them wake up.
pub(super) async fn timers(bench: Bench, plan: Plan) -> Result<Vec<Row>> {
    let mut host = bench.host("data").await?;
    let limits = Limits::measure(bench.folder(), &host).await?;
    let at_once = Window { from: now()?, length: Duration::from_millis(1) };
    let rehearsed = alarms(&host, at_once).run(CALLERS, Until::Sent(REHEARSED)).await?;
    // Half as long again, as the machine may become slower meanwhile.
    let starts_time = Duration::from_secs_f64(1.5 * COUNT as f64 / rehearsed.per_s);
    let window = Window { from: now()? + starts_time + READY_TIME, length: plan.length };
    start(&host, window).await?;
    if plan.before == Before::Kill {
        host.kill()?;
        host = bench.host("data").await?;
    }
    let pending_mib = host.rss_mib()?;
    let watchers = watch(&host).await?;
    let spare = window.from.checked_sub(now()?).context("the first timers were due before all were started")?;
    eprintln!("  {COUNT} are pending, the first is due in {:.1} s", spare.as_secs_f64());
    let lateness = seen(watchers).await?;
    let last = all_fired(&host, window).await?;
    let fired_per_s = COUNT as f64 / (window.length + last).as_secs_f64();
    let ms = |percent| percentile(&lateness, percent).as_secs_f64() * 1e3;
    let row = Row::new(plan.name, WATCHED)
        .with("p50_ms", ms(50))
        .with("p99_ms", ms(99))
        .with("rss_mib", pending_mib)
        .with("max_ms", ms(100))
        .with("last_ms", last.as_secs_f64() * 1e3)
        .with("fired_per_s", fired_per_s)
        .limits(&[limits]);
    Ok(vec![match plan.target_p99_ms {
        Some(target) => row.with("target_p99_ms", target),
        None => row,
    }])
}

/// Instances that sleep until some moment within the window, and return it.
fn alarms(host: &Server, window: Window) -> Load {
    let request = Request::post(host.address(), &format!("{ORCHESTRATORS}/alarm"), &window.input());
    Load { to: host.address(), requests: [request].into(), status: 202, body: None }
}

/// All of them; those that are watched are spread among the others.
async fn start(host: &Server, window: Window) -> Result<()> {
    let mut connection = Connection::open(host.address()).await?;
    let load = alarms(host, window);
    let others = load.run(CALLERS, Until::Sent(COUNT - WATCHED));
    let watched = async {
        for number in 0..WATCHED {
            let target = format!("{ORCHESTRATORS}/alarm/watched{number}");
            ask(&mut connection, &Request::post(host.address(), &target, &window.input()), 202).await?;
        }
        Ok(())
    };
    tokio::try_join!(others, watched)?;
    Ok(())
}

/// Waits for those that are watched; each wait ends with the lateness of one.
async fn watch(host: &Server) -> Result<JoinSet<Result<Duration>>> {
    let mut watchers = JoinSet::new();
    for number in 0..WATCHED {
        let mut connection = Connection::open(host.address()).await?;
        let request = Request::get(host.address(), &format!("{INSTANCES}/watched{number}?{WAIT}"));
        watchers.spawn(async move {
            let status = ask(&mut connection, &request, 200).await?;
            let ended = now()?;
            let status: serde_json::Value = serde_json::from_str(&status)?;
            let due = status["output"].as_u64().map(Duration::from_millis);
            let due = due.with_context(|| format!("watched{number} came to {status}"))?;
            ended.checked_sub(due).with_context(|| format!("watched{number} fired before it was due"))
        });
    }
    Ok(watchers)
}

/// How late the watched ones were, in order.
async fn seen(mut watchers: JoinSet<Result<Duration>>) -> Result<Vec<Duration>> {
    let mut lateness = Vec::with_capacity(WATCHED);
    while let Some(watcher) = watchers.join_next().await {
        lateness.push(watcher.context("a watcher panicked")??);
    }
    lateness.sort_unstable();
    Ok(lateness)
}

/// Waits until all have completed, and gives how long after the last one was due that was.
async fn all_fired(host: &Server, window: Window) -> Result<Duration> {
    let end = window.from + window.length;
    tokio::time::sleep(end.saturating_sub(now()?)).await;
    let mut connection = Connection::open(host.address()).await?;
    let target = format!("{INSTANCES}?runtimeStatus=Pending,Running,Failed,Terminated&top=1");
    let left = Request::get(host.address(), &target);
    loop {
        let left = ask(&mut connection, &left, 200).await?;
        let late = now()?.saturating_sub(end);
        if left == "[]" {
            return Ok(late);
        }
        ensure!(late < PATIENCE, "{} s after the last one was due there is still {left}", PATIENCE.as_secs());
        tokio::time::sleep(LOOK).await;
    }
}

impl Window {
    /// For the guest.
    fn input(self) -> String {
        format!(r#"{{"from":{},"length_ms":{}}}"#, self.from.as_millis(), self.length.as_millis())
    }
}
