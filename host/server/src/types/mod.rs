//! Writes typed stubs: source files by which code in one language calls the functions of components in another.
//!
//! It owns what becomes of a JSON Schema in each language. It does not know where descriptions come from, and never fails:
//! what a language cannot express becomes its word for anything, with a comment that says why. What is written depends on
//! nothing but what is described: the same functions give the same text.

mod catalogue;
mod names;
mod plan;
mod python;
mod rust;
mod schema;
mod shape;
mod text;
mod typescript;
mod unify;

pub use catalogue::{Defaults, Entry, Retry};
pub use rust::is_keyword as is_rust_keyword;

/// A language that stubs are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// For `dacapo` of npm.
    TypeScript,
    /// For `dacapo` of PyPI.
    Python,
    /// For the crate `dacapo`.
    Rust,
}

/// What every file says of itself.
const HEAD: &str = "Typed stubs of durable functions, made by `dacapo types`. Do not change them: make them anew.";

/// The text of a source file with stubs for these functions.
pub fn generate(language: Language, functions: &[Entry]) -> String {
    match language {
        Language::TypeScript => typescript::write(&plan::plan(functions, typescript::DIALECT)),
        Language::Python => python::write(&plan::plan(functions, python::DIALECT)),
        Language::Rust => rust::write(&plan::plan(functions, rust::DIALECT)),
    }
}

#[cfg(test)]
mod tests;
