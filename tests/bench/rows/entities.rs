//! Entities: signals of clients, calls of orchestrations, critical sections, large states.
//!
//! Each run ends with a look at the states. They must be what all answers together come to, to the last digit.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::runs::{RUN, Runs, Unit, WARM_UP};
use super::{Bench, Call, ENTITIES, ORCHESTRATORS, WAIT, ask};
use crate::client::{Connection, Request};
use crate::load::{Load, Sample, Until};
use crate::report::Row;
use crate::server::Server;
use crate::stats::{median, percentile};

/// How many clients signal one entity at once.
const HOT_CALLERS: [usize; 2] = [64, 256];
const HOT_TARGET_PER_S: f64 = 16_000.0;
const KEYS: usize = 1_000;
const KEYS_CALLERS: usize = 64;
/// Signals of one run to all keys together, and before the first run.
const KEYS_SIGNALS: usize = 32_000;
const KEYS_WARM_UP: usize = 4_000;
const KEYS_TARGET_PER_S: f64 = 8_000.0;
/// Calls that each orchestration makes, one after another.
const CALLS: u32 = 10;
const ACCOUNTS: usize = 100;
/// What each account has at first: more than it will ever give.
const CENTS: u64 = 1_000_000_000;
/// Transfers of one run, by how many are under way at once.
const TRANSFERS: [(usize, usize); 2] = [(1, 256), (64, 4_096)];
const TEXT_BYTES: usize = 1 << 20;
/// Round trips of one run.
const EDITIONS: u64 = 50;
/// How long what was accepted may take to be done.
const PATIENCE: Duration = Duration::from_secs(60);

/// Many clients signal one entity.
pub(super) async fn hot(bench: Bench) -> Result<Vec<Row>> {
    let host = bench.host("data").await?;
    let mut rows = Vec::new();
    for callers in HOT_CALLERS {
        let key = format!("hot{callers}");
        let load = additions(&host, [&key]);
        let mut sum = load.run(callers, Until::Elapsed(WARM_UP)).await?.answers;
        let mut drained = Vec::new();
        let runs = Runs::measure(&bench, &host, async || {
            let sample = load.run(callers, Until::Elapsed(RUN)).await?;
            let accepted = Instant::now();
            sum += sample.answers;
            have_counted(&host, [&key], sum).await?;
            let taken = sample.answers as f64 / sample.per_s + accepted.elapsed().as_secs_f64();
            drained.push(sample.answers as f64 / taken);
            Ok(sample)
        });
        let row = runs.await?.row("hot", callers);
        rows.push(row.with("drained_per_s", median(drained)).with("target_per_s", HOT_TARGET_PER_S));
    }
    Ok(rows)
}

/// Many clients signal many entities in turns.
pub(super) async fn keys(bench: Bench) -> Result<Vec<Row>> {
    let host = bench.host("data").await?;
    let keys: Vec<String> = (0..KEYS).map(|number| format!("key{number}")).collect();
    let load = additions(&host, &keys);
    let mut sum = load.run(KEYS_CALLERS, Until::Sent(KEYS_WARM_UP)).await?.answers;
    let mut drained = Vec::new();
    let runs = Runs::measure(&bench, &host, async || {
        let sample = load.run(KEYS_CALLERS, Until::Sent(KEYS_SIGNALS)).await?;
        let accepted = Instant::now();
        sum += sample.answers;
        have_counted(&host, &keys, sum / KEYS).await?;
        let taken = sample.answers as f64 / sample.per_s + accepted.elapsed().as_secs_f64();
        drained.push(sample.answers as f64 / taken);
        Ok(sample)
    });
    let row = runs.await?.row("keys", KEYS_CALLERS);
    Ok(vec![row.with("drained_per_s", median(drained)).with("target_per_s", KEYS_TARGET_PER_S)])
}

/// Orchestrations, each of which calls the same entity, one call after another.
pub(super) async fn calls(bench: Bench) -> Result<Vec<Row>> {
    let host = bench.host("data").await?;
    let mut rows = Vec::new();
    for callers in [1, 64] {
        let key = format!("called{callers}");
        let call = Call::calls(&key, CALLS);
        let mut sum = call.run(&host, callers, Until::Elapsed(WARM_UP)).await?.answers;
        let runs = Runs::measure(&bench, &host, async || {
            let sample = call.run(&host, callers, Until::Elapsed(RUN)).await?;
            sum += sample.answers;
            have_counted(&host, [&key], sum * CALLS as usize).await?;
            Ok(sample)
        });
        let unit = Unit { name: "call", per_request: f64::from(CALLS) };
        rows.push(runs.await?.row_in_units("calls", callers, unit));
    }
    Ok(rows)
}

/// Money that moves between accounts, two of which are locked for each transfer.
pub(super) async fn transfers(bench: Bench) -> Result<Vec<Row>> {
    let host = bench.host("data").await?;
    let mut accounts = [CENTS; ACCOUNTS];
    open_accounts(&host).await?;
    let mut rows = Vec::new();
    for (callers, count) in TRANSFERS {
        let load = Load { to: host.address(), requests: orders(&host, count), status: 200, body: None };
        let runs = Runs::measure(&bench, &host, async || {
            let sample = load.run(callers, Until::Sent(count)).await?;
            for Order { from, to, cents } in Order::some(count) {
                accounts[from] -= cents;
                accounts[to] += cents;
            }
            have_cents(&host, &accounts).await?;
            Ok(sample)
        });
        rows.push(runs.await?.row("transfers", callers));
    }
    Ok(rows)
}

/// A state of 1 MiB: a signal changes a number in it, and all of it is read.
pub(super) async fn state(bench: Bench) -> Result<Vec<Row>> {
    let host = bench.host("data").await?;
    let mut connection = Connection::open(host.address()).await?;
    let text = text();
    let request = |operation: &str, input: &str| {
        Request::post(host.address(), &format!("{ENTITIES}/memo/large?op={operation}"), input)
    };
    ask(&mut connection, &request("write", &format!("\"{text}\"")), 202).await?;
    let (edit, read) = (request("edit", "null"), Request::get(host.address(), &format!("{ENTITIES}/memo/large")));
    let mut edition = 0;
    let disk_before = bench.disk_mib("data")?;
    let runs = Runs::measure(&bench, &host, async || {
        let mut latencies = Vec::new();
        for _ in 0..EDITIONS {
            edition += 1;
            let expect = format!("{{\"edition\":{edition},\"text\":\"{text}\"}}");
            let begun = Instant::now();
            ask(&mut connection, &edit, 202).await?;
            let answer = connection.send(&read).await?;
            latencies.push(begun.elapsed());
            ensure!(answer.status == 200 && answer.body == expect.as_bytes(), "edition {edition} is another text");
        }
        let elapsed: Duration = latencies.iter().sum();
        latencies.sort_unstable();
        let ms = |percent| percentile(&latencies, percent).as_secs_f64() * 1e3;
        let per_s = latencies.len() as f64 / elapsed.as_secs_f64();
        Ok(Sample { answers: latencies.len(), per_s, p50_ms: ms(50), p99_ms: ms(99) })
    });
    let row = runs.await?.row("state1m", 1);
    let written = (bench.disk_mib("data")? - disk_before) / edition as f64;
    Ok(vec![row.with("disk_mib_per_change", written)])
}

/// Signals that add one to each of these entities in turns.
fn additions(host: &Server, keys: impl IntoIterator<Item = impl AsRef<str>>) -> Load {
    let to = host.address();
    let add = |key: &str| Request::post(to, &format!("{ENTITIES}/count/{key}?op=add"), "1");
    let requests = keys.into_iter().map(|key| add(key.as_ref())).collect();
    Load { to, requests, status: 202, body: Some(String::new()) }
}

/// Waits until each of these entities has counted so many, and sees that none counts more.
async fn have_counted(host: &Server, keys: impl IntoIterator<Item = impl AsRef<str>>, count: usize) -> Result<()> {
    let mut connection = Connection::open(host.address()).await?;
    let begun = Instant::now();
    for key in keys {
        let key = key.as_ref();
        let request = Request::get(host.address(), &format!("{ENTITIES}/count/{key}"));
        loop {
            let state = ask(&mut connection, &request, 200).await?;
            let state: serde_json::Value = serde_json::from_str(&state)?;
            let value = state["value"].as_u64().with_context(|| format!("{key} is {state}"))?;
            if value == count as u64 {
                break;
            }
            ensure!(value < count as u64 && begun.elapsed() < PATIENCE, "{key} counted {value}, not {count}");
        }
    }
    Ok(())
}

/// Who gives how much to whom.
#[derive(Debug, Clone, Copy)]
struct Order {
    from: usize,
    to: usize,
    cents: u64,
}

impl Order {
    /// So many, always the same, between any two accounts.
    fn some(count: usize) -> impl Iterator<Item = Self> {
        (0..count as u64).map(|number| {
            let chance = scatter(number);
            let from = chance as usize % ACCOUNTS;
            let to = (from + 1 + (chance >> 16) as usize % (ACCOUNTS - 1)) % ACCOUNTS;
            Self { from, to, cents: 1 + (chance >> 32) % 100 }
        })
    }
}

fn orders(host: &Server, count: usize) -> std::sync::Arc<[Request]> {
    let target = format!("{ORCHESTRATORS}/transfer?{WAIT}");
    let request = |Order { from, to, cents }| {
        let input = format!(r#"{{"from":"{from}","to":"{to}","cents":{cents}}}"#);
        Request::post(host.address(), &target, &input)
    };
    Order::some(count).map(request).collect()
}

async fn open_accounts(host: &Server) -> Result<()> {
    let mut connection = Connection::open(host.address()).await?;
    for account in 0..ACCOUNTS {
        let target = format!("{ENTITIES}/account/{account}?op=deposit");
        ask(&mut connection, &Request::post(host.address(), &target, &CENTS.to_string()), 202).await?;
    }
    Ok(())
}

async fn have_cents(host: &Server, accounts: &[u64]) -> Result<()> {
    let mut connection = Connection::open(host.address()).await?;
    for (account, cents) in accounts.iter().enumerate() {
        let target = format!("{ENTITIES}/account/{account}");
        let state = ask(&mut connection, &Request::get(host.address(), &target), 200).await?;
        ensure!(state == format!("{{\"cents\":{cents}}}"), "account {account} has {state}, not {cents} cents");
    }
    Ok(())
}

/// Letters by chance, which do not pack into nothing.
fn text() -> String {
    let letters = (0..TEXT_BYTES as u64).map(|number| char::from(b'a' + (scatter(number) % 26) as u8));
    letters.collect()
}

/// A number that looks like chance and is always the same: SplitMix64.
fn scatter(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
