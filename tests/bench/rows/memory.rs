//! What an instance costs while nothing happens to it: with a warm session, and without.

use std::time::Duration;

use anyhow::Result;
use kernel::limits::WARM_SESSIONS_MAX_COUNT;

use super::{Bench, Call, ORCHESTRATORS, RUNS};
use crate::client::Request;
use crate::limits::Limits;
use crate::load::{Load, Until};
use crate::report::Row;
use crate::server::Server;
use crate::stats::median;

/// Sessions that are warm before the others are counted, so that what is loaded once is not counted with them.
const WARM_BEFORE_COUNT: usize = 8;
const WAITING_COUNT: usize = 100_000;
const CALLERS: usize = 64;
const RUN: Duration = Duration::from_secs(2);

/// Fills the cache of warm sessions with instances that wait for a timer.
pub(super) async fn warm(bench: Bench) -> Result<Vec<Row>> {
    let mut kib = Vec::new();
    let mut rss_mib = 0.0;
    for run in 0..RUNS {
        let host = bench.host(&format!("data{run}")).await?;
        reminders(&host).run(1, Until::Sent(WARM_BEFORE_COUNT)).await?;
        let before = host.rss_mib()?;
        let count = WARM_SESSIONS_MAX_COUNT - WARM_BEFORE_COUNT;
        reminders(&host).run(1, Until::Sent(count)).await?;
        rss_mib = host.rss_mib()?;
        kib.push((rss_mib - before) * 1024.0 / count as f64);
    }
    Ok(vec![Row::new("warm", 1).with("rss_mib", rss_mib).with("kib_per_session", median(kib))])
}

/// Starts 100,000 instances that wait for a timer, and compares that host with one where nothing waits.
pub(super) async fn waiting(bench: Bench) -> Result<Vec<Row>> {
    let (idle, host) = (bench.host("idle").await?, bench.host("data").await?);
    let call = Call::sequence(3);
    for server in [&idle, &host] {
        call.run(server, CALLERS, Until::Elapsed(RUN)).await?;
    }
    let (before, disk_before) = (host.rss_mib()?, bench.disk_mib("data")?);
    let starts = reminders(&host).run(CALLERS, Until::Sent(WAITING_COUNT)).await?;
    let (after, disk_after) = (host.rss_mib()?, bench.disk_mib("data")?);
    eprintln!("  {:.0} starts/s, {before:.1} MiB before, {after:.1} MiB after", starts.per_s);
    let (mut limits, mut samples, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for run in 1..=RUNS {
        limits.push(Limits::measure(bench.folder(), &host).await?);
        let alone = call.run(&idle, CALLERS, Until::Elapsed(RUN)).await?;
        let beside = call.run(&host, CALLERS, Until::Elapsed(RUN)).await?;
        eprintln!("  run {run}: {:.0}/s beside them, {:.0}/s alone", beside.per_s, alone.per_s);
        ratios.push(beside.per_s / alone.per_s);
        samples.push(beside);
    }
    let row = Row::new("waiting", CALLERS)
        .samples(&samples)
        .with("rss_mib", host.rss_mib()?)
        .with("starts_per_s", starts.per_s)
        .with("starts_p50_ms", starts.p50_ms)
        .with("growth_mib", after - before)
        .with("growth_bytes_per_instance", (after - before) * 1_048_576.0 / WAITING_COUNT as f64)
        .with("disk_bytes_per_instance", (disk_after - disk_before) * 1_048_576.0 / WAITING_COUNT as f64)
        .with("seq3_of_idle_host", median(ratios))
        .limits(&limits);
    Ok(vec![row])
}

/// Instances that sleep for a day. Nobody waits for them.
fn reminders(host: &Server) -> Load {
    let input = r#"{"after_ms":86400000,"text":"tea"}"#;
    let request = Request::post(host.address(), &format!("{ORCHESTRATORS}/remind"), input);
    Load { to: host.address(), requests: [request].into(), status: 202, body: None }
}
