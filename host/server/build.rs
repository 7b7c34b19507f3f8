//! Tells cargo what the binary embeds, because the macro that embeds a folder notices neither a new file nor one that is gone.
//!
//! What nobody embeds is left out: tests and what they install change often, and each change would compile the host again.

use std::path::Path;

/// Folders of which something is embedded; `src/build/embedded.rs` and `src/cli/new/embedded.rs` say what.
const FOLDERS: [&str; 9] = [
    "../../wit",
    "../../guest-sdk/rust/wasi",
    "../../guest-sdk/rust/src",
    "../../guest-sdk/rust/macros",
    "../../guest-sdk/rust/wit",
    "../../guest-sdk/js",
    "../../guest-sdk/python",
    "templates",
    "../../guests/article/js/src",
];
/// Single files, where what lies beside them is made by builds; `src/cli/new/embedded.rs` says what they are for.
const FILES: [&str; 7] = [
    "../../guest-sdk/rust/Cargo.toml",
    "../../guest-sdk/rust/README.md",
    "../../guests/article/rust/src/lib.rs",
    "../../guests/article/python/app.py",
    "../../guests/hello-c/hello.c",
    "../../guests/hello-c/text.c",
    "../../guests/hello-c/text.h",
];
const LEFT_OUT: [&str; 4] = ["node_modules", "test", "tests", "README.md"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for file in FILES {
        println!("cargo:rerun-if-changed={file}");
    }
    for folder in FOLDERS {
        let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder} cannot be read: {error}"));
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if !name.starts_with('.') && !LEFT_OUT.contains(&&*name) {
                println!("cargo:rerun-if-changed={}", Path::new(folder).join(&*name).display());
            }
        }
    }
}
