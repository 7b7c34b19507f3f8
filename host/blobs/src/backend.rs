//! Which object store it is, and how it is opened.
//!
//! It owns the differences between stores: a folder is prepared before the first write, a bucket wants keys and TLS. It
//! does not know what the objects are, and it asks no store for anything: one that cannot be reached opens all the same.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use kernel::limits::{BLOB_CONNECT_TIMEOUT_MS, BLOB_REQUEST_TIMEOUT_MS, BLOB_RETRIES_MAX_COUNT};
use kernel::model::Millis;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::prefix::PrefixStore;
use object_store::{ClientConfigKey, ObjectStore, RetryConfig};

use crate::failure::OpenBlobsError;
use crate::folder::Folder;

/// Where blobs are kept and which payloads become blobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobOptions {
    /// Where.
    pub store: StoreOptions,
    /// The largest payload that does not become a blob, in bytes.
    pub threshold_bytes: usize,
    /// How long a blob stays to which nobody refers. It must be longer than the way from a put to its commit.
    pub grace: Millis,
}

/// A place for blobs. It belongs to one hub alone, for a sweep deletes what that hub does not refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreOptions {
    /// Files in this folder, which is made if it is not there.
    Files(PathBuf),
    /// Nothing survives; for tests.
    Memory,
    /// Objects in a bucket.
    S3(S3Options),
}

/// A bucket of S3 or of what speaks like it. Keys come from the environment (`AWS_ACCESS_KEY_ID` and so on), and if there
/// are none from the machine or container that the host runs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Options {
    /// Its name.
    pub bucket: String,
    /// Where it is; if nothing is said, at AWS.
    pub endpoint: Option<String>,
    /// Its region; if nothing is said, that of the environment, or `us-east-1`.
    pub region: Option<String>,
    /// What all names begin with.
    pub prefix: String,
    /// Whether it must be reached by HTTPS.
    pub transport: Transport,
}

/// How a bucket may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Only by HTTPS.
    Https,
    /// Also by plain HTTP; the operator said so.
    HttpToo,
}

/// An open store.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) store: Arc<dyn ObjectStore>,
    /// What people call it.
    pub(crate) place: String,
    /// Where its files are, if it is one of files.
    pub(crate) folder: Option<Folder>,
}

impl Backend {
    pub(crate) fn open(options: StoreOptions) -> Result<Self, OpenBlobsError> {
        match options {
            StoreOptions::Files(path) => Self::files(path),
            StoreOptions::Memory => Ok(Self {
                store: Arc::new(InMemory::new()),
                place: "the blob store in memory".to_owned(),
                folder: None,
            }),
            StoreOptions::S3(options) => Self::bucket(&options, bucket(&options)?),
        }
    }

    fn files(path: PathBuf) -> Result<Self, OpenBlobsError> {
        let failed = |why| OpenBlobsError::Folder { path: path.clone(), why };
        fs::create_dir_all(&path).map_err(failed)?;
        let path = path.canonicalize().map_err(failed)?;
        let store = LocalFileSystem::new_with_prefix(&path).map_err(wrong)?.with_fsync(true);
        let place = format!("the blob folder {}", path.display());
        Ok(Self { store: Arc::new(store), place, folder: Some(Folder::new(path)) })
    }

    pub(crate) fn bucket(options: &S3Options, builder: AmazonS3Builder) -> Result<Self, OpenBlobsError> {
        let prefix = object_store::path::Path::parse(&options.prefix)
            .map_err(|error| OpenBlobsError::Options(format!("prefix {:?}: {error}", options.prefix)))?;
        let store = Arc::new(PrefixStore::new(builder.build().map_err(wrong)?, prefix));
        let endpoint = options.endpoint.as_deref().unwrap_or("AWS");
        Ok(Self { store, place: format!("the bucket {} at {endpoint}", options.bucket), folder: None })
    }
}

/// How the bucket of these options is reached.
pub(crate) fn bucket(options: &S3Options) -> Result<AmazonS3Builder, OpenBlobsError> {
    let plain = options.endpoint.as_deref().filter(|endpoint| !endpoint.starts_with("https://"));
    if let (Some(endpoint), Transport::Https) = (plain, options.transport) {
        let why = format!("endpoint {endpoint:?} is not https; allow http if the network is trusted");
        return Err(OpenBlobsError::Options(why));
    }
    // The HTTP client takes the provider of the process. If one was installed before, that is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let milliseconds = |length: u64| format!("{length} ms");
    let client = |key| AmazonS3ConfigKey::Client(key);
    let mut builder = AmazonS3Builder::from_env()
        .with_bucket_name(&options.bucket)
        .with_allow_http(options.transport == Transport::HttpToo)
        .with_config(client(ClientConfigKey::Timeout), milliseconds(BLOB_REQUEST_TIMEOUT_MS))
        .with_config(client(ClientConfigKey::ConnectTimeout), milliseconds(BLOB_CONNECT_TIMEOUT_MS))
        .with_retry(RetryConfig { max_retries: BLOB_RETRIES_MAX_COUNT, ..RetryConfig::default() });
    if let Some(endpoint) = &options.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    if let Some(region) = &options.region {
        builder = builder.with_region(region);
    }
    Ok(builder)
}

fn wrong(error: object_store::Error) -> OpenBlobsError {
    OpenBlobsError::Options(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let check = |store: StoreOptions, expect: Result<&str, &str>| match (Backend::open(store), expect) {
            (Ok(backend), Ok(part)) => assert!(backend.place.contains(part), "{:?} has no {part:?}", backend.place),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error} has no {part:?}"),
            (got, expect) => panic!("{got:?} is not {expect:?}"),
        };
        let s3 = |bucket: &str, endpoint: &str, prefix: &str, transport| {
            let (bucket, prefix) = (bucket.to_owned(), prefix.to_owned());
            StoreOptions::S3(S3Options { bucket, endpoint: Some(endpoint.to_owned()), region: None, prefix, transport })
        };
        check(StoreOptions::Memory, Ok("in memory"));
        check(StoreOptions::Files(folder.path().join("a/b")), Ok("a/b"));
        check(StoreOptions::Files(folder.path().join("file")), Err("file cannot be used"));
        check(s3("b", "https://s3.example", "", Transport::Https), Ok("bucket b at https://s3.example"));
        check(s3("b", "http://s3.example", "x/y", Transport::HttpToo), Ok("http://s3.example"));
        check(s3("b", "http://s3.example", "", Transport::Https), Err("is not https"));
        check(s3("b", "s3.example", "", Transport::Https), Err("is not https"));
        check(s3("b", "https://s3.example", "x//y", Transport::Https), Err("prefix \"x//y\""));
    }
}
