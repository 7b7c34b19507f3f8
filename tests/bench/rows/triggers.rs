//! Triggers: requests that a guest answers, and messages of a stream that it handles.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::runs::{RUN, Runs, WARM_UP};
use super::{Bench, ENTITIES};
use crate::client::{Connection, Request};
use crate::load::{Load, Sample, Until};
use crate::nats::{self, Nats};
use crate::report::Row;
use crate::server::Server;
use crate::stats::percentile;

/// Messages of one run, and before the first run.
const MESSAGES: usize = 10_000;
const MESSAGES_WARM_UP: usize = 500;
/// Messages that are published one by one, each when the one before is done.
const SINGLES: usize = 50;
const STREAM: &str = "NUMBERS";
const SUBJECT: &str = "numbers.bench";
/// How often it is looked whether the last message is done.
const LOOK: Duration = Duration::from_millis(1);
const PATIENCE: Duration = Duration::from_secs(120);

/// A guest answers requests: with a signal of an entity that is durable before the answer, and by reading the entity.
pub(super) async fn api(bench: Bench) -> Result<Vec<Row>> {
    let host = bench.host_of(&manifest("")?, "").await?;
    let to = host.address();
    let mut rows = Vec::new();
    for callers in [1, 64] {
        let sums = format!("/api/sums/of{callers}");
        let signals =
            Load { to, requests: [Request::post(to, &sums, "1")].into(), status: 202, body: Some(String::new()) };
        let mut count = signals.run(callers, Until::Elapsed(WARM_UP)).await?.answers;
        let runs = Runs::measure(&bench, &host, async || {
            let sample = signals.run(callers, Until::Elapsed(RUN)).await?;
            count += sample.answers;
            ensure!(
                sum(&mut Connection::open(to).await?, &host, &sums).await? == count,
                "{count} signals were accepted, and not all are done"
            );
            Ok(sample)
        });
        rows.push(runs.await?.row("api", callers));
        let state = Some(format!("{{\"total\":{count},\"count\":{count}}}"));
        let reads = Load { to, requests: [Request::get(to, &sums)].into(), status: 200, body: state };
        let runs = Runs::measure(&bench, &host, async || reads.run(callers, Until::Elapsed(RUN)).await);
        rows.push(runs.await?.row("api_read", callers));
    }
    Ok(rows)
}

/// Each message signals an entity and starts an orchestration.
pub(super) async fn nats(bench: Bench) -> Result<Vec<Row>> {
    let nats = Nats::start(&bench.folder().join("nats"), STREAM).await?;
    let stream = format!(
        "[[component.stream]]\nfunction = \"on_number\"\nconnection = \"main\"\nstream = \"{STREAM}\"\n\
         subject = \"numbers.>\"\ndurable = \"bench\"\nbatch = 256\n"
    );
    let host = bench.host_of(&manifest(&stream)?, &format!("[streams.main]\nurl = {:?}\n", nats.url())).await?;
    let context = nats.connect().await?;
    let mut count = MESSAGES_WARM_UP;
    nats::publish(&context, SUBJECT, "1", MESSAGES_WARM_UP).await?;
    has_summed(&host, count).await?;
    let runs = Runs::measure(&bench, &host, async || {
        count += MESSAGES;
        let begun = Instant::now();
        let publish = nats::publish(&context, SUBJECT, "1", MESSAGES);
        tokio::try_join!(publish, has_summed(&host, count))?;
        let per_s = MESSAGES as f64 / begun.elapsed().as_secs_f64();
        let mut latencies = Vec::with_capacity(SINGLES);
        for _ in 0..SINGLES {
            count += 1;
            let begun = Instant::now();
            nats::publish(&context, SUBJECT, "1", 1).await?;
            has_summed(&host, count).await?;
            latencies.push(begun.elapsed());
        }
        latencies.sort_unstable();
        let ms = |percent| percentile(&latencies, percent).as_secs_f64() * 1e3;
        Ok(Sample { answers: MESSAGES + SINGLES, per_s, p50_ms: ms(50), p99_ms: ms(99) })
    });
    Ok(vec![runs.await?.row("nats", 1)])
}

/// Serves the guest of the trigger tests, with its sums under `/api/sums/{key}`.
fn manifest(more: &str) -> Result<String> {
    let wasm = Path::new(env!("CARGO_MANIFEST_DIR")).join("triggers/guest/triggers-guest.wasm");
    ensure!(wasm.exists(), "{} is not there; build it with `dacapo build`", wasm.display());
    let client = r#"client = ["start", "signal", "read-entity"]"#;
    let route = "[[component.http]]\nroute = \"sums/{key}\"";
    Ok(format!("name = \"triggers-guest\"\n[[component]]\nwasm = {wasm:?}\n{client}\n{route}\n{more}"))
}

/// What an entity has summed up of ones, and as many of them; zero if nobody has signalled it yet.
async fn sum(reader: &mut Connection, host: &Server, target: &str) -> Result<usize> {
    let answer = reader.send(&Request::get(host.address(), target)).await?;
    let sum: serde_json::Value = match answer.status {
        404 => return Ok(0),
        200 => serde_json::from_slice(answer.body)?,
        status => bail!("answered {status} {:.300}", String::from_utf8_lossy(answer.body)),
    };
    let figure = |name: &str| sum.get(name).and_then(serde_json::Value::as_u64).unwrap_or_default();
    ensure!(figure("total") == figure("count"), "{target} is {sum}");
    usize::try_from(figure("count")).context("a count fits")
}

/// Waits until all messages are in the sum, and sees that there are not more.
async fn has_summed(host: &Server, count: usize) -> Result<()> {
    let mut reader = Connection::open(host.address()).await?;
    let stream = format!("{ENTITIES}/sum/stream");
    let begun = Instant::now();
    loop {
        let summed = sum(&mut reader, host, &stream).await?;
        ensure!(summed <= count, "{count} messages were published, and {summed} are in the sum");
        if summed == count {
            return Ok(());
        }
        ensure!(begun.elapsed() < PATIENCE, "of {count} messages only {summed} are in the sum");
        tokio::time::sleep(LOOK).await;
    }
}
