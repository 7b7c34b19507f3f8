//! `dacapo build` on machines that lack something, and with tools that complain: programs on the path that only pretend.
//!
//! What the real toolchains make is tested by building the guests.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use tests::host;

const JS: (&str, &str) = ("js = \"app.js\"", "app.js");
const PYTHON: (&str, &str) = ("python = \"app.py\"", "app.py");
const AZURE: (&str, &str) = ("azure-python = \".\"", "function_app.py");
const C: (&str, &str) = ("c = [\"app.c\"]", "app.c");

const NODE: (&str, &str) = ("node", "echo v20.1.0");
/// Answers like an interpreter, and makes environments whose interpreter is the script on its standard input.
const PYTHON3: &str = "case $1 in
    -c) echo 3.12 /usr ;;
    -m) /bin/mkdir bin && /bin/cp $0.inner bin/python ;;
esac";

/// A machine with nothing but these programs, and the folder of an application on it.
struct Machine(tempfile::TempDir);

impl Machine {
    fn with((build, source): (&str, &str), programs: &[(&str, &str)]) -> Result<Self> {
        let machine = Self(tempfile::tempdir()?);
        let [app, bin] = ["app", "bin"].map(|name| machine.0.path().join(name));
        fs::create_dir(&app)?;
        fs::create_dir(&bin)?;
        let manifest = format!("name = \"app\"\n[[component]]\nwasm = \"app.wasm\"\nbuild = {{ {build} }}\n");
        fs::write(app.join("dacapo.toml"), manifest)?;
        if !source.is_empty() {
            fs::write(app.join(source), "exports_dacapo_durable_orchestrator_open")?;
        }
        for (name, script) in programs {
            let file = bin.join(name);
            fs::write(&file, format!("#!/bin/sh\n{script}\n"))?;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
        }
        Ok(machine)
    }

    fn app(&self, name: &str) -> PathBuf {
        self.0.path().join("app").join(name)
    }

    /// Builds the application, and says what came of it.
    fn build(&self, arguments: &[&str]) -> Result<(Option<i32>, String)> {
        let [bin, cache] = ["bin", "cache"].map(|name| self.0.path().join(name));
        let mut command = Command::new(host::binary()?);
        command
            .arg("build")
            .args(arguments)
            .current_dir(self.app(""))
            .env("NO_COLOR", "1")
            .env_remove("DACAPO_INSTALL");
        command.env("PATH", bin).env("XDG_CACHE_HOME", &cache).env("HELLO", host::guest("hello")?);
        let output = command.output().context("dacapo")?;
        let told = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).join("\n");
        ensure!(!has_parts(&cache), "a half of a toolchain is left: {told}");
        Ok((output.status.code(), told))
    }
}

/// Builds an application for the first time.
fn built(what: (&str, &str), programs: &[(&str, &str)], arguments: &[&str]) -> Result<(Option<i32>, String)> {
    Machine::with(what, programs)?.build(arguments)
}

fn has_parts(cache: &Path) -> bool {
    let mut entries = fs::read_dir(cache.join("dacapo/toolchains")).into_iter().flatten().flatten();
    entries.any(|entry| entry.file_name().to_string_lossy().contains(".part-"))
}

#[test]
fn what_is_missing_is_named() -> Result<()> {
    let check = |what, programs: &[_], arguments: &[_], words: &[&str]| {
        let (code, told) = built(what, programs, arguments)?;
        ensure!(code == Some(1), "{what:?}: {code:?}: {told}");
        for word in [&["error[toolchain_missing]"], words].concat() {
            ensure!(told.contains(word), "{what:?} does not speak of {word:?}: {told}");
        }
        Ok(())
    };
    let npm = ("npm", "echo looking >&2; echo npm error code ENOTFOUND >&2; exit 1");
    let python = ("python3", PYTHON3);
    let pip = ("python3.inner", "echo 'ERROR: No matching distribution found' >&2; exit 1");
    check(JS, &[], &[], &["there is no `node` on the PATH", "apt-get install nodejs npm"])?;
    check(JS, &[("node", "echo v18.19.0")], &[], &["node 20 or newer", "is v18.19.0"])?;
    check(JS, &[("node", "exit 1")], &[], &["does not tell its version"])?;
    check(JS, &[NODE], &[], &["esbuild and componentize-qjs", "`dacapo build --install`"])?;
    check(JS, &[NODE], &["--install"], &["there is no `npm` on the PATH"])?;
    check(JS, &[NODE, npm], &["--install"], &["npm could not install", "npm error code ENOTFOUND"])?;
    check(PYTHON, &[], &[], &["there is no `python3` on the PATH", "apt-get install python3 python3-venv"])?;
    check(PYTHON, &[("python3", "exit 1")], &[], &["modules venv and ensurepip"])?;
    check(PYTHON, &[("python3", "echo 3.10 /usr")], &[], &["python3 3.11 or newer", "is 3.10"])?;
    check(PYTHON, &[python], &[], &["componentize-py", "`dacapo build --install`"])?;
    check(PYTHON, &[python, pip], &["--install"], &["could not be installed", "ERROR: No matching distribution"])?;
    check(AZURE, &[], &[], &["there is no `python3` on the PATH"])?;
    check(C, &[], &[], &["zig from PyPI", "clang with a library for WASI"])?;
    check(C, &[("clang", "exit 1")], &[], &["zig from PyPI"])?;
    check(C, &[], &["--install"], &["there is no `python3` on the PATH"])
}

#[test]
fn what_tools_say_is_passed_on() -> Result<()> {
    let check = |what, programs: &[_], code: i32, words: &[&str]| {
        let (got, told) = built(what, programs, &["--install"])?;
        ensure!(got == Some(code), "{what:?}: {got:?}: {told}");
        for word in words {
            ensure!(told.contains(word), "{what:?} does not speak of {word:?}: {told}");
        }
        Ok(())
    };
    let npm = ("npm", "/bin/mkdir node_modules");
    let node = |script| format!("[ $1 = --version ] && echo v22.0.0 && exit\n{script}");
    let wrong = node("echo bundling >&2; echo 'app.js:3:7: error: Unexpected \"}\"' >&2; exit 1");
    let right = node("echo $2-$3 $4-$6-$8 >&2; /bin/cp $HELLO $5");
    let silent = node("exit 3");
    let other = node("echo text > $5");
    check(JS, &[npm, ("node", &wrong)], 1, &["error[build_failed]: ./app.js:3:7: error: Unexpected", "bundling\n"])?;
    check(JS, &[npm, ("node", &right)], 0, &["--entry-app.js --out---wit---modules", "app.wasm: ", "imports nothing"])?;
    check(JS, &[npm, ("node", &silent)], 1, &["error[build_failed]: `", "ended with exit status: 3"])?;
    check(JS, &[npm, ("node", &other)], 1, &["error[not_a_component]: ./app.wasm"])?;
    check((JS.0, ""), &[npm, ("node", &right)], 2, &["error[file_unreadable]: ./app.js does not exist"])?;
    check((PYTHON.0, ""), &[], 2, &["error[file_unreadable]: ./app.py does not exist"])?;

    let python = ("python3", PYTHON3);
    let install = "case $2 in pip) exit 0 ;; esac";
    let main = format!("{install}\necho $2-$3-$5-$7 >&2; echo $PYTHONDONTWRITEBYTECODE >&2; /bin/cp $HELLO $6");
    let azure = format!("{install}\necho $2-$3-$4-$5 >&2; /bin/cp $HELLO $6");
    check(PYTHON, &[python, ("python3.inner", &main)], 0, &["--install---entry---out---wit", "app.wasm: "])?;
    check(AZURE, &[python, ("python3.inner", &azure)], 0, &["--install---dir-.---out", "app.wasm: "])?;

    let clang = "case $* in *probe.c*) exit 0 ;; esac\necho \"app.c:1:1: error: unknown type name\" >&2; exit 1";
    check(C, &[("clang", clang)], 1, &["error[build_failed]: ./app.c:1:1: error: unknown type name"])?;
    check((C.0, "app.c.orig"), &[("clang", clang)], 2, &["error[file_unreadable]: ./app.c does not exist"])
}

#[test]
fn a_folder_for_azure_needs_no_manifest() -> Result<()> {
    let inner = "case $2 in pip) exit 0 ;; esac\n/bin/cp $HELLO $6";
    let programs = [("python3", PYTHON3), ("python3.inner", inner)];
    let (code, told) = built(AZURE, &programs, &["--install", "--azure-python", ".", "-o", "made.wasm"])?;
    ensure!(code == Some(0) && told.contains("made.wasm: "), "{told}");
    let (code, told) = built(AZURE, &programs, &["--install", "--azure-python", "."])?;
    ensure!(code == Some(0) && told.contains("./app.wasm: "), "{told}");
    let (code, told) = built(AZURE, &programs, &["-o", "made.wasm"])?;
    ensure!(code == Some(2) && told.contains("--azure-python"), "{told}");
    Ok(())
}

#[test]
fn what_has_not_changed_is_not_built_again() -> Result<()> {
    /// Says what it read: one file, and another one that may be there.
    const READS: &str = "for file in app.js lib.js; do [ ! -f $file ] || echo $PWD/$file; done";
    let node = format!("[ $1 = --version ] && echo v22.0.0 && exit\n/bin/cp $HELLO $5\n{READS} > ${{11}}");
    let silent = "[ $1 = --version ] && echo v22.0.0 && exit\n/bin/cp $HELLO $5";
    let npm = ("npm", "/bin/mkdir node_modules");
    let check = |node: &str, change: fn(&Machine) -> Result<()>, arguments: &[&str], words: &str| {
        let machine = Machine::with(JS, &[npm, ("node", node)])?;
        fs::write(machine.app("lib.js"), "one")?;
        let (code, told) = machine.build(&["--install"])?;
        ensure!(code == Some(0) && told.contains("building app.wasm with QuickJS"), "{told}");
        change(&machine)?;
        let (code, told) = machine.build(arguments)?;
        let is_built = told.contains("building app.wasm");
        ensure!(code == Some(0) && told.contains(words) && told.contains("app.wasm: "), "{words}: {code:?}: {told}");
        ensure!(is_built != told.contains("is up to date"), "{told}");
        Ok(())
    };
    let (same, anew) = ("app.wasm is up to date", "building app.wasm with QuickJS");
    check(&node, |_| Ok(()), &[], same)?;
    check(&node, |_| Ok(()), &["--force"], anew)?;
    check(&node, |machine| Ok(fs::write(machine.app("lib.js"), "two")?), &[], anew)?;
    check(&node, |machine| Ok(fs::remove_file(machine.app("lib.js"))?), &[], anew)?;
    check(&node, |machine| Ok(fs::remove_file(machine.app("app.wasm"))?), &[], anew)?;
    check(&node, |machine| Ok(fs::write(machine.app("app.wasm"), "edited")?), &[], anew)?;
    check(&node, |machine| Ok(fs::remove_dir_all(machine.0.path().join("cache/dacapo/builds"))?), &[], anew)?;
    // What is up to date needs no tools.
    check(&node, |machine| Ok(fs::remove_file(machine.0.path().join("bin/node"))?), &[], same)?;
    check(silent, |_| Ok(()), &[], "app.wasm will be built again next time: its tool does not say what it read")
}
