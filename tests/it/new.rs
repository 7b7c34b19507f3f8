//! `dacapo new`: every template is built, and its scenarios hold.
//!
//! Projects in Rust have the lock file of this repository and share its target folder, so that no dependency is compiled
//! for them that is not there already.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::host::{self, Ran};

fn new(folder: &Path, args: &[&str]) -> Result<Ran> {
    host::run_in(folder, &[&["new"], args].concat(), &[])
}

/// Makes each of these, builds it, and plays its scenarios.
fn check(lang: &str, templates: &[&str]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    for template in templates {
        let made = new(folder.path(), &[template, "--lang", lang, "--template", template])?;
        ensure!(made.code == Some(0) && made.stdout.is_empty(), "{lang} {template}: {made:#?}");
        let app = folder.path().join(template);
        if lang == "rust" {
            let lock = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("a repository")?.join("Cargo.lock");
            std::fs::copy(lock, app.join("Cargo.lock"))?;
        }
        let ran = host::run_in(&app, &["test"], &[])?;
        ensure!(ran.code == Some(0) && ran.stdout.trim_end().ends_with(" 0 failed"), "{lang} {template}: {ran:#?}");
        let readme = std::fs::read_to_string(app.join("README.md"))?;
        ensure!(readme.starts_with(&format!("# {template}\n")) && readme.lines().count() <= 12, "{readme}");
    }
    Ok(())
}

#[test]
fn rust() -> Result<()> {
    check("rust", &["hello", "article", "saga", "approval"])
}

#[test]
fn javascript() -> Result<()> {
    check("js", &["hello", "article", "saga", "approval"])
}

#[test]
fn typescript() -> Result<()> {
    check("ts", &["hello", "saga", "approval"])
}

#[test]
fn python() -> Result<()> {
    check("python", &["hello", "article", "saga", "approval"])
}

#[test]
fn c() -> Result<()> {
    check("c", &["hello"])
}

#[test]
fn refusals() -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("full"))?;
    std::fs::write(folder.path().join("full/mine"), "")?;
    let check = |args: &[&str], code: i32, words: &str| -> Result<()> {
        let ran = new(folder.path(), args)?;
        ensure!(ran.code == Some(code) && ran.stdout.is_empty() && ran.stderr.contains(words), "{args:?}: {ran:#?}");
        Ok(())
    };
    check(&["full", "--lang", "js"], 5, "full is there already")?;
    check(&["a/b", "--lang", "js"], 2, "must begin with a letter")?;
    check(&["../a", "--lang", "js"], 2, "must begin with a letter")?;
    check(&["", "--lang", "js"], 2, "must begin with a letter")?;
    check(&["fn", "--lang", "rust"], 2, "means something else in Rust")?;
    check(&["a", "--lang", "c", "--template", "saga"], 2, "c has hello; saga is there in rust, js, ts, python")?;
    check(&["a", "--lang", "ts", "--template", "article"], 2, "article is there in rust, js, python")?;
    check(&["a", "--lang", "cobol"], 2, "[possible values: rust, js, ts, python, c]")?;
    check(&["a"], 2, "--lang <LANG>")?;
    let names: Vec<_> = std::fs::read_dir(folder.path())?.map(|entry| Ok(entry?.file_name())).collect::<Result<_>>()?;
    ensure!(names == ["full"], "nothing half-written stays: {names:?}");
    let ran = new(folder.path(), &["a", "--lang", "python", "--json"])?;
    let made: Value = serde_json::from_str(&ran.stdout)?;
    ensure!(
        made["folder"] == "a" && made["files"].as_array().is_some_and(|files| files.contains(&"app.py".into())),
        "{made}"
    );
    Ok(())
}
