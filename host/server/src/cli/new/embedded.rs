//! What a new application is made of: templates, guests that serve as such, and the parts of SDKs that belong to an author.
//!
//! `build.rs` lists the same places, so that a change of a file makes another binary.

use std::borrow::Cow;

use rust_embed::Embed;

#[derive(Embed)]
#[folder = "templates"]
struct Templates;

/// Examples of the repository that are templates as they are.
#[derive(Embed)]
#[folder = "../../guests"]
#[include = "article/rust/src/*.rs"]
#[include = "article/js/src/*.js"]
#[include = "article/python/*.py"]
#[include = "hello-c/*.c"]
#[include = "hello-c/*.h"]
struct Guests;

#[derive(Embed)]
#[folder = "../../guest-sdk/rust"]
#[include = "Cargo.toml"]
#[include = "README.md"]
#[include = "src/*.rs"]
#[include = "macros/Cargo.toml"]
#[include = "macros/src/*.rs"]
#[include = "wit/*.wit"]
#[include = "wasi/*.wit"]
struct RustSdk;

#[derive(Embed)]
#[folder = "../../guest-sdk/js/types"]
struct JsTypes;

#[derive(Embed)]
#[folder = "../../guest-sdk/python/dacapo"]
#[exclude = "*__pycache__/*"]
#[exclude = "*_cache/*"]
struct PythonSdk;

/// A file by its path below the folder it was found in.
pub type File = (String, Cow<'static, [u8]>);

/// Files of templates below a folder.
pub fn templates(folder: &str) -> Vec<File> {
    below::<Templates>(folder)
}

/// Files of examples below a folder.
pub fn guests(folder: &str) -> Vec<File> {
    below::<Guests>(folder)
}

/// The crate `dacapo`, with what it is made of.
pub fn rust_sdk() -> Vec<File> {
    below::<RustSdk>("")
}

/// The types of the package `dacapo` of npm.
pub fn js_types() -> Vec<File> {
    below::<JsTypes>("")
}

/// The package `dacapo` of PyPI.
pub fn python_sdk() -> Vec<File> {
    below::<PythonSdk>("")
}

fn below<E: Embed>(folder: &str) -> Vec<File> {
    let file = |path: Cow<'static, str>| Some((path.strip_prefix(folder)?.to_owned(), E::get(&path)?.data));
    E::iter().filter_map(file).collect()
}
