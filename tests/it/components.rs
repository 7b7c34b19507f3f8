//! Components that are refused: by `check` and by `up`, with the same stable code, and without a trace.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use kernel::limits::COMPONENT_MAX_BYTES;
use serde_json::Value;
use tests::host::{self, Ran};

use crate::fixture;

/// Files that no host accepts, the code that says so, and a word of the sentence that says why.
fn refusals(folder: &Path) -> Result<Vec<(PathBuf, &'static str, &'static str)>> {
    let hello = fs::read(host::guest("hello")?)?;
    let mut large = hello.clone();
    large.resize(COMPONENT_MAX_BYTES + 1, 0);
    let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
    elf.resize(4_096, 0);
    let mut flipped = hello.clone();
    flipped[8] ^= 0xff;
    let made: [(&str, &[u8], _, _); 9] = [
        ("empty.wasm", b"", "invalid_component", "not a valid WebAssembly component"),
        ("text.wasm", b"fn main() {}", "invalid_component", "not a valid WebAssembly component"),
        ("truncated.wasm", &hello[..hello.len() / 2], "invalid_component", "arrived whole"),
        ("half-a-head.wasm", &hello[..6], "invalid_component", "arrived whole"),
        ("flipped.wasm", &flipped, "invalid_component", "not a valid WebAssembly component"),
        ("module.wasm", b"\0asm\x01\0\0\0", "not_a_component", "wasm-tools component new"),
        ("elf.wasm", &elf, "precompiled_not_accepted", "machine code"),
        ("precompiled.wasm", &compiled_hello(folder)?, "precompiled_not_accepted", "machine code"),
        ("large.wasm", &large, "component_too_large", "at most 67108864"),
    ];
    let mut files = Vec::new();
    for (name, bytes, code, words) in made {
        let file = folder.join(name);
        fs::write(&file, bytes)?;
        files.push((file, code, words));
    }
    let texts = host::guest("misbehaving")?.with_file_name("wat");
    for (name, code, words) in [
        ("imports-store", "import_not_allowed", "`wasi:keyvalue/store@0.2.0`"),
        ("memory-too-big", "memory_limit", "memory"),
        ("no-role", "world_mismatch", "dacapo:durable@0.1.0"),
        ("start-loops", "init_timeout", "start function"),
        ("start-traps", "init_failed", "unreachable"),
        ("unknown-import", "unknown_import", "`acme:magic/wand@1.0.0`"),
    ] {
        let file = folder.join(name).with_extension("wasm");
        fs::write(&file, wat::parse_file(texts.join(name).with_extension("wat"))?)?;
        files.push((file, code, words));
    }
    let known = fs::read_dir(&texts)?.count();
    ensure!(known == 6, "{} has {known} files; add what is new to this table", texts.display());
    Ok(files)
}

/// What this very host made of `hello`, which it trusts only in its own folder.
fn compiled_hello(folder: &Path) -> Result<Vec<u8>> {
    let data = fixture::folder()?;
    let mut files = fs::read_dir(data.path().join("compiled"))?.map(|entry| Ok(entry?.path()));
    let digest = host::run(&host::binary()?, &["check", "--json", text(&host::guest("hello")?)?], "")?;
    let digest: Value = serde_json::from_str(&digest.stdout)?;
    let digest = digest["digest"].as_str().context("a digest")?.to_owned();
    let file =
        files.find(|file: &Result<PathBuf>| file.as_ref().is_ok_and(|file| text(file).unwrap_or("").contains(&digest)));
    let sealed = fs::read(file.context("hello was compiled")??)?;
    let begin = sealed.windows(4).position(|bytes| bytes == b"\x7fELF").context("machine code")?;
    let elf = sealed[begin..].to_vec();
    fs::write(folder.join("hello.cwasm"), &elf)?;
    Ok(elf)
}

#[test]
fn refused_by_name_and_without_a_trace() -> Result<()> {
    let (folder, data) = (tempfile::tempdir()?, fixture::folder()?);
    let before = stored(data.path())?;
    for (file, code, words) in refusals(folder.path())? {
        let check = |what: &str, ran: Ran| {
            let told = format!("{what} {}: {ran:?}", file.display());
            let error: Value = serde_json::from_str(ran.stderr.lines().last().context(told.clone())?)?;
            ensure!(ran.code == Some(1) && ran.stdout.is_empty(), "{told}");
            ensure!(error["error"]["code"] == code, "not {code}: {told}");
            let message = error["error"]["message"].as_str().unwrap_or_default();
            ensure!(message.contains(words) && message.contains(text(&file)?), "not {words:?}: {told}");
            Ok(())
        };
        check("check", host::run(&host::binary()?, &["check", "--json", text(&file)?], "")?)?;
        let mut up = fixture::command(data.path())?;
        up.deploy = vec![file.clone()];
        up.extra = vec!["--json".to_owned()];
        check("up", up.run()?)?;
    }
    ensure!(stored(data.path())? == before, "something was stored: {:?}", stored(data.path())?);
    // What was deployed before still serves.
    let host = fixture::start(data.path())?;
    let id = host.client().start("sequence", None, "2")?;
    ensure!(host.client().wait(&id)?["output"] == 2);
    Ok(())
}

#[test]
fn files_that_cannot_be_read() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let check = |path: &str| -> Result<()> {
        let ran = host::run(&host::binary()?, &["check", path], "")?;
        ensure!(ran.code == Some(2) && ran.stdout.is_empty(), "{path}: {ran:?}");
        ensure!(ran.stderr.starts_with("error[file_unreadable]"), "{path}: {ran:?}");
        Ok(())
    };
    check(text(&folder.path().join("nothing.wasm"))?)?;
    check(text(folder.path())?)
}

/// The components that are kept, in both forms.
fn stored(data: &Path) -> Result<Vec<PathBuf>> {
    let folders = ["compiled", "hubs/dacapo/components"].map(|name| data.join(name));
    let mut files = Vec::new();
    for folder in folders {
        for entry in fs::read_dir(folder)? {
            files.push(entry?.path());
        }
    }
    files.sort();
    Ok(files)
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a path in UTF-8")
}
