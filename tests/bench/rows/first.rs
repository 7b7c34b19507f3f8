//! The first call after a deploy, and after a restart.

use std::time::Instant;

use anyhow::Result;

use super::{Bench, Call, RUNS};
use crate::limits::Limits;
use crate::load::Until;
use crate::report::Row;
use crate::server::Server;
use crate::stats::median;

/// What one start came to, in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Beginning {
    /// From the start of the process until it is ready.
    ready: f64,
    /// The first call.
    first: f64,
    /// The one after it.
    second: f64,
}

/// An empty data folder: compile, deploy, one call. Then the same folder after `kill -9`: no compiler, one call.
pub(super) async fn first(bench: Bench) -> Result<Vec<Row>> {
    let (mut limits, mut deployed, mut restarted) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..RUNS {
        let data = format!("data{run}");
        let (host, beginning) = begin(&bench, &data).await?;
        deployed.push(beginning);
        host.kill()?;
        let (host, beginning) = begin(&bench, &data).await?;
        restarted.push(beginning);
        limits.push(Limits::measure(bench.folder(), &host).await?);
    }
    let of = |what: &[Beginning], figure: fn(&Beginning) -> f64| median(what.iter().map(figure));
    let row = Row::new("first", 1)
        .with("p50_ms", of(&deployed, |beginning| beginning.first))
        .with("second_ms", of(&deployed, |beginning| beginning.second))
        .with("deploy_ms", of(&deployed, |beginning| beginning.ready))
        .with("restart_ms", of(&restarted, |beginning| beginning.ready))
        .with("restart_first_ms", of(&restarted, |beginning| beginning.first))
        .limits(&limits);
    Ok(vec![row])
}

async fn begin(bench: &Bench, data: &str) -> Result<(Server, Beginning)> {
    let begun = Instant::now();
    let host = bench.host(data).await?;
    let ready = begun.elapsed().as_secs_f64() * 1e3;
    let call = Call::sequence(1);
    let first = call.run(&host, 1, Until::Sent(1)).await?.p50_ms;
    let second = call.run(&host, 1, Until::Sent(1)).await?.p50_ms;
    Ok((host, Beginning { ready, first, second }))
}
