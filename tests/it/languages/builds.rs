//! What is wrong with sources or with the machine is told when a component is built: with the place, and what to do.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use tests::host;

/// Sources that cannot be built: the manifest's way, the files, and words of what is said.
struct Case<'a>(&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);

const JS: &str = r#"js = "app.js""#;
const PYTHON: &str = r#"python = "app.py""#;

#[test]
fn wrong_sources() -> Result<()> {
    let check = |case: Case<'_>| case.check(|_, _| ());
    check(Case(JS, &[("app.js", "const a = 1;\nconst x = ;\n")], &["app.js:2:11: error: ", "Unexpected"]))?;
    check(Case(JS, &[("app.js", "import fs from \"node:fs\";\n")], &["app.js:1:16: error: node:fs ", "input"]))?;
    check(Case(JS, &[("app.js", "import \"./a.node\";\n")], &["app.js:1:8: error: ", "native addon"]))?;
    check(Case(JS, &[("app.js", "import \"nowhere\";\n")], &["app.js:1:8: error: ", "nowhere"]))?;
    check(Case(JS, &[("app.js", "\nthrow new Error(\"at once\");\n")], &["app.js:2", "error: Error: at once"]))?;
    check(Case(JS, &[("app.js", "export {};\n")], &["app.js:1:1: error: ", "no function"]))?;
    check(Case(PYTHON, &[("app.py", "a = 1\ndef f(:\n")], &["app.py:2:7: error: ", "invalid syntax"]))?;
    check(Case(PYTHON, &[("app.py", "\nimport nowhere\n")], &["app.py:2", "error: ", "nowhere"]))?;
    check(Case(PYTHON, &[("app.py", "\nraise ValueError(\"at once\")\n")], &["app.py:2", "ValueError: at once"]))?;
    check(Case(PYTHON, &[("app.py", "a = 1\n")], &["app.py:1:1: error: ", "decorate a function"]))?;
    let extension = ("fast.cpython-311-x86_64-linux-gnu.so", "");
    check(Case(PYTHON, &[("app.py", "import fast\n"), extension], &["app.py:1", "fast", "pure Python"]))
}

/// The tools are not there, and nobody allowed to install them.
#[test]
fn missing_toolchains() -> Result<()> {
    let check = |way: &str, file: &str, words: &[&str]| {
        let without_cache = |command: &mut Command, folder: &Path| {
            command.env("XDG_CACHE_HOME", folder.join("cache"));
        };
        Case(way, &[(file, "")], &[&["toolchain_missing", "--install"], words].concat()).check(without_cache)?;
        let without_path = |command: &mut Command, folder: &Path| {
            command.env("XDG_CACHE_HOME", folder.join("cache")).env("PATH", folder);
        };
        Case(way, &[(file, "")], &["toolchain_missing", "on the PATH"]).check(without_path)
    };
    check(JS, "app.js", &["JavaScript"])?;
    check(PYTHON, "app.py", &["Python"])
}

impl Case<'_> {
    fn check(&self, change: impl Fn(&mut Command, &Path)) -> Result<()> {
        let Case(way, files, words) = self;
        let folder = tempfile::tempdir()?;
        let manifest = format!("name = \"app\"\n[[component]]\nwasm = \"app.wasm\"\nbuild = {{ {way} }}\n");
        for (name, text) in files.iter().chain([&("dacapo.toml", manifest.as_str())]) {
            std::fs::write(folder.path().join(name), text)?;
        }
        let mut command = Command::new(host::binary()?);
        command.arg("build").arg(folder.path()).env("NO_COLOR", "1").env_remove("DACAPO_INSTALL");
        change(&mut command, folder.path());
        let output = command.output().context("dacapo build")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(!output.status.success() && output.status.code().is_some(), "{files:?} ended with {}", output.status);
        for words in *words {
            ensure!(said.contains(words), "{way} {files:?} does not say {words:?}: {said}");
        }
        ensure!(!folder.path().join("app.wasm").exists(), "{files:?} left a component");
        Ok(())
    }
}
