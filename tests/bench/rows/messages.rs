//! What instances send each other, and what clients send them: a tree of children, and events.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::{Bench, Call, INSTANCES, ORCHESTRATORS, RUNS, WAIT, ask, throughput};
use crate::client::{Connection, Request};
use crate::limits::Limits;
use crate::load::{Load, Sample, Until};
use crate::report::Row;
use crate::server::Server;
use crate::stats::median;

/// Children of each instance but the last ones, and generations of them: 1,111 instances.
const TREE: (u64, u32) = (10, 3);
/// Round trips that two instances make, each of them two events.
const ROUND_TRIPS: u32 = 100;
/// Events that clients send to one instance in a run, by how many of them do it at once.
const EVENTS: [(usize, usize); 2] = [(1, 1_000), (64, 5_000)];
/// Before the first run that counts.
const WARM_UP: Duration = Duration::from_millis(500);

/// What each request consists of.
#[derive(Debug, Clone, Copy)]
struct Unit {
    name: &'static str,
    per_request: f64,
}

/// Children of children, and back.
pub(super) async fn tree(bench: Bench) -> Result<Vec<Row>> {
    let call = Call::tree(TREE.0, TREE.1);
    let unit = Unit { name: "instance", per_request: call.output.parse()? };
    in_units(bench, "tree", call, &[1], unit).await
}

/// Two instances, each of which waits for the event that the other one sends.
pub(super) async fn ping_pong(bench: Bench) -> Result<Vec<Row>> {
    let unit = Unit { name: "round_trip", per_request: f64::from(ROUND_TRIPS) };
    in_units(bench, "pingpong", Call::ping_pong(ROUND_TRIPS), &[1, 64], unit).await
}

/// Clients send events to one instance that hears them one by one.
pub(super) async fn raise(bench: Bench) -> Result<Vec<Row>> {
    let host = bench.host("data").await?;
    let mut rows = Vec::new();
    for (callers, events) in EVENTS {
        let (mut limits, mut samples, mut in_fdatasyncs) = (Vec::new(), Vec::new(), Vec::new());
        for run in 1..=RUNS {
            let limit = Limits::measure(bench.folder(), &host).await?;
            let sample = told(&host, &format!("listener{callers}.{run}"), callers, events).await?;
            eprintln!("  {callers} callers, run {run}: {:.0}/s, p50 {:.2} ms", sample.per_s, sample.p50_ms);
            in_fdatasyncs.push(sample.p50_ms / limit.fdatasync_p50_ms);
            limits.push(limit);
            samples.push(sample);
        }
        let row = Row::new("raise", callers)
            .samples(&samples)
            .with("rss_mib", host.rss_mib()?)
            .with("p50_in_fdatasyncs", median(in_fdatasyncs))
            .limits(&limits);
        rows.push(row);
    }
    Ok(rows)
}

/// Sends a new instance so many events, and sees that it heard all of them.
async fn told(host: &Server, id: &str, callers: usize, events: usize) -> Result<Sample> {
    let to = host.address();
    let mut connection = Connection::open(to).await?;
    let start = Request::post(to, &format!("{ORCHESTRATORS}/listen/{id}"), &events.to_string());
    ask(&mut connection, &start, 202).await?;
    let request = Request::post(to, &format!("{INSTANCES}/{id}/raiseEvent/tick"), "7");
    let load = Load { to, request, status: 202, body: Some(String::new()) };
    let sample = load.run(callers, Until::Sent(events)).await?;
    let end = ask(&mut connection, &Request::get(to, &format!("{INSTANCES}/{id}?{WAIT}")), 200).await?;
    let end: serde_json::Value = serde_json::from_str(&end)?;
    ensure!(end["output"] == events, "{events} events were sent, and {id} came to {end}");
    Ok(sample)
}

/// Requests in a closed loop, and what each unit of them costs.
async fn in_units(bench: Bench, name: &str, call: Call, callers: &[usize], unit: Unit) -> Result<Vec<Row>> {
    let host = bench.host("data").await?;
    let mut rows = Vec::new();
    for &callers in callers {
        call.run(&host, callers, Until::Elapsed(WARM_UP)).await?;
        let (mut limits, mut samples, mut in_fdatasyncs, mut cpu) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for run in 1..=RUNS {
            let limit = Limits::measure(bench.folder(), &host).await?;
            let (sample, cpu_us) = throughput::measured(&call, &host, callers).await?;
            eprintln!("  {callers} callers, run {run}: {:.1}/s, p50 {:.1} ms", sample.per_s, sample.p50_ms);
            in_fdatasyncs.push(sample.p50_ms / unit.per_request / limit.fdatasync_p50_ms);
            cpu.push(cpu_us / unit.per_request);
            limits.push(limit);
            samples.push(sample);
        }
        let per_s = median(samples.iter().map(|sample| sample.per_s * unit.per_request));
        let row = Row::new(name, callers)
            .samples(&samples)
            .with("rss_mib", host.rss_mib()?)
            .with(&format!("{}s_per_s", unit.name), per_s)
            .with(&format!("{}_in_fdatasyncs", unit.name), median(in_fdatasyncs))
            .with(&format!("{}_cpu_us", unit.name), median(cpu))
            .limits(&limits);
        rows.push(row);
    }
    Ok(rows)
}
