//! Compiled components on disk, so that a restart does not compile.
//!
//! An artifact is machine code that will run in this process, hence only what this host wrote may come back: the folder
//! and the files belong to the owner alone, and every file begins with an HMAC over its name and content, by a key that
//! lies in the folder. It is checked on the very bytes that are then loaded; the file is not looked at again. Whatever
//! is wrong with an artifact, the answer is the same: there is none, and the component is compiled again.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use kernel::model::ComponentDigest;
use sha2::Sha256;

const KEY_BYTES: usize = 32;
const MAC_BYTES: usize = 32;
const LENGTH_BYTES: usize = 8;

/// The machine code of one component, for each engine that needs it; empty for the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Images {
    pub(crate) journaled: Vec<u8>,
    pub(crate) activity: Vec<u8>,
}

/// The folder of artifacts of one host.
pub(crate) struct Artifacts {
    dir: PathBuf,
    key: [u8; KEY_BYTES],
    settings: String,
}

impl Artifacts {
    /// Opens or makes the folder. `fresh_key` becomes its key if it has none; `settings` names the version and the
    /// settings of the compiler, and artifacts of others are not seen.
    pub(crate) fn open(dir: &Path, fresh_key: [u8; KEY_BYTES], settings: String) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        std::fs::set_permissions(dir, Permissions::from_mode(0o700))?;
        let path = dir.join("key");
        let key = match read(&path).map(<[u8; KEY_BYTES]>::try_from) {
            Ok(Ok(key)) => key,
            // Without the key nothing can be checked, so a new one makes all artifacts worthless, as they should be.
            Ok(Err(_)) | Err(_) => {
                replace(&path, &[&fresh_key])?;
                fresh_key
            }
        };
        Ok(Self { dir: dir.to_owned(), key, settings })
    }

    /// Keeps the images of a component.
    pub(crate) fn keep(&self, component: ComponentDigest, images: &Images) -> io::Result<()> {
        let name = self.name(component);
        let length = (images.journaled.len() as u64).to_le_bytes();
        let mac = self.mac(&name, &[&length, &images.journaled, &images.activity]).finalize().into_bytes();
        replace(&self.dir.join(&name), &[&mac, &length, &images.journaled, &images.activity])
    }

    /// The images of a component, if this host kept them and nobody touched them.
    pub(crate) fn find(&self, component: ComponentDigest) -> Option<Images> {
        let name = self.name(component);
        let bytes = match read(&self.dir.join(&name)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(artifact = name, %error, "an artifact cannot be read; the component is compiled again");
                return None;
            }
        };
        let images = self.check(&name, &bytes);
        if images.is_none() {
            tracing::warn!(artifact = name, "an artifact is not as it was written; the component is compiled again");
        }
        images
    }

    fn check(&self, name: &str, bytes: &[u8]) -> Option<Images> {
        let (mac, content) = bytes.split_at_checked(MAC_BYTES)?;
        self.mac(name, &[content]).verify_slice(mac).ok()?;
        let (length, images) = content.split_first_chunk::<LENGTH_BYTES>()?;
        let (journaled, activity) = images.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        Some(Images { journaled: journaled.to_vec(), activity: activity.to_vec() })
    }

    /// The name is under the seal too, so that no artifact can take the place of another.
    fn mac(&self, name: &str, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        mac.update(&(name.len() as u64).to_le_bytes());
        mac.update(name.as_bytes());
        parts.iter().for_each(|part| mac.update(part));
        mac
    }

    fn name(&self, component: ComponentDigest) -> String {
        format!("{component}-{}.cwasm", self.settings)
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW).open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes a file beside the old one and then takes its place. What a crash tears is seen by the HMAC.
fn replace(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let beside = path.with_extension("new");
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file: File =
        OpenOptions::new().write(true).create_new(true).mode(0o600).custom_flags(libc::O_NOFOLLOW).open(&beside)?;
    parts.iter().try_for_each(|part| file.write_all(part))?;
    std::fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(dir: &Path, key: u8) -> Artifacts {
        Artifacts::open(dir, [key; KEY_BYTES], "48-test".to_owned()).unwrap()
    }

    #[test]
    fn only_what_this_host_wrote_comes_back() {
        let component = ComponentDigest::of(b"component");
        let images = Images { journaled: b"one image".to_vec(), activity: b"another".to_vec() };
        let check = |what: &str, tamper: fn(&Path, &Path), expect: Option<&Images>| {
            let dir = tempfile::tempdir().unwrap();
            let artifacts = open(dir.path(), 1);
            artifacts.keep(component, &images).unwrap();
            tamper(dir.path(), &dir.path().join(artifacts.name(component)));
            // The second key is not taken, as there is one already.
            assert_eq!(open(dir.path(), 2).find(component).as_ref(), expect, "{what}");
        };
        check("untouched", |_, _| {}, Some(&images));
        check("gone", |_, file| std::fs::remove_file(file).unwrap(), None);
        check("empty", |_, file| std::fs::write(file, b"").unwrap(), None);
        check("cut short", |_, file| File::options().write(true).open(file).unwrap().set_len(60).unwrap(), None);
        check("foreign key", |dir, _| std::fs::write(dir.join("key"), [9; KEY_BYTES]).unwrap(), None);
        check("key gone", |dir, _| std::fs::remove_file(dir.join("key")).unwrap(), None);
        check("key cut short", |dir, _| std::fs::write(dir.join("key"), b"short").unwrap(), None);
        let flip = |_: &Path, file: &Path| {
            let mut bytes = read(file).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            std::fs::write(file, bytes).unwrap();
        };
        check("one bit flipped", flip, None);
        let link = |_: &Path, file: &Path| {
            let aside = file.with_extension("aside");
            std::fs::rename(file, &aside).unwrap();
            std::os::unix::fs::symlink(&aside, file).unwrap();
        };
        check("a link", link, None);
    }

    #[test]
    fn an_artifact_cannot_take_the_place_of_another() {
        let dir = tempfile::tempdir().unwrap();
        let artifacts = open(dir.path(), 1);
        let (mine, other) = (ComponentDigest::of(b"mine"), ComponentDigest::of(b"other"));
        artifacts.keep(other, &Images { journaled: b"code".to_vec(), activity: Vec::new() }).unwrap();
        std::fs::rename(dir.path().join(artifacts.name(other)), dir.path().join(artifacts.name(mine))).unwrap();
        assert_eq!(artifacts.find(mine), None);
    }

    #[test]
    fn folder_and_files_belong_to_the_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("artifacts");
        let artifacts = open(&dir, 1);
        artifacts.keep(ComponentDigest::of(b"component"), &Images::default()).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&dir), 0o700);
        for entry in std::fs::read_dir(&dir).unwrap() {
            assert_eq!(mode(&entry.unwrap().path()), 0o600);
        }
    }
}
