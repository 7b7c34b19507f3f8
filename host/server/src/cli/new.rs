//! `new`: makes an application from a template, offline.
//!
//! The folder is there as a whole or not at all: everything is written beside it and then renamed.

mod embedded;
mod project;
mod vendor;

use std::path::Path;

use clap::ValueEnum;
use serde_json::json;

use super::args::{Language, New};
use super::exit::{CliError, Exit};
use super::output::{self, Format, note};
use crate::problem::{Code, Problem};
use project::Files;

/// The longest name; ids of instances are made from it.
const NAME_MAX_CHARS: usize = 50;
/// Names that a package of Rust cannot have, keywords aside.
const NOT_FOR_RUST: [&str; 6] = ["alloc", "core", "dacapo", "proc_macro", "std", "test"];

/// Makes the application and says how to go on.
pub fn run(args: &New, format: Format) -> Result<Exit, CliError> {
    check(&args.name, args.lang)?;
    let files = project::files(&args.name, args.lang, args.template)?;
    let folder = Path::new(&args.name);
    put(folder, &files)?;
    match format {
        Format::Json => {
            let paths: Vec<_> = files.keys().filter(|path| !path.starts_with("vendor")).collect();
            output::data(&json!({ "folder": folder, "files": paths }).to_string());
        }
        Format::Text => {
            note(&format!("made {}/, in {}", folder.display(), word(args.lang)));
            note(&format!("next: cd {}", folder.display()));
            note(&format!("      dacapo up{} --watch", project::install(args.lang)));
            note("      see README.md there for what to ask it");
        }
    }
    Ok(Exit::DONE)
}

/// The word for a value on the command line.
fn word(value: impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

fn check(name: &str, lang: Language) -> Result<(), Problem> {
    let refuse = |why: &str| {
        let text = format!("{name:?} cannot be the name of an application: {why}");
        Err(Problem::new(Code::InvalidArgument, text))
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !name.bytes().all(allowed) || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return refuse("it must begin with a letter and have only letters, digits, - and _");
    }
    if name.len() > NAME_MAX_CHARS {
        return refuse(&format!("it has more than {NAME_MAX_CHARS} characters"));
    }
    if lang == Language::Rust && (NOT_FOR_RUST.contains(&name) || crate::types::is_rust_keyword(name)) {
        return refuse("the word means something else in Rust");
    }
    Ok(())
}

fn put(folder: &Path, files: &Files) -> Result<(), Problem> {
    let is_empty = || std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    if folder.symlink_metadata().is_ok() && !is_empty() {
        let text = format!("{} is there already, and no empty folder", folder.display());
        return Err(Problem::new(Code::FolderInUse, text));
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let part = folder.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = write_all(&part, files).and_then(|()| {
        // An empty folder would be in the way of a rename only on some systems.
        if folder.exists() {
            std::fs::remove_dir(folder)?;
        }
        std::fs::rename(&part, folder)
    });
    written.map_err(|error| {
        // It may not be there; what went wrong is already known.
        let _ = std::fs::remove_dir_all(&part);
        Problem::new(Code::FileUnwritable, format!("{} cannot be made: {error}", folder.display()))
    })
}

fn write_all(folder: &Path, files: &Files) -> std::io::Result<()> {
    for (path, content) in files {
        let file = folder.join(path);
        std::fs::create_dir_all(file.parent().unwrap_or(folder))?;
        std::fs::write(file, content)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let is_taken = |name: &str, lang| check(name, lang).is_ok();
        let good = ["hello", "my-app_2", "A"];
        assert!(good.iter().all(|name| is_taken(name, Language::Rust)));
        let long = "a".repeat(NAME_MAX_CHARS + 1);
        for name in ["", "2nd", "-a", "a b", "a/b", "..", "é", "a.b", &long] {
            assert!(!is_taken(name, Language::Js), "{name}");
        }
        for name in ["fn", "test", "dacapo"] {
            assert!(is_taken(name, Language::Python) && !is_taken(name, Language::Rust), "{name}");
        }
    }

    #[test]
    fn a_folder_is_made_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let check = |name: &str, files: &[&str], expect: Result<(), Code>| {
            let files: Files = files.iter().map(|path| ((*path).to_owned(), b"x".to_vec())).collect();
            let folder = dir.path().join(name);
            let before = folder.exists();
            assert_eq!(put(&folder, &files).map_err(|problem| problem.code), expect, "{name}");
            assert_eq!(folder.exists(), before || expect.is_ok(), "{name}");
            let hidden = |entry: std::io::Result<std::fs::DirEntry>| {
                entry.unwrap().file_name().to_string_lossy().starts_with('.')
            };
            assert!(!std::fs::read_dir(dir.path()).unwrap().any(hidden), "nothing half-written stays");
        };
        std::fs::write(dir.path().join("file"), "").unwrap();
        std::fs::create_dir(dir.path().join("empty")).unwrap();
        check("app", &["a", "b/c"], Ok(()));
        check("app", &["a"], Err(Code::FolderInUse));
        check("file", &["a"], Err(Code::FolderInUse));
        check("empty", &["a"], Ok(()));
        // A folder cannot have the name of a file.
        check("bad", &["a", "a/b"], Err(Code::FileUnwritable));
    }
}
