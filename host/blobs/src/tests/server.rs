//! A server that speaks S3, started for a test and ended with it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::backend::{Backend, S3Options, Transport, bucket};

#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    url: String,
}

impl Server {
    pub(super) fn start() -> Self {
        let python = install().join("bin/python");
        let mut command = Command::new(python);
        command.arg(file("src/tests/s3/serve.py")).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the server starts");
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        assert!(url.starts_with("http://"), "the server says {url:?} instead of its URL");
        Self { child, url: url.trim().to_owned() }
    }

    /// Its bucket, with the keys that the environment would give.
    pub(super) fn backend(&self, prefix: &str) -> Backend {
        let options = S3Options {
            bucket: "blobs".to_owned(),
            endpoint: Some(self.url.clone()),
            region: None,
            prefix: prefix.to_owned(),
            transport: Transport::HttpToo,
        };
        let builder = bucket(&options).unwrap().with_access_key_id("test").with_secret_access_key("test");
        Backend::bucket(&options, builder).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input ends it, also if the test was killed.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// The folder with the packages of the server; the first time they are fetched.
fn install() -> PathBuf {
    let script = file("../../tests/clients/install.sh");
    let output = Command::new(script).arg(file("src/tests/s3/requirements.txt")).output().expect("install.sh");
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the server that speaks S3 cannot be installed:\n{printed}");
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}
