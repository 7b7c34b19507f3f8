//! The main job, shown: start, fan out, kill in the middle, go on; and the pipeline from a request to an entity and an
//! orchestration. `make demo` builds what it needs and runs it.
//!
//! Everything goes through the binary and its HTTP interface; nothing is known of what is inside.

mod article;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::host::{Host, HostCommand};

/// How long the run is that is killed.
const STEPS: u32 = 2_000;

fn main() -> Result<()> {
    let binary = std::env::args_os().nth(1).map(PathBuf::from).context("usage: demo PATH-OF-DACAPO")?;
    let data = tempfile::tempdir()?;
    let mut command = HostCommand::new(&binary, data.path());
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("a repository")?.join("guests");
    command.deploy = vec![guests.join("hello"), guests.join("fan-out"), guests.join("article/rust")];
    command.log = "info,server::driver::tasks=debug".to_owned();

    say("Start the host on an empty data folder.");
    let host = command.start()?;
    println!("   {}", host.url);

    say("Say hello to three cities, one after another.");
    show(&host, "hello_sequence", "null", "demo-hello")?;

    say("Square the numbers from 1 to 1,000, all at once, and add them up.");
    show(&host, "fan_out", "1000", "demo-fan-out")?;

    say(&format!("Start a sequence of {STEPS} activities, and kill the host (SIGKILL) in the middle of it."));
    let id = host.client().start("sequence", Some("demo-sequence"), &STEPS.to_string())?;
    let before = wait_for_progress(&host, &id, u64::from(STEPS) / 4)?;
    println!("   {before} activities are done, and recorded. Kill.");
    let first = attempts(&host.kill(), &id);

    say("Start it again over the same data folder. Nothing else is done.");
    let host = command.start()?;
    let output = wait(&host, &id)?;
    println!("   {id}: Completed, {output}");
    let history = host.client().status(&id)?.json()?;
    let second = attempts(&host.kill(), &id);
    let again: BTreeSet<_> = first.intersection(&second).collect();
    println!("   activities that the first life ran: {}, the second: {}", first.len(), second.len());
    println!("   run in both, since the kill came before their result was recorded: {}", again.len());
    ensure!(first.len() + second.len() - again.len() == STEPS as usize, "some activity never ran");
    ensure!(again.len() <= 1, "a recorded activity ran again");

    say("Its history: each activity completed once.");
    print_history(&history)?;
    article::show(&command)
}

fn say(text: &str) {
    println!("\n── {text}");
}

fn show(host: &Host, name: &str, input: &str, id: &str) -> Result<()> {
    println!("   POST /runtime/webhooks/durabletask/orchestrators/{name}/{id}  {input}");
    let id = host.client().start(name, Some(id), input)?;
    println!("   {id}: Completed, {}", wait(host, &id)?);
    Ok(())
}

/// Waits in the host for the end of an instance, and gives its output.
fn wait(host: &Host, id: &str) -> Result<Value> {
    loop {
        let status = host.client().status(id)?.json()?;
        match status["runtimeStatus"].as_str() {
            Some("Running") => std::thread::yield_now(),
            Some("Completed") => return Ok(status["output"].clone()),
            _ => anyhow::bail!("{id} ended in another way: {status}"),
        }
    }
}

fn wait_for_progress(host: &Host, id: &str, count: u64) -> Result<u64> {
    loop {
        let done = completed(&host.client().status(id)?.json()?).len() as u64;
        if done >= count {
            return Ok(done);
        }
    }
}

fn completed(status: &Value) -> Vec<&Value> {
    let events = status["historyEvents"].as_array().map(Vec::as_slice).unwrap_or_default();
    events.iter().filter(|event| event["EventType"] == "TaskCompleted").collect()
}

/// The tasks that the host logged as begun.
fn attempts(log: &[String], id: &str) -> BTreeSet<String> {
    let of = log.iter().filter(|line| line.contains("attempt") && line.contains(id));
    of.filter_map(|line| line.split_whitespace().find(|word| word.starts_with("task=")).map(str::to_owned)).collect()
}

fn print_history(status: &Value) -> Result<()> {
    let events = status["historyEvents"].as_array().context("a history")?;
    ensure!(completed(status).len() == STEPS as usize, "{} results are recorded", completed(status).len());
    let line = |event: &Value| {
        let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
        println!(
            "   {:26} {:18} {:10} {}",
            text("Timestamp"),
            text("EventType"),
            text("FunctionName"),
            event["Result"]
        );
    };
    events.iter().take(4).for_each(line);
    println!("   … {} more …", events.len() - 7);
    events.iter().skip(events.len() - 3).for_each(line);
    Ok(())
}
