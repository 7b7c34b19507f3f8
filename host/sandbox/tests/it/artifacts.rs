//! What is on disk after a deployment, and that a restart uses it only if it is this host's own.

use std::path::{Path, PathBuf};

use kernel::model::ComponentDigest;
use sandbox::{Origin, Sandbox};

use crate::guest::Guest;

fn artifact(dir: &Path) -> PathBuf {
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut artifacts = files.filter(|path| path.extension().is_some_and(|extension| extension == "cwasm"));
    artifacts.next().expect("a deployment leaves an artifact")
}

#[test]
fn a_restart_compiles_only_what_it_cannot_trust() {
    let component = Guest::application().build();
    let check = |what: &str, between: fn(&Path), expect: Origin| {
        let dir = tempfile::tempdir().unwrap();
        let first = Sandbox::open(dir.path(), [1; 32]).unwrap().deploy(&component).unwrap();
        assert_eq!(first.origin, Origin::Compiled);
        between(dir.path());
        let sandbox = Sandbox::open(dir.path(), [2; 32]).unwrap();
        assert_eq!(sandbox.restore(first.digest).is_some(), expect == Origin::Artifact, "{what}");
        let second = sandbox.deploy(&component).unwrap();
        assert_eq!((second.origin, second.functions), (expect, first.functions), "{what}");
        assert!(sandbox.restore(first.digest).is_some(), "{what}: it is kept again");
    };
    check("untouched", |_| {}, Origin::Artifact);
    check("gone", |dir| std::fs::remove_file(artifact(dir)).unwrap(), Origin::Compiled);
    let flip = |dir: &Path| {
        let path = artifact(dir);
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(path, bytes).unwrap();
    };
    check("a flipped bit", flip, Origin::Compiled);
    check("a foreign key", |dir| std::fs::write(dir.join("key"), [9; 32]).unwrap(), Origin::Compiled);
    check("raw machine code", |dir| std::fs::write(artifact(dir), b"\x7fELF").unwrap(), Origin::Compiled);
}

#[test]
fn what_was_never_deployed_is_not_restored() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::open(dir.path(), [1; 32]).unwrap();
    assert!(sandbox.restore(ComponentDigest::of(b"never deployed")).is_none());
}

#[test]
fn machine_code_from_elsewhere_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::open(dir.path(), [1; 32]).unwrap();
    sandbox.deploy(&Guest::application().build()).unwrap();
    let artifact = std::fs::read(artifact(dir.path())).unwrap();
    let elf = artifact.windows(4).position(|bytes| bytes == b"\x7fELF").expect("an artifact holds an ELF image");
    assert_eq!(sandbox.deploy(&artifact[elf..]).unwrap_err().code(), "precompiled_not_accepted");
}
