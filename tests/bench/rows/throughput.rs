//! Orchestrations in a closed loop, side by side with the bare server.
//!
//! The runs take turns: limits, bare, host, and again. The machine changes from minute to minute, and only what was
//! measured next to each other can be compared.

use anyhow::Result;

use super::runs::{RUN, WARM_UP};
use super::{Bench, Call, RUNS};
use crate::limits::Limits;
use crate::load::{Sample, Until};
use crate::report::Row;
use crate::server::Server;
use crate::stats::median;

/// What was measured in turns.
#[derive(Debug, Default)]
struct Runs {
    limits: Vec<Limits>,
    bare: Vec<Sample>,
    host: Vec<Sample>,
    /// Processor time of a request, in microseconds.
    bare_cpu_us: Vec<f64>,
    host_cpu_us: Vec<f64>,
    rss_mib: f64,
}

/// What the machine can do.
pub(super) async fn limits(bench: Bench) -> Result<Vec<Row>> {
    let host = bench.host("data").await?;
    let mut limits = Vec::new();
    for _ in 0..RUNS {
        limits.push(Limits::measure(bench.folder(), &host).await?);
    }
    Ok(vec![Row::new("limits", 64).with("rss_mib", host.rss_mib()?).limits(&limits)])
}

/// What the bare server can do.
pub(super) async fn bare(bench: Bench) -> Result<Vec<Row>> {
    let (host, bare) = (bench.host("data").await?, bench.bare().await?);
    let mut rows = Vec::new();
    for callers in [1, 64] {
        let runs = in_turns(&bench, &Call::sequence(3), callers, &bare, &host).await?;
        rows.push(Row::new("bare", callers).samples(&runs.bare).with("rss_mib", bare.rss_mib()?).limits(&runs.limits));
    }
    Ok(rows)
}

/// Steps one after another.
pub(super) async fn sequence(bench: Bench, steps: u32, callers: &[usize]) -> Result<Vec<Row>> {
    measure(bench, &format!("seq{steps}"), Call::sequence(steps), callers).await
}

/// Activities all at once.
pub(super) async fn fan_out(bench: Bench, width: u64) -> Result<Vec<Row>> {
    measure(bench, &format!("fan{width}"), Call::fan_out(width), &[1]).await
}

async fn measure(bench: Bench, name: &str, call: Call, callers: &[usize]) -> Result<Vec<Row>> {
    let (host, bare) = (bench.host("data").await?, bench.bare().await?);
    let mut rows = Vec::new();
    for &callers in callers {
        let runs = in_turns(&bench, &call, callers, &bare, &host).await?;
        let of_bare = runs.host.iter().zip(&runs.bare).map(|(host, bare)| host.per_s / bare.per_s);
        let in_fdatasyncs =
            runs.host.iter().zip(&runs.limits).map(|(host, limits)| host.p50_ms / limits.fdatasync_p50_ms);
        let row = Row::new(name, callers)
            .samples(&runs.host)
            .with("rss_mib", runs.rss_mib)
            .with("of_bare", median(of_bare))
            .with("bare_per_s", median(runs.bare.iter().map(|bare| bare.per_s)))
            .with("bare_p50_ms", median(runs.bare.iter().map(|bare| bare.p50_ms)))
            .with("cpu_us", median(runs.host_cpu_us))
            .with("bare_cpu_us", median(runs.bare_cpu_us))
            .with("p50_in_fdatasyncs", median(in_fdatasyncs))
            .limits(&runs.limits);
        rows.push(row);
    }
    Ok(rows)
}

async fn in_turns(bench: &Bench, call: &Call, callers: usize, bare: &Server, host: &Server) -> Result<Runs> {
    for server in [bare, host] {
        call.run(server, callers, Until::Elapsed(WARM_UP)).await?;
    }
    let mut runs = Runs::default();
    for run in 1..=RUNS {
        runs.limits.push(Limits::measure(bench.folder(), host).await?);
        let (bare, bare_cpu_us) = measured(call, bare, callers).await?;
        let (sample, host_cpu_us) = measured(call, host, callers).await?;
        runs.rss_mib = runs.rss_mib.max(host.rss_mib()?);
        eprintln!(
            "  {callers} callers, run {run}: {:.0}/s, p50 {:.2} ms, {host_cpu_us:.0} us; bare {:.0}/s, p50 {:.2} ms, {bare_cpu_us:.0} us",
            sample.per_s, sample.p50_ms, bare.per_s, bare.p50_ms
        );
        runs.bare.push(bare);
        runs.host.push(sample);
        runs.bare_cpu_us.push(bare_cpu_us);
        runs.host_cpu_us.push(host_cpu_us);
    }
    Ok(runs)
}

/// One run, and the processor time that the server spent on each request.
async fn measured(call: &Call, server: &Server, callers: usize) -> Result<(Sample, f64)> {
    let before = server.cpu()?;
    let sample = call.run(server, callers, Until::Elapsed(RUN)).await?;
    let spent = server.cpu()?.saturating_sub(before);
    Ok((sample, spent.as_secs_f64() * 1e6 / sample.answers as f64))
}
