//! Where scenarios are: in the folder `scenarios` beside the manifest of the application that they are about.
//!
//! It finds and reads the files, and refuses all of them if one makes no sense: what is not understood must not pass for
//! what was not tested.

use std::path::{Path, PathBuf};

use super::file::{self, Scenario};
use crate::problem::{Code, Problem};

/// The folder beside a manifest.
const FOLDER: &str = "scenarios";

/// An application and the scenarios that are about it.
#[derive(Debug)]
pub struct Suite {
    /// Its folder or its manifest, to be built.
    pub application: PathBuf,
    /// The files, in order of their names.
    pub files: Vec<File>,
}

/// A file of scenarios.
#[derive(Debug)]
pub struct File {
    /// Its path.
    pub path: PathBuf,
    /// What is written in it.
    pub text: String,
    /// The same as data; those that are to be played.
    pub scenarios: Vec<Scenario>,
}

impl Suite {
    /// The scenarios that a path names: a file of scenarios, a manifest, or the folder of one. Those whose name or file has
    /// `filter` in it.
    pub fn find(path: &Path, filter: Option<&str>) -> Result<Self, Problem> {
        let metadata = std::fs::metadata(path);
        let metadata = metadata.map_err(|error| unreadable(path, &error))?;
        let parent = |path: &Path| match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let folder = if metadata.is_dir() { path.to_owned() } else { parent(path) };
        let is_scenario_file = !metadata.is_dir() && folder.file_name().is_some_and(|name| name == FOLDER);
        let (application, paths) = match is_scenario_file {
            true => (parent(&folder), vec![path.to_owned()]),
            // Of what is in the folder at hand it need not be said where it is.
            false => (path.to_owned(), files(&folder.strip_prefix(".").unwrap_or(&folder).join(FOLDER))?),
        };
        let files = paths.into_iter().map(|path| File::read(path, filter)).collect::<Result<_, _>>()?;
        Ok(Self { application, files })
    }
}

impl File {
    fn read(path: PathBuf, filter: Option<&str>) -> Result<Self, Problem> {
        let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
        let mut scenarios = file::parse(&text, &path)?;
        if let Some(filter) = filter {
            let is_file = path.file_stem().is_some_and(|stem| stem.to_string_lossy().contains(filter));
            scenarios.retain(|scenario| is_file || scenario.name.contains(filter));
        }
        Ok(Self { path, text, scenarios })
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|error| {
        let why = format!("there are no scenarios: {} cannot be read: {error}", folder.display());
        Problem::new(Code::InvalidScenario, why)
    })?;
    let mut files: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    match files.is_empty() {
        true => Err(Problem::new(Code::InvalidScenario, format!("there is no .toml file in {}", folder.display()))),
        false => Ok(files),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(Code::FileUnreadable, format!("{} cannot be read: {error}", path.display()))
}
