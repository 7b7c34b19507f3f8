//! Turns a core module that was built against the WIT of dacapo into a component, and puts it into its place.

use std::path::Path;

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::ComponentEncoder;

use crate::problem::{Code, Problem};

/// The layer field of the binary format, which tells a component from a core module.
const COMPONENT_LAYER: [u8; 2] = [1, 0];

/// Wraps a core module. What it imports of the first WASI becomes imports of the second. What is a component already stays
/// as it is.
pub fn wrap(module: &[u8], path: &Path) -> Result<Vec<u8>, Problem> {
    if module.starts_with(b"\0asm") && module.get(6..8) == Some(&COMPONENT_LAYER) {
        return Ok(module.to_owned());
    }
    let refuse = |error| {
        let why = format!("{} cannot be wrapped as a component: {error:#}", path.display());
        Problem::new(Code::NotAComponent, why)
    };
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true).module(module).map_err(refuse)?;
    encoder.adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER).map_err(refuse)?;
    encoder.encode().map_err(refuse)
}

/// Writes a file so that a reader finds the old one or the new one, never a part. An equal file is left alone.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    if std::fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let part = path.with_extension(format!("wasm.{}", std::process::id()));
    std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, path)).map_err(|error| {
        // It may not be there; what went wrong is already known.
        let _ = std::fs::remove_file(&part);
        Problem::new(Code::BuildFailed, format!("{} cannot be written: {error}", path.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps() {
        let check = |module: &[u8], expect: Result<&[u8], Code>| {
            let got = wrap(module, Path::new("a.wasm"));
            assert_eq!(got.as_deref().map_err(|problem| problem.code), expect, "{module:?}");
        };
        check(b"\0asm\x0d\0\x01\0", Ok(b"\0asm\x0d\0\x01\0"));
        check(b"not wasm", Err(Code::NotAComponent));
        check(b"", Err(Code::NotAComponent));
        assert!(wrap(b"\0asm\x01\0\0\0", Path::new("a.wasm")).is_ok());
    }

    /// Imports `random_get`, and exports its memory.
    const PREVIEW_1: &[u8] = b"\0asm\x01\0\0\0\x01\x07\x01\x60\x02\x7f\x7f\x01\x7f\
        \x02\x25\x01\x16wasi_snapshot_preview1\x0arandom_get\0\0\x05\x03\x01\0\x01\x07\x0a\x01\x06memory\x02\0";

    #[test]
    fn the_first_wasi_becomes_the_second() {
        let imports = |module: &[u8]| {
            let component = wrap(module, Path::new("a.wasm")).unwrap();
            component.windows(5).any(|bytes| bytes == b"wasi:")
        };
        assert!(imports(PREVIEW_1));
        assert!(!imports(b"\0asm\x01\0\0\0"), "an adapter that nobody needs is left out");
    }

    #[test]
    fn writes_whole_files() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.wasm");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        assert_eq!(write(&dir.path().join("no/a.wasm"), b"x").map_err(|p| p.code), Err(Code::BuildFailed));
    }
}
