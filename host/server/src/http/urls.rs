//! The URLs that clients are given to manage an instance.
//!
//! They always name the webhook base, whichever base the request came by: the other one is for local clients, which
//! make their own. No URL carries a secret.

use std::fmt::Write;

use kernel::model::InstanceId;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::json::Object;
use crate::config::HubName;

/// Under which all routes lie; for people and for the URLs in answers.
pub const WEBHOOK_BASE: &str = "/runtime/webhooks/durabletask";
/// The same routes, where the SDKs of Durable Functions look for them on a local port.
pub const RPC_BASE: &str = "/durabletask";

/// All but the unreserved characters of RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Makes URLs for one client of one hub.
#[derive(Debug, Clone, Copy)]
pub struct Urls<'a> {
    /// How the client calls this host: name and port.
    pub host: &'a str,
    /// The hub.
    pub hub: &'a HubName,
}

impl Urls<'_> {
    /// Where the instance's status is found.
    pub fn instance(&self, id: &InstanceId) -> String {
        self.url(&segment(id.as_str()), "", "?")
    }

    /// The body that answers a start: where everything about the instance is found. `{eventName}` and `{text}` are for
    /// the client to fill in.
    pub fn management(&self, id: &InstanceId) -> Vec<u8> {
        let path = segment(id.as_str());
        let mut out = Vec::with_capacity(8 * (self.host.len() + path.len() + 128));
        let mut object = Object::begin(&mut out);
        object.text("id", id.as_str());
        for (name, operation, query) in [
            ("statusQueryGetUri", "", "?"),
            ("sendEventPostUri", "/raiseEvent/{eventName}", "?"),
            ("terminatePostUri", "/terminate", "?reason={text}&"),
            ("purgeHistoryDeleteUri", "", "?"),
            ("restartPostUri", "/restart", "?"),
            ("suspendPostUri", "/suspend", "?reason={text}&"),
            ("resumePostUri", "/resume", "?reason={text}&"),
        ] {
            object.text(name, &self.url(&path, operation, query));
        }
        object.end();
        out
    }

    fn url(&self, path: &str, operation: &str, query: &str) -> String {
        let mut url = String::with_capacity(self.host.len() + path.len() + 128);
        let Self { host, hub } = self;
        write!(url, "http://{host}{WEBHOOK_BASE}/instances/{path}{operation}{query}taskHub={hub}&connection=Storage")
            .expect("writing into memory does not fail");
        url
    }
}

/// A text as one segment of a path.
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[test]
    fn management_urls() {
        let check = |id: &str, expect: Expect| {
            let hub = HubName::parse("Hub").unwrap();
            let body = Urls { host: "localhost:7071", hub: &hub }.management(&InstanceId::parse(id).unwrap());
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            expect.assert_eq(&serde_json::to_string_pretty(&body).unwrap());
        };
        check(
            "my-id",
            expect![[r#"
            {
              "id": "my-id",
              "purgeHistoryDeleteUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/my-id?taskHub=Hub&connection=Storage",
              "restartPostUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/my-id/restart?taskHub=Hub&connection=Storage",
              "resumePostUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/my-id/resume?reason={text}&taskHub=Hub&connection=Storage",
              "sendEventPostUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/my-id/raiseEvent/{eventName}?taskHub=Hub&connection=Storage",
              "statusQueryGetUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/my-id?taskHub=Hub&connection=Storage",
              "suspendPostUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/my-id/suspend?reason={text}&taskHub=Hub&connection=Storage",
              "terminatePostUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/my-id/terminate?reason={text}&taskHub=Hub&connection=Storage"
            }"#]],
        );
        check(
            "é {\"%",
            expect![[r#"
            {
              "id": "é {\"%",
              "purgeHistoryDeleteUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/%C3%A9%20%7B%22%25?taskHub=Hub&connection=Storage",
              "restartPostUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/%C3%A9%20%7B%22%25/restart?taskHub=Hub&connection=Storage",
              "resumePostUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/%C3%A9%20%7B%22%25/resume?reason={text}&taskHub=Hub&connection=Storage",
              "sendEventPostUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/%C3%A9%20%7B%22%25/raiseEvent/{eventName}?taskHub=Hub&connection=Storage",
              "statusQueryGetUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/%C3%A9%20%7B%22%25?taskHub=Hub&connection=Storage",
              "suspendPostUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/%C3%A9%20%7B%22%25/suspend?reason={text}&taskHub=Hub&connection=Storage",
              "terminatePostUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/%C3%A9%20%7B%22%25/terminate?reason={text}&taskHub=Hub&connection=Storage"
            }"#]],
        );
    }
}
