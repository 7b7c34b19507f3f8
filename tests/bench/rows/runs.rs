//! Several runs of one load against one host, with a look at the limits before each of them.

use std::time::Duration;

use anyhow::Result;

use super::{Bench, RUNS};
use crate::limits::Limits;
use crate::load::Sample;
use crate::report::Row;
use crate::server::Server;
use crate::stats::median;

/// How long a run takes that is not ended by a count.
pub(super) const RUN: Duration = Duration::from_secs(2);
/// Before the first run that counts.
pub(super) const WARM_UP: Duration = Duration::from_millis(500);

/// What was measured.
#[derive(Debug, Default)]
pub(super) struct Runs {
    limits: Vec<Limits>,
    samples: Vec<Sample>,
    in_fdatasyncs: Vec<f64>,
    /// Processor time of the host for a request.
    cpu_us: Vec<f64>,
    rss_mib: f64,
}

/// What each request consists of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    pub name: &'static str,
    pub per_request: f64,
}

impl Runs {
    /// Runs it as often as each row is run. What it checks afterwards is its own time, and the host's.
    pub async fn measure(bench: &Bench, host: &Server, mut run: impl AsyncFnMut() -> Result<Sample>) -> Result<Self> {
        let mut runs = Self::default();
        for number in 1..=RUNS {
            let limit = Limits::measure(bench.folder(), host).await?;
            let before = host.cpu()?;
            let sample = run().await?;
            let spent = host.cpu()?.saturating_sub(before);
            let cpu_us = spent.as_secs_f64() * 1e6 / sample.answers as f64;
            let Sample { per_s, p50_ms, p99_ms, .. } = sample;
            eprintln!("  run {number}: {per_s:.0}/s, p50 {p50_ms:.2} ms, p99 {p99_ms:.2} ms, {cpu_us:.0} us");
            runs.in_fdatasyncs.push(p50_ms / limit.fdatasync_p50_ms);
            runs.cpu_us.push(cpu_us);
            runs.limits.push(limit);
            runs.samples.push(sample);
            runs.rss_mib = runs.rss_mib.max(host.rss_mib()?);
        }
        Ok(runs)
    }

    /// What they came to.
    pub fn row(self, name: &str, callers: usize) -> Row {
        Row::new(name, callers)
            .samples(&self.samples)
            .with("rss_mib", self.rss_mib)
            .with("p50_in_fdatasyncs", median(self.in_fdatasyncs))
            .with("cpu_us", median(self.cpu_us))
            .limits(&self.limits)
    }

    /// What they came to, and what that means for one part of a request.
    pub fn row_in_units(self, name: &str, callers: usize, unit: Unit) -> Row {
        let Unit { name: unit, per_request } = unit;
        let per_s = median(self.samples.iter().map(|sample| sample.per_s * per_request));
        let in_fdatasyncs = median(self.in_fdatasyncs.iter().copied()) / per_request;
        let cpu_us = median(self.cpu_us.iter().copied()) / per_request;
        Row::new(name, callers)
            .samples(&self.samples)
            .with("rss_mib", self.rss_mib)
            .with(&format!("{unit}s_per_s"), per_s)
            .with(&format!("{unit}_in_fdatasyncs"), in_fdatasyncs)
            .with(&format!("{unit}_cpu_us"), cpu_us)
            .limits(&self.limits)
    }
}
