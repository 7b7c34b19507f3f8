//! `dacapo test`: the scenarios of the guests of this repository, scenarios that do not hold, and files that make no sense.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tests::host::{self, Ran};

/// An application of one component that is built already, in a folder of its own.
struct App(TempDir);

impl App {
    fn of(guest: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let manifest = format!("name = \"app\"\n[[component]]\nwasm = {:?}\n", host::guest(guest)?);
        std::fs::write(folder.path().join("dacapo.toml"), manifest)?;
        Ok(Self(folder))
    }

    fn scenarios(&self) -> std::path::PathBuf {
        self.0.path().join("scenarios")
    }

    /// Gives it one file of scenarios.
    fn write(&self, text: &str) -> Result<()> {
        std::fs::create_dir_all(self.scenarios())?;
        Ok(std::fs::write(self.scenarios().join("a.toml"), text)?)
    }

    fn read(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.scenarios().join("a.toml"))?)
    }

    fn test(&self, args: &[&str]) -> Result<Ran> {
        let path = self.0.path().to_str().context("a path")?;
        host::run(&host::binary()?, &[&["test", path], args].concat(), "")
    }
}

#[test]
fn the_guests_hold() -> Result<()> {
    for guest in ["hello", "approval", "monitor", "transfer", "pipeline", "article/rust"] {
        let app = App::of(guest)?;
        let scenarios = host::guest(guest)?.parent().context("a folder")?.join("scenarios");
        host::copy_folder(&scenarios, &app.scenarios())?;
        let ran = app.test(&[])?;
        ensure!(ran.code == Some(0) && ran.stdout.trim_end().ends_with(" 0 failed"), "{guest}: {ran:#?}");
        ensure!(!ran.stdout.contains('\x1b') && ran.stderr.is_empty(), "{guest}: {ran:#?}");
    }
    Ok(())
}

/// Scenarios that do not hold, and words that are said of each. They are played in one run: the component is compiled once.
const BAD: &[(&str, &str)] = &[
    ("orchestrator = 'behaves'\ninput = 1", "activity echo is asked with 0 and has no answer"),
    ("orchestrator = 'nobody'", "no component has an orchestrator nobody; there are: behaves, loops"),
    ("orchestrator = 'waits_for'\ninput = 'e'", "nothing more can happen: test waits for the event e"),
    ("orchestrator = 'panics'", "Failed with dacapo:trap: the guest trapped"),
    ("orchestrator = 'behaves'\nexpect.output = 1", "output:\n    expected  1\n    came      null"),
    ("orchestrator = 'behaves'\nchildren.a = { output = 1 }", "child a has an answer and is never asked"),
    (
        "orchestrator = 'behaves'\nevent = [{ at = '1h', name = 'e' }]",
        "the event e at 1h is for nobody: test is Completed by then",
    ),
    ("orchestrator = 'begins_anew_for_ever'", "it has not ended after 10000 turns"),
    (
        "orchestrator = 'lies_when_replayed'\nactivities.echo.run = true\nuntil = '1s'",
        "the code does not do what the history says:\n    instance     test\n    function     lies_when_replayed\n    \
         event        3 (decision 0)\n    history has  schedule-activity echo(1)\n    code has     create-timer",
    ),
    (
        "orchestrator = 'forgets_when_replayed'\nactivities.echo.run = true\nuntil = '1s'",
        "history has  schedule-activity echo(1)\n    code has     schedule-activity echo(2)",
    ),
];

#[test]
fn what_does_not_hold() -> Result<()> {
    let app = App::of("misbehaving")?;
    let scenario = |(number, (lines, _)): (usize, &(&str, &str))| format!("[[scenario]]\nname = '{number}'\n{lines}\n");
    app.write(&BAD.iter().enumerate().map(scenario).collect::<String>())?;
    let ran = app.test(&[])?;
    let last = format!("\n{0} scenarios: 0 ok, {0} failed\n", BAD.len());
    ensure!(ran.code == Some(1) && ran.stdout.ends_with(&last), "{ran:#?}");
    let mut told = ran.stdout.split("\n\nFAILED  ").skip(1);
    for (lines, words) in BAD {
        let details = told.next().unwrap_or_default();
        ensure!(details.contains(words), "{lines}: {details}, not {words}");
    }
    Ok(())
}

#[test]
fn files_that_make_no_sense() -> Result<()> {
    let app = App::of("hello")?;
    let check = |args: &[&str], words: &str| {
        let ran = app.test(args)?;
        ensure!(ran.code == Some(2) && ran.stdout.is_empty() && ran.stderr.contains(words), "{ran:#?}, not {words:?}");
        Ok(())
    };
    check(&[], "there are no scenarios: ")?;
    app.write("[[scenario]]\nname = 'a'\norchestator = 'f'")?;
    check(&[], "a.toml: TOML parse error at line 3, column 1")?;
    check(&["--json"], "\"code\":\"invalid_scenario\"")?;
    app.write("[[scenario]]\nname = 'a'\norchestrator = 'f'\nexpect = { output = 1, failure = {} }")?;
    check(&[], "a.toml: scenario \"a\": it expects an output and a failure")?;
    app.write("[[scenario]]\nname = 'a'\norchestrator = 'hello_sequence'")?;
    check(&["--filter", "b"], "there is no scenario with \"b\" in its name")
}

#[test]
fn histories_are_blessed() -> Result<()> {
    let app = App::of("hello")?;
    let golden = |history: &str| {
        format!(
            "# Whose?\n[[scenario]]\nname = 'a'\norchestrator = 'hello_sequence'\ninput = []\n\
             expect = {{ history = {history}, output = [] }} # Mine.\n"
        )
    };
    app.write(&golden("'x'"))?;
    let ran = app.test(&[])?;
    ensure!(
        ran.code == Some(1) && ran.stdout.contains("history (- expected, + came):\n    - x\n    + TIME"),
        "{ran:#?}"
    );
    let ran = app.test(&["--bless"])?;
    ensure!(ran.code == Some(0) && ran.stderr.contains("wrote the histories of "), "{ran:#?}");
    let blessed = app.read()?;
    let (begin, end) = ("# Whose?\n[[scenario]]", "''', output = [] } # Mine.\n");
    ensure!(
        blessed.starts_with(begin) && blessed.ends_with(end) && blessed.contains("ExecutionCompleted"),
        "{blessed}"
    );
    for args in [&[][..], &["--bless"]] {
        let ran = app.test(args)?;
        ensure!(ran.code == Some(0) && ran.stderr.is_empty() && app.read()? == blessed, "{ran:#?}");
    }
    Ok(())
}

#[test]
fn one_document_for_programs() -> Result<()> {
    let app = App::of("hello")?;
    app.write(
        "[[scenario]]\nname = 'good'\norchestrator = 'sequence'\ninput = 2\nactivities.echo.run = true\n\
         [[scenario]]\nname = 'bad'\norchestrator = 'sequence'\ninput = 0\nexpect.output = 1\n",
    )?;
    let ran = app.test(&["--json"])?;
    let document: Value = serde_json::from_str(&ran.stdout).with_context(|| format!("{ran:#?}"))?;
    ensure!(ran.code == Some(1) && document["passed"] == 1 && document["failed"] == 1, "{document}");
    let [good, bad] = [&document["scenarios"][0], &document["scenarios"][1]];
    ensure!(good["verdict"] == "ok" && good["name"] == "good" && good["turns"] == 3, "{good}");
    let problem = &bad["problems"][0];
    ensure!(bad["verdict"] == "failed" && problem["what"] == "output" && problem["came"] == "0", "{bad}");
    let file = app.scenarios().join("a.toml");
    ensure!(good["file"].as_str().map(Path::new) == Some(&file), "{good}");
    let ran = app.test(&["--filter", "good"])?;
    ensure!(ran.code == Some(0) && ran.stdout.contains("1 scenario: 1 ok, 0 failed"), "{ran:#?}");
    Ok(())
}
