//! A sandbox of its own for one command, which is thrown away.

use std::path::PathBuf;

use sandbox::Sandbox;

use super::exit::CliError;
use crate::hub::random_key;
use crate::problem::{Code, Problem};

/// A sandbox and the folder in which it keeps what it compiles.
#[derive(Debug)]
pub struct Scratch {
    pub sandbox: Sandbox,
    _folder: Folder,
}

/// Goes with what is in it when this does.
#[derive(Debug)]
struct Folder(PathBuf);

impl Scratch {
    pub fn new() -> Result<Self, CliError> {
        let path = std::env::temp_dir().join(format!("dacapo-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir(&path).map_err(|error| {
            Problem::new(Code::FileUnreadable, format!("{} cannot be made: {error}", path.display()))
        })?;
        let folder = Folder(path);
        let sandbox = Sandbox::open(&folder.0, random_key());
        let sandbox = sandbox.map_err(|error| Problem::new(Code::InternalError, error.to_string()))?;
        Ok(Self { sandbox, _folder: folder })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays lies among temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
