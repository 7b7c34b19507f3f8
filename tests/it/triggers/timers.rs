//! Timer triggers over kills: each tick once, and those that were missed are counted.

use anyhow::{Context, Result};
use serde_json::Value;

use super::fixture::{Site, instances, sum, until_sum};

const EVERY_SECOND: &str = "[[component.http]]\nroute = \"sums/{key}\"\n\
    [[component.timer]]\nfunction = \"tick\"\nschedule = \"* * * * * *\"\n";

#[test]
fn each_tick_is_run_once_whatever_is_killed() -> Result<()> {
    let site = Site::new(EVERY_SECOND)?;
    let mut seen = 0;
    for _ in 0..3 {
        let host = site.start()?;
        seen = until_sum(&host, "ticks", |(_, count)| count > seen)?.1;
        host.kill();
    }
    let host = site.start()?;
    until_sum(&host, "ticks", |(_, count)| count > seen + 1)?;
    // The next tick may be on its way: what is compared is what was there at one time.
    let ticks = instances(&host, "timer:app")?;
    let ticks = ticks.iter().map(|(id, missed)| Ok((due(id)?, missed.as_u64().context("a number")?)));
    let ticks = ticks.collect::<Result<Vec<_>>>()?;
    for pair in ticks.windows(2) {
        let [(before, _), (at, missed)] = pair else { continue };
        assert_eq!(at - before, 1_000 * (missed + 1), "{missed} are missing between {before} and {at}");
    }
    assert_eq!(ticks[0].1, 0, "nothing was missed before the first deployment");
    let (total, _) = sum(&host, "ticks")?;
    assert!(total >= i64::try_from(ticks.len())?, "{total} of {}", ticks.len());
    Ok(())
}

#[test]
fn what_a_run_asked_for_does_not_happen_if_it_fails() -> Result<()> {
    let site = Site::new(&EVERY_SECOND.replace("tick", "stumble"))?;
    let mut host = site.start()?;
    host.wait_for_lines("a run failed and is tried again: stumbled: over a stone", 2)?;
    assert_eq!(sum(&host, "stumbled")?, (0, 0));
    assert_eq!(host.client().get("/api/sums/stumbled")?.json()?, Value::Null);
    Ok(())
}

/// The time in the id of an instance that a tick started: `timer:app:tick-1795323600000-0`.
fn due(id: &str) -> Result<u64> {
    let at = id.rsplit('-').nth(1).context("a time")?;
    Ok(at.parse()?)
}
