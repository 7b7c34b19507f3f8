//! The section `[blobs]` of an operator's settings: which payloads become blobs, and where those are kept.
//!
//! It checks what can be checked without asking a store. It holds no keys; those come from the environment.

use std::path::Path;

use blobs::{BlobOptions, S3Options, StoreOptions, Transport};
use kernel::limits::{
    BLOB_GRACE_DEFAULT_MS, BLOB_GRACE_MIN_MS, BLOB_THRESHOLD_DEFAULT_BYTES, BLOB_THRESHOLD_MAX_BYTES,
    BLOB_THRESHOLD_MIN_BYTES,
};
use kernel::model::Millis;
use serde::Deserialize;

use super::HubName;

/// What an operator says of blobs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct BlobSettings {
    threshold_bytes: usize,
    grace: Millis,
    store: Store,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Store {
    /// In the folder of the hub.
    Files,
    /// In a bucket that hubs may share: each has its own prefix in it.
    S3(S3Options),
}

/// The section as it is written.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    threshold_bytes: usize,
    grace_seconds: u64,
    store: Kind,
    bucket: Option<String>,
    endpoint: Option<String>,
    region: Option<String>,
    prefix: Option<String>,
    allow_http: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Files,
    S3,
}

impl BlobSettings {
    /// The options of a hub that has this folder.
    pub fn options(&self, data: &Path, hub: &HubName) -> BlobOptions {
        let store = match &self.store {
            Store::Files => StoreOptions::Files(data.join("blobs")),
            Store::S3(shared) => {
                let prefix = [shared.prefix.trim_matches('/'), hub.as_str()].join("/");
                StoreOptions::S3(S3Options { prefix: prefix.trim_start_matches('/').to_owned(), ..shared.clone() })
            }
        };
        BlobOptions { store, threshold_bytes: self.threshold_bytes, grace: self.grace }
    }
}

impl Default for BlobSettings {
    fn default() -> Self {
        Self::try_from(Written::default()).expect("what is in force if nothing is said is allowed")
    }
}

impl Default for Written {
    fn default() -> Self {
        Self {
            threshold_bytes: BLOB_THRESHOLD_DEFAULT_BYTES,
            grace_seconds: BLOB_GRACE_DEFAULT_MS / 1_000,
            store: Kind::Files,
            bucket: None,
            endpoint: None,
            region: None,
            prefix: None,
            allow_http: None,
        }
    }
}

impl TryFrom<Written> for BlobSettings {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let threshold_bytes = written.threshold_bytes;
        if !(BLOB_THRESHOLD_MIN_BYTES..=BLOB_THRESHOLD_MAX_BYTES).contains(&threshold_bytes) {
            let range = format!("{BLOB_THRESHOLD_MIN_BYTES} to {BLOB_THRESHOLD_MAX_BYTES}");
            return Err(format!("threshold-bytes is {threshold_bytes}; it must be {range}"));
        }
        let grace = Millis(written.grace_seconds.saturating_mul(1_000));
        if grace.0 < BLOB_GRACE_MIN_MS {
            return Err(format!("grace-seconds must be at least {}", BLOB_GRACE_MIN_MS.div_ceil(1_000)));
        }
        Ok(Self { threshold_bytes, grace, store: store(written)? })
    }
}

fn store(written: Written) -> Result<Store, String> {
    let Written { bucket, endpoint, region, prefix, allow_http, .. } = written;
    if written.store == Kind::Files {
        let texts = [("bucket", bucket), ("endpoint", endpoint), ("region", region), ("prefix", prefix)];
        let said = texts.into_iter().find_map(|(key, value)| value.map(|_| key));
        return match said.or(allow_http.map(|_| "allow-http")) {
            Some(key) => Err(format!("{key} is for store = \"s3\"")),
            None => Ok(Store::Files),
        };
    }
    let bucket = bucket.filter(|name| !name.is_empty()).ok_or("store = \"s3\" needs a bucket")?;
    let transport = if allow_http == Some(true) { Transport::HttpToo } else { Transport::Https };
    Ok(Store::S3(S3Options { bucket, endpoint, region, prefix: prefix.unwrap_or_default(), transport }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections() {
        let hub = HubName::parse("Orders").unwrap();
        let check = |text: &str, expect: Result<&str, &str>| {
            let got = toml::from_str::<BlobSettings>(text).map_err(|error| error.to_string());
            match expect {
                Ok(part) => {
                    let options = format!("{:?}", got.unwrap().options(Path::new("data"), &hub));
                    assert!(options.contains(part), "{options} has no {part}");
                }
                Err(part) => assert!(got.as_ref().is_err_and(|text| text.contains(part)), "{got:?} has no {part}"),
            }
        };
        check("", Ok("Files(\"data/blobs\"), threshold_bytes: 32768, grace: Millis(3600000)"));
        check("threshold-bytes = 1024\ngrace-seconds = 5", Ok("threshold_bytes: 1024, grace: Millis(5000)"));
        check("threshold-bytes = 1", Err("it must be 256 to 1048576"));
        check("grace-seconds = 0", Err("at least 1"));
        check("treshold-bytes = 1", Err("unknown field"));
        check("store = \"gcs\"", Err("unknown variant"));
        check("store = \"s3\"", Err("needs a bucket"));
        check("bucket = \"b\"", Err("bucket is for store = \"s3\""));
        check("allow-http = true", Err("allow-http is for store = \"s3\""));
        check("store = \"s3\"\nbucket = \"b\"", Ok("prefix: \"Orders\", transport: Https"));
        check("store = \"s3\"\nbucket = \"b\"\nprefix = \"/a/b/\"", Ok("prefix: \"a/b/Orders\""));
        check("store = \"s3\"\nbucket = \"b\"\nallow-http = true", Ok("HttpToo"));
    }
}
