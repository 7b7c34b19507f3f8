//! Bindings for C, made from the embedded interfaces for a world that has just what a program needs.
//!
//! A role has functions that the program must define. So the world follows from the sources: it has the roles and imports
//! whose functions they name. It does not know how C is compiled.

use std::path::Path;

use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;

use super::embedded;
use crate::problem::{Code, Problem};

/// The name of the world: the header is `dacapo.h`.
const WORLD: &str = "dacapo";

/// What the functions of an interface are called in C, and what a world has whose program names one of them.
const INTERFACES: [(&str, &str); 8] = [
    ("dacapo_durable_progress_report", "import dacapo:durable/progress@0.1.0"),
    ("dacapo_durable_client_", "import dacapo:durable/client@0.1.0"),
    ("exports_dacapo_durable_functions_", "export dacapo:durable/functions@0.1.0"),
    ("exports_dacapo_durable_activity_", "export dacapo:durable/activity@0.1.0"),
    ("exports_dacapo_durable_orchestrator_", "export dacapo:durable/orchestrator@0.1.0"),
    ("exports_dacapo_durable_entity_", "export dacapo:durable/entity@0.1.0"),
    ("exports_dacapo_durable_timer_trigger_", "export dacapo:durable/timer-trigger@0.1.0"),
    ("exports_dacapo_durable_stream_trigger_", "export dacapo:durable/stream-trigger@0.1.0"),
];

/// Which interfaces the bindings are for.
#[derive(Debug, Clone, Copy)]
pub enum Bound<'a> {
    /// All of them: for an editor, or to read.
    All,
    /// Those whose functions these sources name.
    NamedBy(&'a [String]),
}

/// Writes `dacapo.h`, `dacapo.c` and `dacapo_component_type.o` into `folder`. `wit` has the interfaces.
pub fn write(wit: &Path, bound: Bound<'_>, folder: &Path) -> Result<(), Problem> {
    let files = generate(wit, &world(bound)?)?;
    files.iter().try_for_each(|(name, content)| embedded::write(&folder.join(name), content))
}

/// The text of the world.
fn world(bound: Bound<'_>) -> Result<String, Problem> {
    let is_bound = |words: &str| match bound {
        Bound::All => true,
        Bound::NamedBy(sources) => sources.iter().any(|source| names(source, words)),
    };
    let items: Vec<_> = INTERFACES.iter().filter(|(words, _)| is_bound(words)).map(|(_, item)| *item).collect();
    if !items.iter().any(|item| item.starts_with("export")) {
        let text = "the sources define no role: none of them has a function such as \
                    exports_dacapo_durable_orchestrator_open; `dacapo bindings c` writes the header that declares them";
        return Err(Problem::new(Code::BuildFailed, text));
    }
    Ok(format!("package dacapo:app;\nworld {WORLD} {{\n  {};\n}}\n", items.join(";\n  ")))
}

/// Whether a word of the source begins with these letters.
fn names(source: &str, words: &str) -> bool {
    let is_begin = |at: usize| !source[..at].ends_with(|c: char| c == '_' || c.is_alphanumeric());
    source.match_indices(words).any(|(at, _)| is_begin(at))
}

fn generate(wit: &Path, world: &str) -> Result<Files, Problem> {
    let refuse = |error| {
        let text = format!("there are no bindings for the world {}: {error:#}", world.replace('\n', " "));
        Problem::new(Code::InternalError, text)
    };
    let mut resolve = Resolve { all_features: true, ..Resolve::default() };
    resolve.push_dir(wit.join("dacapo")).map_err(refuse)?;
    let package = resolve.push_str("world.wit", world).map_err(refuse)?;
    let world = resolve.select_world(&[package], Some(WORLD)).map_err(refuse)?;
    let mut files = Files::default();
    wit_bindgen_c::Opts::default().build().generate(&mut resolve, world, &mut files).map_err(refuse)?;
    Ok(files)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[test]
    fn worlds() {
        let check = |sources: &[&str], expect: Expect| {
            let sources: Vec<_> = sources.iter().map(|source| (*source).to_owned()).collect();
            let got = world(Bound::NamedBy(&sources)).unwrap_or_else(|problem| problem.message);
            expect.assert_eq(&got);
        };
        check(
            &[],
            expect![
                "the sources define no role: none of them has a function such as exports_dacapo_durable_orchestrator_open; `dacapo bindings c` writes the header that declares them"
            ],
        );
        check(
            &["void dacapo_durable_progress_report(void);"],
            expect![
                "the sources define no role: none of them has a function such as exports_dacapo_durable_orchestrator_open; `dacapo bindings c` writes the header that declares them"
            ],
        );
        check(
            &["bool exports_dacapo_durable_activity_run(", "exports_dacapo_durable_functions_describe"],
            expect![[r#"
            package dacapo:app;
            world dacapo {
              export dacapo:durable/functions@0.1.0;
              export dacapo:durable/activity@0.1.0;
            }
        "#]],
        );
        check(
            &["my_exports_dacapo_durable_entity_apply"],
            expect![
                "the sources define no role: none of them has a function such as exports_dacapo_durable_orchestrator_open; `dacapo bindings c` writes the header that declares them"
            ],
        );
        check(
            &["exports_dacapo_durable_timer_trigger_fire dacapo_durable_client_start"],
            expect![[r#"
            package dacapo:app;
            world dacapo {
              import dacapo:durable/client@0.1.0;
              export dacapo:durable/timer-trigger@0.1.0;
            }
        "#]],
        );
    }

    #[test]
    fn every_interface_has_bindings() {
        let root = tempfile::tempdir().unwrap();
        let sdk = embedded::unpack(&crate::build::toolchains::Cache::at(&root.path().join("cache"))).unwrap();
        write(&sdk.wit(), Bound::All, root.path()).unwrap();
        let header = std::fs::read_to_string(root.path().join("dacapo.h")).unwrap();
        for (words, _) in INTERFACES {
            assert!(names(&header, words), "{words}");
        }
    }
}
