//! The house rules that neither the compiler nor clippy can check.
//!
//! It reads the sources as text and knows nothing else of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const FILE_MAX_LINES: usize = 500;
const FUNCTION_MAX_LINES: usize = 70;

/// How a file of each language begins that says what it is.
const BEGINNINGS: [(&str, &[&str]); 8] = [
    ("rs", &["//!", "#![doc"]),
    ("js", &["// ", "/**"]),
    ("mjs", &["// ", "/**"]),
    ("ts", &["// ", "/**"]),
    ("py", &["\"\"\"", "r\"\"\"", "# "]),
    ("c", &["// ", "/*"]),
    ("h", &["// ", "/*"]),
    ("sh", &["#!"]),
];

#[test]
fn every_source_file_says_what_it_is() {
    report(BEGINNINGS.iter().flat_map(|(language, beginnings)| {
        sources(language).filter_map(|(path, text)| {
            let first = text.lines().find(|line| !line.trim().is_empty())?;
            let says = beginnings.iter().any(|beginning| first.starts_with(beginning));
            (!says).then(|| format!("{path}: does not begin with a module comment"))
        })
    }));
}

#[test]
fn files_of_every_language_are_short() {
    report(BEGINNINGS.iter().flat_map(|(language, _)| {
        sources(language).filter_map(|(path, text)| {
            let lines = text.lines().count();
            (lines > FILE_MAX_LINES).then(|| format!("{path}: {lines} lines, at most {FILE_MAX_LINES}"))
        })
    }));
}

#[test]
fn functions_are_short() {
    report(rust_sources().flat_map(|(path, text)| {
        let tests = first_test_line(&path, &text);
        let long = functions(&text).filter(|(line, length)| *line < tests && *length > FUNCTION_MAX_LINES);
        let told =
            |(line, length)| format!("{path}:{line}: a function of {length} lines, at most {FUNCTION_MAX_LINES}");
        long.map(told).collect::<Vec<_>>()
    }));
}

#[test]
fn a_debt_says_of_which_kind_it_is() {
    let kinds = ["correctness", "design", "cleanup", "perf"];
    let marker = concat!("TO", "DO");
    report(rust_sources().flat_map(|(path, text)| {
        let bad = |line: &str| {
            line.contains(marker) && !kinds.iter().any(|kind| line.contains(&format!("{marker}-{kind}: ")))
        };
        let bad: Vec<_> = text.lines().zip(1..).filter(|(line, _)| bad(line)).collect();
        bad.into_iter().map(|(_, number)| format!("{path}:{number}: a debt without a kind")).collect::<Vec<_>>()
    }));
}

/// Which modules of the kernel may use which: the arrows of its design.
#[test]
fn the_kernel_keeps_its_layers() {
    let allowed = [
        ("model", &["model", "limits"][..]),
        ("codec", &["codec", "model"]),
        ("port", &["port", "codec", "model"]),
        ("orchestration", &["orchestration", "port", "codec", "model", "limits"]),
        ("entity", &["entity", "orchestration", "codec", "model"]),
        ("partition", &["partition", "orchestration", "entity", "port", "codec", "model", "limits"]),
    ];
    report(rust_sources().flat_map(|(path, text)| {
        let module = path.strip_prefix("host/kernel/src/").and_then(|rest| rest.split('/').next().map(str::to_owned));
        let Some((_, may_use)) = allowed.iter().find(|(name, _)| module.as_deref() == Some(name)) else {
            return Vec::new();
        };
        let used = text.lines().zip(1..).filter_map(|(line, number)| {
            let module = line.trim().strip_prefix("use crate::")?.split([':', ';', '{', ' ']).next()?.to_owned();
            Some((module, number))
        });
        let bad = used.filter(|(module, _)| !may_use.contains(&module.as_str()));
        bad.map(|(module, number)| format!("{path}:{number}: may not use crate::{module}")).collect()
    }));
}

#[test]
fn the_kernel_depends_on_nothing_that_does_io() {
    let allowed = ["postcard", "serde", "serde_json", "sha2", "thiserror"];
    let manifest = fs::read_to_string(root().join("host/kernel/Cargo.toml")).unwrap();
    let section = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let names = section.lines().filter_map(|line| line.split(['.', ' ', '=']).next().filter(|name| !name.is_empty()));
    report(names.filter(|name| !allowed.contains(name)).map(|name| format!("the kernel depends on {name}")));
}

#[test]
fn only_one_crate_knows_each_engine() {
    let owners = [("wasmtime", "sandbox"), ("rusqlite", "store-sqlite")];
    report(owners.iter().flat_map(|(library, owner)| {
        let crates = ["kernel", "sandbox", "store-sqlite", "server"].iter().filter(move |name| *name != owner);
        crates.filter_map(move |name| {
            let manifest = fs::read_to_string(root().join(format!("host/{name}/Cargo.toml"))).unwrap();
            let main = manifest.split("[dev-dependencies]").next().unwrap().to_owned();
            let uses = main
                .lines()
                .any(|line| line.starts_with(&format!("{library}.")) || line.starts_with(&format!("{library} ")));
            uses.then(|| format!("host/{name} depends on {library}, which only {owner} may"))
        })
    }));
}

/// What is committed speaks of the project, not of the place where it was written.
#[test]
fn no_file_names_a_machine() {
    let words = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("index.crates", "-io"),
        concat!("/tmp/", "target"),
        concat!("registry.", "npmjs"),
    ];
    report(tracked().filter(|path| path != "Cargo.lock").flat_map(|path| {
        let text = fs::read_to_string(root().join(&path)).unwrap_or_default();
        let found = words.iter().filter(|word| text.contains(**word));
        found.map(|word| format!("{path}: mentions {word}")).collect::<Vec<_>>()
    }));
}

/// Where the tests of a file begin: a table of cases may be as long as it needs to be.
fn first_test_line(path: &str, text: &str) -> usize {
    if path.contains("/tests/") || path.starts_with("tests/it/") || path.ends_with("tests.rs") {
        return 0;
    }
    text.lines().position(|line| line.trim() == "#[cfg(test)]").map_or(usize::MAX, |index| index + 1)
}

fn report(problems: impl Iterator<Item = String>) {
    let problems: Vec<_> = problems.collect();
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

fn rust_sources() -> impl Iterator<Item = (String, String)> {
    sources("rs")
}

fn sources(extension: &str) -> impl Iterator<Item = (String, String)> {
    let is_of = move |path: &String| Path::new(path).extension().is_some_and(|found| found == extension);
    tracked().filter(is_of).filter_map(|path| {
        let text = fs::read_to_string(root().join(&path)).ok()?;
        Some((path, text))
    })
}

/// What git tracks, or would if it were added.
fn tracked() -> impl Iterator<Item = String> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git lists the files");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    text.lines().map(str::to_owned).collect::<Vec<_>>().into_iter()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the repository").to_owned()
}

/// The functions of a formatted source, each with its line and its length. Formatting puts the closing brace under the
/// `fn`, which is all that is needed to find it.
fn functions(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let body = line.trim_start();
        let indent = line.len() - body.len();
        let words = body.split_whitespace().take_while(|word| *word != "fn");
        let head = body.contains("fn ")
            && words.clone().all(|word| {
                word.starts_with("pub") || matches!(word, "async" | "const" | "unsafe" | "extern" | "\"C\"")
            });
        if !head {
            continue;
        }
        // What a trait only declares ends with its signature.
        let opens =
            lines[start..].iter().find_map(|line| line.trim_end().chars().next_back().filter(|c| "{;".contains(*c)));
        if opens == Some(';') {
            continue;
        }
        let end = lines[start..].iter().position(|line| {
            line.starts_with(&" ".repeat(indent)) && line[indent..].starts_with('}') && line.trim().len() <= 2
        });
        found.extend(end.map(|end| (start + 1, end + 1)));
    }
    found.into_iter()
}
