//! An eternal orchestration: what a round of continue-as-new takes, and that neither memory nor disk grow with them.

use std::pin::pin;
use std::time::Duration;

use anyhow::Result;

use super::{Bench, Call};
use crate::limits::Limits;
use crate::load::Until;
use crate::report::Row;

const ROUNDS: u32 = 100_000;
/// Before the first look at memory and disk, so that what is loaded once is not counted.
const WARM_UP_ROUNDS: u32 = 2_000;
/// How often memory and disk are looked at.
const LOOK: Duration = Duration::from_millis(100);
/// What an allocator may need that nobody holds.
const TARGET_GROWTH_MIB: f64 = 4.0;

/// One instance, one execution after another.
pub(super) async fn rounds(bench: Bench) -> Result<Vec<Row>> {
    let host = bench.host("data").await?;
    Call::eternal(WARM_UP_ROUNDS).run(&host, 1, Until::Sent(1)).await?;
    let mut limits = vec![Limits::measure(bench.folder(), &host).await?];
    let footprint = || -> Result<(f64, f64)> { Ok((host.rss_mib()?, bench.disk_mib("data")?)) };
    let (rss_before, disk_before) = footprint()?;
    let (mut rss_most, mut disk_most) = (rss_before, disk_before);
    let call = Call::eternal(ROUNDS);
    let mut run = pin!(call.run(&host, 1, Until::Sent(1)));
    let sample = loop {
        let ended = tokio::time::timeout(LOOK, &mut run).await;
        let (rss, disk) = footprint()?;
        (rss_most, disk_most) = (rss_most.max(rss), disk_most.max(disk));
        if let Ok(sample) = ended {
            break sample?;
        }
    };
    limits.push(Limits::measure(bench.folder(), &host).await?);
    let round_ms = sample.p50_ms / f64::from(ROUNDS);
    let row = Row::new("rounds", 1)
        .with("rss_mib", rss_most)
        .with("rounds_per_s", 1e3 / round_ms)
        .with("round_in_fdatasyncs", round_ms / Limits::median(&limits).fdatasync_p50_ms)
        .with("rss_growth_mib", rss_most - rss_before)
        .with("disk_mib", disk_most)
        .with("disk_growth_mib", disk_most - disk_before)
        .with("target_growth_mib", TARGET_GROWTH_MIB)
        .limits(&limits);
    Ok(vec![row])
}
