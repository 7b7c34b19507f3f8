//! What is to be deployed: manifests (`dacapo.toml`) and single components.
//!
//! A manifest is refused as a whole for an unknown key, so that a misspelt one is not silently without effect.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::unreadable;
use crate::problem::{Code, Problem};

/// The file that is looked for in a folder.
const FILE_NAME: &str = "dacapo.toml";

/// A manifest as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The name of the application, for people.
    pub name: String,
    /// Its components.
    #[serde(default, rename = "component")]
    pub components: Vec<Component>,
}

/// One component of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Its file, relative to the manifest.
    pub wasm: PathBuf,
    /// How the file is made.
    pub build: Option<Build>,
}

/// How a component is made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Build {
    /// By cargo: the name of the package. dacapo finds a toolchain that builds for wasm.
    Cargo(String),
    /// By a command, which is run in the folder of the manifest and writes the file itself.
    Command(Vec<String>),
}

/// A component that is to be deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where its build runs.
    pub dir: PathBuf,
    /// Its file.
    pub wasm: PathBuf,
    /// How the file is made, if it is not just there.
    pub build: Option<Build>,
}

/// Everything that the paths of a command line name: folders with a manifest, manifests, or components.
pub fn sources(paths: &[PathBuf]) -> Result<Vec<Source>, Problem> {
    let mut all: Vec<Source> = Vec::new();
    for path in paths {
        for source in of_path(path)? {
            if all.iter().all(|known| known.wasm != source.wasm) {
                all.push(source);
            }
        }
    }
    Ok(all)
}

fn of_path(path: &Path) -> Result<Vec<Source>, Problem> {
    let found = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    let manifest = match found.is_dir() {
        true => path.join(FILE_NAME),
        false => path.to_owned(),
    };
    let dir = manifest.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
    if manifest.extension().is_none_or(|extension| extension != "toml") {
        return Ok(vec![Source { dir, wasm: manifest, build: None }]);
    }
    let text = std::fs::read_to_string(&manifest).map_err(|error| unreadable(&manifest, &error))?;
    let Manifest { components, .. } = parse(&text, &manifest)?;
    let source = |Component { wasm, build }| Source { wasm: dir.join(wasm), dir: dir.clone(), build };
    Ok(components.into_iter().map(source).collect())
}

fn parse(text: &str, path: &Path) -> Result<Manifest, Problem> {
    let refuse = |why: &str| Problem::new(Code::InvalidManifest, format!("{}: {}", path.display(), why.trim_end()));
    let manifest: Manifest = toml::from_str(text).map_err(|error| refuse(&error.to_string()))?;
    if manifest.components.is_empty() {
        return Err(refuse("there is no [[component]] in it"));
    }
    for component in &manifest.components {
        if component.wasm.extension().is_none_or(|extension| extension != "wasm") {
            return Err(refuse(&format!("wasm = {:?} does not end with .wasm", component.wasm)));
        }
        if matches!(&component.build, Some(Build::Command(words)) if words.is_empty()) {
            return Err(refuse("a build command has no words"));
        }
    }
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[test]
    fn manifests() {
        let check = |text: &str, expect: Expect| {
            let got = match parse(text, Path::new("app/dacapo.toml")) {
                Ok(manifest) => format!("{:?}\n", manifest.components),
                Err(problem) => format!("{}: {problem}\n", problem.code),
            };
            expect.assert_eq(&got);
        };
        check(
            "name = \"a\"\n[[component]]\nwasm = \"a.wasm\"\n",
            expect![[r#"
            [Component { wasm: "a.wasm", build: None }]
        "#]],
        );
        check(
            "name = \"a\"\n[[component]]\nwasm = \"a.wasm\"\nbuild = { cargo = \"a\" }\n",
            expect![[r#"
            [Component { wasm: "a.wasm", build: Some(Cargo("a")) }]
        "#]],
        );
        check(
            "name = \"a\"\n[[component]]\nwasm = \"a.wasm\"\nbuild = { command = [\"make\"] }\n",
            expect![[r#"
            [Component { wasm: "a.wasm", build: Some(Command(["make"])) }]
        "#]],
        );
        check(
            "name = \"a\"\n[[component]]\nwasm = \"a.wasm\"\nbuild = { command = [] }\n",
            expect![[r#"
            invalid_manifest: app/dacapo.toml: a build command has no words
        "#]],
        );
        check(
            "name = \"a\"\n[[component]]\nwasm = \"a.wasm\"\nbuild = { npm = \"a\" }\n",
            expect![[r#"
            invalid_manifest: app/dacapo.toml: TOML parse error at line 4, column 11
              |
            4 | build = { npm = "a" }
              |           ^^^
            unknown variant `npm`, expected `cargo` or `command`
        "#]],
        );
        check(
            "name = \"a\"\n[[component]]\nwasm = \"a.wasm\"\nwsam = \"b.wasm\"\n",
            expect![[r#"
            invalid_manifest: app/dacapo.toml: TOML parse error at line 4, column 1
              |
            4 | wsam = "b.wasm"
              | ^^^^
            unknown field `wsam`, expected `wasm` or `build`
        "#]],
        );
        check(
            "name = \"a\"\n[[component]]\nwasm = \"a.txt\"\n",
            expect![[r#"
            invalid_manifest: app/dacapo.toml: wasm = "a.txt" does not end with .wasm
        "#]],
        );
        check(
            "name = \"a\"\n",
            expect![[r#"
            invalid_manifest: app/dacapo.toml: there is no [[component]] in it
        "#]],
        );
        check(
            "name = \"a\nb\"",
            expect![[r#"
            invalid_manifest: app/dacapo.toml: TOML parse error at line 2, column 3
              |
            2 | b"
              |   ^
            key with no value, expected `=`
        "#]],
        );
        check(
            "",
            expect![[r#"
            invalid_manifest: app/dacapo.toml: TOML parse error at line 1, column 1
              |
            1 | 
              | ^
            missing field `name`
        "#]],
        );
    }

    #[test]
    fn paths() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        write("dacapo.toml", "name = \"a\"\n[[component]]\nwasm = \"a.wasm\"\n");
        write("b.wasm", "");
        let check = |names: &[&str], expect: Result<&[&str], Code>| {
            let paths: Vec<_> = names.iter().map(|name| dir.path().join(name)).collect();
            let name = |source: &Source| source.wasm.file_name().unwrap().to_str().unwrap().to_owned();
            let got = sources(&paths).map(|all| all.iter().map(name).collect::<Vec<_>>());
            let expect = expect.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
            assert_eq!(got.map_err(|problem| problem.code), expect, "{names:?}");
        };
        check(&["."], Ok(&["a.wasm"]));
        check(&["dacapo.toml", "b.wasm", "b.wasm"], Ok(&["a.wasm", "b.wasm"]));
        check(&["none"], Err(Code::FileUnreadable));
    }
}
