//! What is to be deployed: manifests (`dacapo.toml`) and single components.
//!
//! A manifest is refused as a whole for an unknown key, so that a misspelt one is not silently without effect. What a
//! component is bound to is [`crate::triggers`]'s to judge.

use std::collections::BTreeSet;
use std::path::{Component as PathPart, Path, PathBuf};

use serde::Deserialize;

use super::unreadable;
use crate::problem::{Code, Problem};
use crate::triggers::{Bindings, Grant, HttpBinding, StreamBinding, TimerBinding};

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
    /// Which functions of the client it may call.
    #[serde(default)]
    pub client: BTreeSet<Grant>,
    /// The routes that lead to it.
    #[serde(default)]
    pub http: Vec<HttpBinding>,
    /// When which of its functions runs.
    #[serde(default)]
    pub timer: Vec<TimerBinding>,
    /// Which of its functions reads which stream.
    #[serde(default)]
    pub stream: Vec<StreamBinding>,
}

/// How a component is made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Build {
    /// By cargo: the name of the package. dacapo finds a toolchain that builds for wasm.
    Cargo(String),
    /// From JavaScript or TypeScript: the file in which the code begins.
    Js(PathBuf),
    /// From Python: the file in which the code begins.
    Python(PathBuf),
    /// From Python for Azure Functions: the folder of the application.
    AzurePython(PathBuf),
    /// From C: the source files.
    C(Vec<PathBuf>),
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
    /// What it is bound to.
    pub bindings: Bindings,
}

impl Source {
    /// The folder of an application for Azure Functions, without a manifest. Unless a file is named, the component is put
    /// into the folder and has its name.
    pub fn azure_python(folder: &Path, wasm: Option<&Path>) -> Self {
        let name = folder.canonicalize().ok().as_deref().map_or_else(String::new, stem);
        let wasm = wasm.map_or_else(|| folder.join(format!("{name}.wasm")), Path::to_owned);
        let build = Some(Build::AzurePython(PathBuf::from(".")));
        Self { dir: folder.to_owned(), bindings: Bindings::none(stem(&wasm)), wasm, build }
    }
}

/// Everything that the paths of a command line name: folders with a manifest, manifests, or components.
pub fn sources(paths: &[PathBuf]) -> Result<Vec<Source>, Problem> {
    let mut all: Vec<Source> = Vec::new();
    for path in paths {
        for source in of_path(path)? {
            let is_same = |known: &Source| known.wasm == source.wasm && known.bindings.name == source.bindings.name;
            if !all.iter().any(is_same) {
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
        let bindings = Bindings::none(stem(&manifest));
        return Ok(vec![Source { dir, wasm: manifest, build: None, bindings }]);
    }
    let text = std::fs::read_to_string(&manifest).map_err(|error| unreadable(&manifest, &error))?;
    let Manifest { name, components } = parse(&text, &manifest)?;
    let source = |component: Component| Source {
        dir: dir.clone(),
        wasm: dir.join(&component.wasm),
        bindings: component.bindings(&name),
        build: component.build,
    };
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
        match &component.build {
            Some(Build::Command(words)) if words.is_empty() => return Err(refuse("a build command has no words")),
            Some(Build::C(sources)) if sources.is_empty() => return Err(refuse("a build in C names no sources")),
            _ => {}
        }
    }
    for (at, ours) in manifest.components.iter().enumerate() {
        let is_same = |theirs: &Component| in_order(&theirs.wasm).eq(in_order(&ours.wasm));
        if manifest.components[..at].iter().any(is_same) {
            return Err(refuse(&format!("two components are to be {}", ours.wasm.display())));
        }
    }
    let all: Vec<_> = manifest.components.iter().map(|component| component.bindings(&manifest.name)).collect();
    for (at, ours) in all.iter().enumerate() {
        ours.check().map_err(|error| refuse(&error.to_string()))?;
        for theirs in &all[..at] {
            if ours.name == theirs.name && !(ours.is_empty() && theirs.is_empty()) {
                return Err(refuse(&format!("two components are called {}; give their files other names", ours.name)));
            }
            ours.check_beside(theirs).map_err(|error| refuse(&error.to_string()))?;
        }
    }
    Ok(manifest)
}

impl Component {
    /// Its bindings, under the names of the application and of its file.
    fn bindings(&self, application: &str) -> Bindings {
        let file = stem(&self.wasm);
        Bindings {
            name: if file == application { file } else { format!("{application}/{file}") },
            grants: self.client.clone(),
            http: self.http.clone(),
            timers: self.timer.clone(),
            streams: self.stream.clone(),
        }
    }
}

/// The parts of a path that matter.
fn in_order(path: &Path) -> impl Iterator<Item = PathPart<'_>> {
    path.components().filter(|part| *part != PathPart::CurDir)
}

fn stem(file: &Path) -> String {
    file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn shown(component: &Component) -> String {
        let bindings = serde_json::to_string(&component.bindings("a")).unwrap();
        format!("{:?} {:?} {bindings}\n", component.wasm, component.build)
    }

    #[test]
    fn manifests() {
        let check = |text: &str, expect: Expect| {
            let got = match parse(text, Path::new("app/dacapo.toml")) {
                Ok(manifest) => manifest.components.iter().map(shown).collect(),
                Err(problem) => format!("{}: {problem}\n", problem.code),
            };
            expect.assert_eq(&got);
        };
        check(
            "name = \"a\"\n[[component]]\nwasm = \"a.wasm\"\n",
            expect![[r#"
                "a.wasm" None {"name":"a","grants":[],"http":[],"timers":[],"streams":[]}
            "#]],
        );
        check(
            "name = \"a\"\n[[component]]\nwasm = \"a.wasm\"\nbuild = { cargo = \"a\" }\n",
            expect![[r#"
                "a.wasm" Some(Cargo("a")) {"name":"a","grants":[],"http":[],"timers":[],"streams":[]}
            "#]],
        );
        check(
            "name = \"a\"\n[[component]]\nwasm = \"a.wasm\"\nbuild = { command = [\"make\"] }\n",
            expect![[r#"
                "a.wasm" Some(Command(["make"])) {"name":"a","grants":[],"http":[],"timers":[],"streams":[]}
            "#]],
        );
        check(
            "name = \"a\"\n[[component]]\nwasm = \"a.wasm\"\nbuild = { command = [] }\n",
            expect![[r#"
            invalid_manifest: app/dacapo.toml: a build command has no words
        "#]],
        );
        check(
            "name = \"a\"\n[[component]]\nwasm = \"a.wasm\"\nbuild = { js = \"src/app.ts\" }\n",
            expect![[r#"
            "a.wasm" Some(Js("src/app.ts")) {"name":"a","grants":[],"http":[],"timers":[],"streams":[]}
        "#]],
        );
        check(
            "name = \"a\"\n[[component]]\nwasm = \"a.wasm\"\nbuild = { azure-python = \".\" }\n",
            expect![[r#"
            "a.wasm" Some(AzurePython(".")) {"name":"a","grants":[],"http":[],"timers":[],"streams":[]}
        "#]],
        );
        check(
            "name = \"a\"\n[[component]]\nwasm = \"a.wasm\"\nbuild = { c = [\"a.c\"] }\n",
            expect![[r#"
            "a.wasm" Some(C(["a.c"])) {"name":"a","grants":[],"http":[],"timers":[],"streams":[]}
        "#]],
        );
        check(
            "name = \"a\"\n[[component]]\nwasm = \"a.wasm\"\nbuild = { c = [] }\n",
            expect![[r#"
            invalid_manifest: app/dacapo.toml: a build in C names no sources
        "#]],
        );
        check(
            "name = \"a\"\n[[component]]\nwasm = \"a.wasm\"\nbuild = { js = \"a\", minify = true }\n",
            expect![[r#"
            invalid_manifest: app/dacapo.toml: TOML parse error at line 4, column 9
              |
            4 | build = { js = "a", minify = true }
              |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^
            wanted exactly 1 element, more than 1 element
        "#]],
        );
        check(
            "name = \"a\"\n[[component]]\nwasm = \"a.wasm\"\n[[component]]\nwasm = \"./a.wasm\"\n",
            expect![[r#"
            invalid_manifest: app/dacapo.toml: two components are to be ./a.wasm
        "#]],
        );
        check(
            "name = \"a\"\n[[component]]\nwasm = \"a.wasm\"\nbuild = { npm = \"a\" }\n",
            expect![[r#"
            invalid_manifest: app/dacapo.toml: TOML parse error at line 4, column 11
              |
            4 | build = { npm = "a" }
              |           ^^^
            unknown variant `npm`, expected one of `cargo`, `js`, `python`, `azure-python`, `c`, `command`
        "#]],
        );
        check(
            "name = \"a\"\n[[component]]\nwasm = \"a.wasm\"\nwsam = \"b.wasm\"\n",
            expect![[r#"
                invalid_manifest: app/dacapo.toml: TOML parse error at line 4, column 1
                  |
                4 | wsam = "b.wasm"
                  | ^^^^
                unknown field `wsam`, expected one of `wasm`, `build`, `client`, `http`, `timer`, `stream`
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
    fn bindings() {
        let check = |rest: &str, expect: Expect| {
            let text = format!("name = \"a\"\n[[component]]\nwasm = \"b.wasm\"\n{rest}");
            let got = match parse(&text, Path::new("dacapo.toml")) {
                Ok(manifest) => manifest.components.iter().map(shown).collect(),
                Err(problem) => format!("{}: {problem}\n", problem.code),
            };
            expect.assert_eq(&got);
        };
        check(
            r#"
client = ["start", "read-entity"]
[[component.http]]
route = "sessions/{session}/messages"
methods = ["POST"]
[[component.timer]]
function = "nightly"
schedule = "0 0 3 * * *"
time-zone = "Europe/Berlin"
[[component.stream]]
function = "on_event"
connection = "main"
stream = "EVENTS"
subject = "events.>"
durable = "article-events"
dead-letter = "dead.events"
"#,
            expect![[r#"
                "b.wasm" None {"name":"a/b","grants":["start","read-entity"],"http":[{"route":"sessions/{session}/messages","methods":["POST"]}],"timers":[{"function":"nightly","schedule":"0 0 3 * * *","time-zone":"Europe/Berlin"}],"streams":[{"function":"on_event","connection":"main","stream":"EVENTS","subject":"events.>","durable":"article-events","batch":100,"start":"all","max-deliveries":5,"dead-letter":"dead.events"}]}
            "#]],
        );
        check(
            "client = [\"urls\"]\n",
            expect![[r#"
            invalid_manifest: dacapo.toml: TOML parse error at line 4, column 11
              |
            4 | client = ["urls"]
              |           ^^^^^^
            unknown variant `urls`, expected one of `start`, `signal`, `raise`, `status`, `query`, `terminate`, `suspend`, `resume`, `purge`, `read-entity`
        "#]],
        );
        check(
            "[[component.http]]\nroute = \"/a\"\n",
            expect![[r#"
            invalid_manifest: dacapo.toml: TOML parse error at line 5, column 9
              |
            5 | route = "/a"
              |         ^^^^
            "/a" is not a route: leave out the slash at its begin or end; it is served under /api/ anyway
        "#]],
        );
        check(
            "[[component.http]]\nroute = \"a\"\nmethods = [\"BREW\"]\n",
            expect![[r#"
            invalid_manifest: dacapo.toml: TOML parse error at line 6, column 12
              |
            6 | methods = ["BREW"]
              |            ^^^^^^
            unknown variant `BREW`, expected one of `DELETE`, `GET`, `HEAD`, `OPTIONS`, `PATCH`, `POST`, `PUT`
        "#]],
        );
        check(
            "[[component.timer]]\nfunction = \"f\"\nschedule = \"0 0 25 * * *\"\n",
            expect![[r#"
            invalid_manifest: dacapo.toml: TOML parse error at line 6, column 12
              |
            6 | schedule = "0 0 25 * * *"
              |            ^^^^^^^^^^^^^^
            "0 0 25 * * *" is not a cron expression: hours (25): Component error: Number out of bounds; it has the form "seconds minutes hours day month weekday"
        "#]],
        );
        check(
            "[[component.timer]]\nfunction = \"f\"\n",
            expect![[r#"
            invalid_manifest: dacapo.toml: TOML parse error at line 4, column 1
              |
            4 | [[component.timer]]
              | ^^^^^^^^^^^^^^^^^^^
            missing field `schedule`
        "#]],
        );
        check(
            "http = [{ route = \"x/{id}\" }]\n[[component]]\nwasm = \"c.wasm\"\nhttp = [{ route = \"x/y\" }]\n",
            expect![[r#"
                invalid_manifest: dacapo.toml: component a/c: route x/y: DELETE clashes with route x/{id} of a/b; change one of them, or deploy a/b again without it
            "#]],
        );
        check(
            "http = [{ route = \"x\" }]\n[[component]]\nwasm = \"c/b.wasm\"\n",
            expect![[r#"
            invalid_manifest: dacapo.toml: two components are called a/b; give their files other names
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
