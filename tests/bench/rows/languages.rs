//! The same program in each language: what an interpreter costs, and what comes on top.
//!
//! Requests go to one host for each language, in turns, so that their ratios count. What a session costs is measured without
//! a host, in the sandbox of this process.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use kernel::model::{ComponentDigest, Decision, Inbound, Payload, Play, Start, StepStatus, TaskId, Timestamp, Turn};
use kernel::port::{Sandbox as _, Session as _};
use sandbox::{Sandbox, Session};
use tests::languages::replay::{fault, start};

use super::runs::RUN;
use super::{Bench, Call, RUNS};
use crate::limits::Limits;
use crate::load::{Sample, Until};
use crate::report::Row;
use crate::server::{Server, rss_mib};
use crate::stats::median;

/// What is compared with the first of them.
const LANGUAGES: [(&str, &str); 3] = [
    ("rust", "guests/hello/hello.wasm"),
    ("js", "guests/hello-js/hello-js.wasm"),
    ("python", "guests/hello-python/hello-python.wasm"),
];
const SEQUENCE: u32 = 3;
/// Half of the events of a long history: the other half are the calls.
const RESULTS: u32 = 500;
const SESSIONS: usize = 32;

/// A host over one guest, and what was measured of it.
#[derive(Debug)]
struct Stand {
    language: &'static str,
    host: Server,
    deploy_ms: f64,
    first_ms: f64,
    second_ms: f64,
    samples: Vec<Sample>,
    cpu_us: Vec<f64>,
}

/// Deploys, first calls, and sequences of three at 1 and 64 callers.
pub(super) async fn requests(bench: Bench) -> Result<Vec<Row>> {
    let mut stands = Vec::new();
    for (language, wasm) in LANGUAGES {
        stands.push(Stand::open(&bench, language, wasm).await?);
    }
    let mut rows = Vec::new();
    for callers in [1, 64] {
        let mut limits = Vec::new();
        for run in 1..=RUNS {
            limits.push(Limits::measure(bench.folder(), &stands[0].host).await?);
            for stand in &mut stands {
                stand.run(callers, run).await?;
            }
        }
        let of_first = |stand: &Stand, figure: fn(&Stand, usize) -> f64| {
            median((0..RUNS).map(|run| figure(stand, run) / figure(&stands[0], run)))
        };
        for stand in &stands {
            let mut row = Row::new(format!("{}_seq{SEQUENCE}", stand.language), callers)
                .samples(&stand.samples)
                .with("rss_mib", stand.host.rss_mib()?)
                .with("cpu_us", median(stand.cpu_us.iter().copied()))
                .with("cpu_of_rust", of_first(stand, |stand, run| stand.cpu_us[run]))
                .with("p50_of_rust", of_first(stand, |stand, run| stand.samples[run].p50_ms));
            if callers == 1 {
                let Stand { deploy_ms, first_ms, second_ms, .. } = stand;
                row = row.with("deploy_ms", *deploy_ms).with("first_ms", *first_ms).with("second_ms", *second_ms);
            }
            rows.push(row.limits(&limits));
        }
        for stand in &mut stands {
            stand.samples.clear();
            stand.cpu_us.clear();
        }
    }
    Ok(rows)
}

impl Stand {
    async fn open(bench: &Bench, language: &'static str, wasm: &str) -> Result<Self> {
        let begun = Instant::now();
        let host = bench.host_over(&[wasm], language).await?;
        let deploy_ms = begun.elapsed().as_secs_f64() * 1e3;
        let call = Call::sequence(1);
        let first_ms = call.run(&host, 1, Until::Sent(1)).await?.p50_ms;
        let second_ms = call.run(&host, 1, Until::Sent(1)).await?.p50_ms;
        Ok(Self { language, host, deploy_ms, first_ms, second_ms, samples: Vec::new(), cpu_us: Vec::new() })
    }

    async fn run(&mut self, callers: usize, run: usize) -> Result<()> {
        let before = self.host.cpu()?;
        let sample = Call::sequence(SEQUENCE).run(&self.host, callers, Until::Elapsed(RUN)).await?;
        let cpu_us = self.host.cpu()?.saturating_sub(before).as_secs_f64() * 1e6 / sample.answers as f64;
        eprintln!("  {} run {run}: {:.0}/s, p50 {:.2} ms, {cpu_us:.0} us", self.language, sample.per_s, sample.p50_ms);
        self.samples.push(sample);
        self.cpu_us.push(cpu_us);
        Ok(())
    }
}

/// Sessions without a host: how large one is, and what a beginning, a turn and a replay of 1,000 events take.
pub(super) async fn sessions(bench: Bench) -> Result<Vec<Row>> {
    // The sandbox deploys on a thread that runs nothing asynchronous.
    let measured = tokio::task::spawn_blocking(move || session_rows(&bench)).await;
    measured.context("the measurement did not end")?
}

fn session_rows(bench: &Bench) -> Result<Vec<Row>> {
    let sandbox = Sandbox::open(&bench.folder().join("compiled"), [0; 32])?;
    let mut rows = Vec::new();
    for (language, wasm) in LANGUAGES {
        let digest = sandbox.deploy(&bench.read(wasm)?)?.digest;
        let timed = Timed::measure(&sandbox, digest).with_context(|| wasm.to_owned())?;
        let row = Row::new(format!("{language}_session"), 1)
            .with("kib_per_session", kib_per_session(&sandbox, digest)?)
            .with("open_us", timed.open_us)
            .with("turn_us", timed.turn_us)
            .with("replay1000_ms", timed.replay_ms)
            .with("replay_us_per_event", timed.replay_ms * 1e3 / f64::from(2 * RESULTS));
        rows.push(row);
    }
    Ok(rows)
}

/// The medians of several lives.
#[derive(Debug)]
struct Timed {
    open_us: f64,
    turn_us: f64,
    replay_ms: f64,
}

impl Timed {
    fn measure(sandbox: &Sandbox, digest: ComponentDigest) -> Result<Self> {
        let (mut opens, mut turns_us, mut replays) = (Vec::new(), Vec::new(), Vec::new());
        let start = sequence()?;
        for _ in 0..RUNS {
            let begun = Instant::now();
            let (mut session, _) = sandbox.open(digest, &start).map_err(fault)?;
            opens.push(begun.elapsed().as_secs_f64() * 1e6);
            let begun = Instant::now();
            let turns = play(&mut session)?;
            turns_us.push(begun.elapsed().as_secs_f64() * 1e6 / f64::from(RESULTS));
            drop(session);
            let begun = Instant::now();
            let (mut session, _) =
                sandbox.open(digest, &Start { play: Play::Again, ..start.clone() }).map_err(fault)?;
            let step = session.advance(&turns).map_err(fault)?;
            replays.push(begun.elapsed().as_secs_f64() * 1e3);
            if !matches!(step.status, StepStatus::Completed(_)) {
                bail!("a replay came to {:?}", step.status);
            }
        }
        Ok(Self { open_us: median(opens), turn_us: median(turns_us), replay_ms: median(replays) })
    }
}

/// Answers each call with what went into it, until it is over.
fn play(session: &mut Session) -> Result<Vec<Turn>> {
    let mut turns = Vec::new();
    for task in 0..RESULTS {
        let output = Payload::parse(task.to_string().as_bytes())?;
        let events = vec![Inbound::TaskCompleted { task: TaskId(task), output }];
        let turn = Turn { now: Timestamp(1 << 41), play: Play::New, events };
        let step = session.advance(std::slice::from_ref(&turn)).map_err(fault)?;
        let goes_on = matches!(step.decisions[..], [Decision::ScheduleActivity { .. }]);
        if goes_on == (task + 1 == RESULTS) {
            bail!("after result {task} it did {:?}", step.decisions);
        }
        turns.push(Turn { play: Play::Again, ..turn });
    }
    Ok(turns)
}

fn sequence() -> Result<Start> {
    start("sequence", Payload::parse(RESULTS.to_string().as_bytes())?, 7)
}

/// What sessions that have played a turn add to the resident memory of this process.
fn kib_per_session(sandbox: &Sandbox, digest: ComponentDigest) -> Result<f64> {
    let start = sequence()?;
    let open = || sandbox.open(digest, &start).map(|(session, _)| session).map_err(fault);
    let _before = open()?;
    let before = rss_mib(Path::new("/proc/self"))?;
    let sessions = (0..SESSIONS).map(|_| open()).collect::<Result<Vec<_>>>()?;
    let after = rss_mib(Path::new("/proc/self"))?;
    drop(sessions);
    Ok((after - before) * 1024.0 / SESSIONS as f64)
}
