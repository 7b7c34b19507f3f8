//! Counts the flushes of the host with strace: the proof that it is durable, and how little it flushes.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use super::{Bench, Call};
use crate::load::Until;
use crate::report::Row;
use crate::server::Server;

const LENGTHS: [u32; 2] = [3, 10];
const SEQUENCES: usize = 100;

/// One caller, so that nobody shares a flush. Latencies mean nothing here: the host is traced.
pub(super) async fn flushes(bench: Bench) -> Result<Vec<Row>> {
    let host = bench.host("data").await?;
    let mut rows = Vec::new();
    for steps in LENGTHS {
        let call = Call::sequence(steps);
        call.run(&host, 1, Until::Sent(SEQUENCES)).await?;
        let trace = bench.folder().join(format!("flushes{steps}"));
        let tracer = attach(&host, &trace)?;
        let run = call.run(&host, 1, Until::Sent(SEQUENCES)).await;
        detach(tracer)?;
        run?;
        let counted = count(&trace)? as f64 / SEQUENCES as f64;
        let expected = f64::from(steps + 1);
        if counted < expected {
            bail!("{counted} flushes for {steps} steps, not {expected}: an answer was not durable");
        }
        rows.push(Row::new(format!("flushes{steps}"), 1).with("flushes", counted).with("expected", expected));
    }
    Ok(rows)
}

/// Returns once all threads of the host are traced.
fn attach(host: &Server, trace: &Path) -> Result<Child> {
    let mut command = Command::new("strace");
    command
        .args(["-f", "-e", "trace=fdatasync,fsync,sync_file_range,msync,syncfs", "-p", &host.pid().to_string(), "-o"])
        .arg(trace);
    let mut tracer = command.stderr(Stdio::piped()).spawn().context("strace does not start; it must be installed")?;
    let said = BufReader::new(tracer.stderr.take().context("stderr is a pipe")?);
    for line in said.lines() {
        let line = line?;
        if line.contains("attached") {
            return Ok(tracer);
        }
        if line.contains("ptrace") {
            bail!("strace may not trace the host: {line}");
        }
    }
    bail!("strace ended before it was attached")
}

/// Lets the host go on by itself. An interrupt is how strace is asked to leave.
fn detach(mut tracer: Child) -> Result<()> {
    let left = Command::new("kill").args(["-INT", &tracer.id().to_string()]).status()?;
    if !left.success() {
        bail!("strace does not leave the host");
    }
    tracer.wait()?;
    Ok(())
}

/// Calls that ended; one that another thread interrupted is written in two lines.
fn count(trace: &Path) -> Result<usize> {
    let text = std::fs::read_to_string(trace)?;
    let ended = |line: &&str| line.contains("sync") && line.contains(" = 0");
    Ok(text.lines().filter(ended).count())
}
