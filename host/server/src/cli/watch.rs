//! `up --watch`: builds and deploys again what changed, while the host serves.
//!
//! One build runs at a time; what changes meanwhile is the next one. Whatever goes wrong is told, and the version before goes
//! on. It starts and stops nothing but triggers: what runs stays with the component that it began with.

mod area;
mod files;

pub use area::Area;
pub use files::Files;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kernel::model::ComponentDigest;

use super::exit::CliError;
use super::output::{Format, note};
use super::up::deploy_one;
use crate::build::{Installs, Source, build, read, sources};
use crate::hub::{Bound, Hub};
use crate::problem::{Code, Problem};
use crate::triggers::{Bindings, Live};

/// What is watched, and for whom.
pub struct Watch {
    /// What the command line names.
    pub paths: Vec<PathBuf>,
    /// The data folder, which may lie among the sources.
    pub data: PathBuf,
    /// Whether a toolchain may be installed.
    pub installs: Installs,
    /// The connections to streams that the operator gave.
    pub connections: Vec<String>,
    /// The sources as they were when they were built for the first time, and the files that belong to them.
    pub sources: Vec<Source>,
    pub files: Files,
    pub hub: Hub,
    /// What has to follow.
    pub live: Live,
    /// Where routes are found, for people.
    pub base: String,
}

/// What was deployed last, by file.
type Known = BTreeMap<PathBuf, (ComponentDigest, Bindings)>;

/// Watches until it is dropped.
pub async fn run(mut watch: Watch) {
    if let Err(problem) = watch.watch().await {
        CliError::from(problem).print(Format::Text);
        note("changes are not watched any more; the host goes on");
    }
}

impl Watch {
    async fn watch(&mut self) -> Result<(), Problem> {
        let mut known = Known::new();
        for source in &self.sources {
            known.insert(source.wasm.clone(), (ComponentDigest::of(&read(&source.wasm)?), source.bindings.clone()));
        }
        note("watching for changes");
        loop {
            let changed = self.files.next().await?;
            let shown = changed.iter().map(|path| shown(path)).collect::<Vec<_>>().join(", ");
            note(&format!("changed: {shown}"));
            match self.again(&changed, &mut known).await {
                Ok(()) => {}
                Err(error) => {
                    error.print(Format::Text);
                    note("the version before goes on; waiting for the next change");
                }
            }
        }
    }

    /// Builds and deploys what changed.
    async fn again(&mut self, changed: &[PathBuf], known: &mut Known) -> Result<(), CliError> {
        let now = sources(&self.paths)?;
        self.files.cover(Area::of(&self.paths, &now, &self.data)?)?;
        let is_due = |source: &Source| {
            let dir = source.dir.canonicalize().unwrap_or_else(|_| source.dir.clone());
            !self.sources.contains(source) || changed.iter().any(|path| path.starts_with(&dir))
        };
        let due: Vec<Source> = now.iter().filter(|source| is_due(source)).cloned().collect();
        let installs = self.installs;
        let built = tokio::task::spawn_blocking(move || {
            let built = due.into_iter().map(|source| build(&source, installs, note).map(|_| source));
            built.collect::<Result<Vec<_>, _>>()
        });
        let built = built.await.map_err(|error| Problem::new(Code::InternalError, error.to_string()))??;
        let mut new = Vec::new();
        for source in built {
            let digest = ComponentDigest::of(&read(&source.wasm)?);
            if known.get(&source.wasm) != Some(&(digest, source.bindings.clone())) {
                new.push((source, digest));
            }
        }
        if new.is_empty() {
            note("nothing to deploy: the components are the same as before");
        } else {
            self.deploy(new, known).await?;
        }
        self.sources = now;
        Ok(())
    }

    async fn deploy(&mut self, new: Vec<(Source, ComponentDigest)>, known: &mut Known) -> Result<(), CliError> {
        let names = || self.connections.iter().map(String::as_str);
        for (source, _) in &new {
            let checked = source.bindings.check_connections(names());
            checked.map_err(|error| Problem::new(Code::InvalidManifest, error.to_string()))?;
        }
        let before = self.hub.bound();
        let mut waiting = new;
        while !waiting.is_empty() {
            let (mut refused, mut reason) = (Vec::new(), None);
            let count = waiting.len();
            for (source, digest) in waiting {
                match deploy_one(&self.hub, &source.wasm, &source.bindings).await {
                    Ok(()) => drop(known.insert(source.wasm.clone(), (digest, source.bindings))),
                    Err(error) => {
                        reason = Some(error);
                        refused.push((source, digest));
                    }
                }
            }
            // A route may go from one component to another: who gives it away has to be deployed first.
            waiting = refused;
            if waiting.len() == count
                && let Some(reason) = reason
            {
                self.live.follow().await?;
                return Err(reason);
            }
        }
        self.live.follow().await?;
        self.tell(&before);
        Ok(())
    }

    /// Says what is bound otherwise than before.
    fn tell(&self, before: &[Bound]) {
        let lines =
            |bound: &[Bound]| bound.iter().flat_map(|bound| bound.bindings.lines(&self.base)).collect::<Vec<_>>();
        let (before, now) = (lines(before), lines(&self.hub.bound()));
        for (kind, text) in now.iter().filter(|line| !before.contains(line)) {
            note(&format!("{kind}: {text}"));
        }
        for (kind, text) in before.iter().filter(|line| !now.contains(line)) {
            note(&format!("no more {kind}: {text}"));
        }
        note("new executions begin with it; what runs stays with the component that it began with");
    }
}

/// A path as short as it can be understood.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let short = here.ok().and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    short.unwrap_or_else(|| path.to_owned()).display().to_string()
}
