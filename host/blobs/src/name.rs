//! Where the object of a blob is: `ab/cdef…`, from the digits of its digest.
//!
//! Two levels, because a folder with a million files is slow to read for everybody. It knows of no other objects: a path
//! that it did not make has no digest.

use kernel::model::BlobDigest;
use object_store::path::Path;

/// How many digits name the folder.
pub(crate) const FOLDER_DIGITS: usize = 2;

pub(crate) fn path_of(digest: BlobDigest) -> Path {
    let hex = digest.to_string();
    let (folder, file) = hex.split_at(FOLDER_DIGITS);
    Path::from_iter([folder, file])
}

pub(crate) fn digest_of(path: &Path) -> Option<BlobDigest> {
    let digest = BlobDigest::parse(&path.as_ref().replacen('/', "", 1))?;
    (path_of(digest) == *path).then_some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let hex = "ab".repeat(32);
        let (folder, file) = hex.split_at(2);
        let check = |path: &str, expect: bool| {
            let digest = digest_of(&Path::from(path));
            assert_eq!(digest.map(|digest| path_of(digest).to_string()), expect.then(|| path.to_owned()), "{path}");
        };
        check(&format!("{folder}/{file}"), true);
        check(&hex, false);
        check(&format!("abab/{}", &hex[4..]), false);
        check(&format!("{}/{}", folder.to_uppercase(), file.to_uppercase()), false);
        check(&format!("x/{folder}/{file}"), false);
        check(&format!("{folder}/{file}#1"), false);
        check("README.md", false);
    }
}
