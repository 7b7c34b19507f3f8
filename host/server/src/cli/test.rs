//! `test`: scenarios, without a host.
//!
//! Verdicts are what was asked for, hence data; what is built and what languages offer beside it goes to stderr.

use super::args::Test;
use super::exit::{CliError, Exit};
use super::history;
use super::output::{self, BOLD, Format, RED, note, printable};
use super::scratch::Scratch;
use crate::build::{Build, Source, build, read, sources};
use crate::problem::{Code, Problem};
use crate::scenario::{Cast, Deployed, File, Suite, Verdict, document, judge, quote, replace, summary};

/// Builds applications and plays their scenarios.
pub fn run(args: &Test, format: Format) -> Result<Exit, CliError> {
    let filter = args.filter.as_deref();
    // All files are read before anything is built: what makes no sense is told at once.
    let suites = args.paths.iter().map(|path| Suite::find(path, filter)).collect::<Result<Vec<_>, _>>()?;
    if !suites.iter().flat_map(|suite| &suite.files).any(|file| !file.scenarios.is_empty()) {
        let named = filter.map_or_else(String::new, |filter| format!(" with {filter:?} in its name"));
        return Err(Problem::new(Code::InvalidScenario, format!("there is no scenario{named}")).into());
    }
    let scratch = Scratch::new()?;
    let mut verdicts = Vec::new();
    for suite in &suites {
        let stage = deploy(suite, args, &scratch)?;
        for file in &suite.files {
            verdicts.extend(play(file, &stage, args, format)?);
        }
    }
    match format {
        Format::Text => tell(&verdicts),
        Format::Json => output::data(&document(&verdicts).to_string()),
    }
    Ok(if verdicts.iter().all(Verdict::is_ok) { Exit::DONE } else { Exit::FAILURE })
}

fn deploy<'a>(suite: &Suite, args: &Test, scratch: &'a Scratch) -> Result<Deployed<'a>, CliError> {
    let mut cast = Cast::default();
    for source in sources(std::slice::from_ref(&suite.application))? {
        let file = build(&source, args.installs.installs(), note)?;
        let deployed = scratch.sandbox.deploy(&read(&file)?);
        let deployed = deployed.map_err(|refusal| CliError::refused(&file, &refusal))?;
        cast.add(deployed.digest, &deployed.functions);
        mention_kit(&source);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Problem::new(Code::InternalError, format!("no runtime: {error}")))?;
    Ok(Deployed { sandbox: &scratch.sandbox, runtime, cast })
}

/// The SDKs can do more for those who test in their own language.
fn mention_kit(source: &Source) {
    let (language, kit) = match source.build {
        Some(Build::Js(_)) => ("JavaScript", "guest-sdk/js"),
        Some(Build::Python(_)) => ("Python", "guest-sdk/python"),
        _ => return,
    };
    note(&format!("{language} has a test kit of its own that needs no build: see the README of {kit}"));
}

fn play(file: &File, stage: &Deployed<'_>, args: &Test, format: Format) -> Result<Vec<Verdict>, Problem> {
    let mut verdicts = Vec::new();
    let mut blessed = Vec::new();
    for scenario in &file.scenarios {
        let mut scenario = scenario.clone();
        let golden = if args.bless { scenario.expect.history.take() } else { None };
        let (run, problems) = judge(stage, &scenario, history::of_records);
        let verdict = Verdict { file: file.path.clone(), name: scenario.name, problems, run };
        if let Some(golden) = golden
            && verdict.is_ok()
        {
            blessed.push((golden.span(), quote(&history::of_records(&verdict.run.history))));
        }
        if format == Format::Text {
            let (style, word) = if verdict.is_ok() { (BOLD, "ok    ") } else { (RED, "FAILED") };
            output::data(&format!("{style}{word}{}  {}", style.render_reset(), printable(&verdict.line())));
        }
        verdicts.push(verdict);
    }
    if !blessed.is_empty() {
        write(file, &replace(&file.text, blessed))?;
    }
    Ok(verdicts)
}

fn write(file: &File, text: &str) -> Result<(), Problem> {
    if text == file.text {
        return Ok(());
    }
    let written = std::fs::write(&file.path, text);
    written.map_err(|error| {
        Problem::new(Code::FileUnreadable, format!("{} cannot be written: {error}", file.path.display()))
    })?;
    note(&format!("wrote the histories of {}", file.path.display()));
    Ok(())
}

/// What is wrong, and how many scenarios are not.
fn tell(verdicts: &[Verdict]) {
    for verdict in verdicts.iter().filter(|verdict| !verdict.is_ok()) {
        let (red, off) = (RED, RED.render_reset());
        output::data(&format!("\n{red}FAILED{off}  {}", printable(&verdict.title())));
        output::data(&printable(&verdict.details()));
    }
    output::data(&format!("\n{}", summary(verdicts)));
}
