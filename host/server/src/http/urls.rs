//! The URLs that clients are given to manage an instance.
//!
//! They always name the webhook base, whichever base the request came by: the other one is for local clients, which
//! make their own. No URL carries a secret.

use kernel::model::InstanceId;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sandbox::ManagementUrls;

use super::json::Object;
use super::origin::Origin;
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
    /// How the client calls this host.
    pub origin: Origin<'a>,
    /// The hub.
    pub hub: &'a HubName,
}

/// Where a hub is found by those whom a guest tells. Cheap enough to be made for each run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlBase {
    scheme: &'static str,
    host: String,
    hub: HubName,
}

/// What a URL leads to.
enum Leads<'a> {
    /// An instance, by its id as it stands in the URL, or one of its operations.
    Instance(&'a str, &'static str),
    /// Where instances are started.
    Start,
}

/// The operations on an instance: each by the name of its URL and what it adds to the URL of the instance. `{eventName}`
/// and `{text}` are for the client to fill in.
const OPERATIONS: [(&str, &str, &str); 8] = [
    ("statusQueryGetUri", "", ""),
    ("sendEventPostUri", "/raiseEvent/{eventName}", ""),
    ("terminatePostUri", "/terminate", "reason={text}&"),
    (REWIND, "/rewind", "reason={text}&"),
    ("purgeHistoryDeleteUri", "", ""),
    ("restartPostUri", "/restart", ""),
    ("suspendPostUri", "/suspend", "reason={text}&"),
    ("resumePostUri", "/resume", "reason={text}&"),
];
/// The one that the contract knows in the binding only.
const REWIND: &str = "rewindPostUri";
/// What clients replace by the id of an instance.
const ID_PLACEHOLDER: &str = "INSTANCEID";

impl Urls<'_> {
    /// Where the instance's status is found.
    pub fn instance(&self, id: &InstanceId) -> String {
        self.url(Leads::Instance(&segment(id.as_str()), ""), "")
    }

    /// The body that answers a start: where everything about the instance is found.
    pub fn management(&self, id: &InstanceId) -> Vec<u8> {
        let path = segment(id.as_str());
        let mut out = Vec::with_capacity(8 * (self.origin.host.len() + path.len() + 128));
        let mut object = Object::begin(&mut out);
        object.text("id", id.as_str());
        self.operations(&mut object, &path, |name| name != REWIND);
        object.end();
        out
    }

    /// What a client of Durable Functions is made with: the value of a binding of the type `durableClient`.
    pub fn binding(&self) -> Vec<u8> {
        let Self { origin: Origin { scheme, host }, hub } = self;
        let mut out = Vec::with_capacity(12 * (host.len() + 128));
        let mut object = Object::begin(&mut out);
        object.text("taskHubName", hub.as_str());
        object.object("creationUrls", |object| {
            object.text("createNewInstancePostUri", &self.url(Leads::Start, ""));
            let wait = "timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&";
            object.text("createAndWaitOnNewInstancePostUri", &self.url(Leads::Start, wait));
        });
        object.object("managementUrls", |object| {
            object.text("id", ID_PLACEHOLDER);
            self.operations(object, ID_PLACEHOLDER, |_| true);
        });
        object.text("baseUrl", &format!("{scheme}://{host}{WEBHOOK_BASE}"));
        // The JavaScript client takes an empty text for a host that is too old.
        object.text("requiredQueryStringParameters", &self.required());
        // The Python client joins paths to it and needs the slash.
        object.text("rpcBaseUrl", &format!("{scheme}://{host}{RPC_BASE}/"));
        object.payload("httpBaseUrl", None);
        object.end();
        out
    }

    fn operations(&self, object: &mut Object<'_>, path: &str, wanted: impl Fn(&str) -> bool) {
        for (name, operation, query) in OPERATIONS.into_iter().filter(|(name, ..)| wanted(name)) {
            object.text(name, &self.url(Leads::Instance(path, operation), query));
        }
    }

    fn url(&self, to: Leads<'_>, query: &str) -> String {
        let (Origin { scheme, host }, required) = (self.origin, self.required());
        match to {
            Leads::Instance(path, operation) => {
                format!("{scheme}://{host}{WEBHOOK_BASE}/instances/{path}{operation}?{query}{required}")
            }
            Leads::Start => {
                format!(
                    "{scheme}://{host}{WEBHOOK_BASE}/orchestrators/{{functionName}}[/{{instanceId}}]?{query}{required}"
                )
            }
        }
    }

    /// What the URLs of Durable Functions carry, without a key.
    fn required(&self) -> String {
        format!("taskHub={}&connection=Storage", self.hub)
    }
}

impl UrlBase {
    /// For a hub that is called so.
    pub fn new(origin: Origin<'_>, hub: HubName) -> Self {
        Self { scheme: origin.scheme, host: origin.host.to_owned(), hub }
    }

    /// Where an instance is managed.
    pub fn of(&self, id: &InstanceId) -> ManagementUrls {
        let urls = Urls { origin: Origin { scheme: self.scheme, host: &self.host }, hub: &self.hub };
        let path = segment(id.as_str());
        let url = |wanted: &str| {
            let known = OPERATIONS.into_iter().find(|(name, ..)| *name == wanted);
            let (_, operation, query) = known.expect("the operations of the contract are in the table");
            urls.url(Leads::Instance(&path, operation), query)
        };
        ManagementUrls {
            status_query_get: url("statusQueryGetUri"),
            send_event_post: url("sendEventPostUri"),
            terminate_post: url("terminatePostUri"),
            rewind_post: url(REWIND),
            purge_history_delete: url("purgeHistoryDeleteUri"),
            restart_post: url("restartPostUri"),
            suspend_post: url("suspendPostUri"),
            resume_post: url("resumePostUri"),
        }
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
            let body = Urls { origin: Origin { scheme: "http", host: "localhost:7071" }, hub: &hub }
                .management(&InstanceId::parse(id).unwrap());
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
    #[test]
    fn a_binding() {
        let hub = HubName::parse("Hub").unwrap();
        let body: serde_json::Value = serde_json::from_slice(
            &Urls { origin: Origin { scheme: "http", host: "localhost:7071" }, hub: &hub }.binding(),
        )
        .unwrap();
        expect![[r#"
            {
              "baseUrl": "http://localhost:7071/runtime/webhooks/durabletask",
              "creationUrls": {
                "createAndWaitOnNewInstancePostUri": "http://localhost:7071/runtime/webhooks/durabletask/orchestrators/{functionName}[/{instanceId}]?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&taskHub=Hub&connection=Storage",
                "createNewInstancePostUri": "http://localhost:7071/runtime/webhooks/durabletask/orchestrators/{functionName}[/{instanceId}]?taskHub=Hub&connection=Storage"
              },
              "httpBaseUrl": null,
              "managementUrls": {
                "id": "INSTANCEID",
                "purgeHistoryDeleteUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/INSTANCEID?taskHub=Hub&connection=Storage",
                "restartPostUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/INSTANCEID/restart?taskHub=Hub&connection=Storage",
                "resumePostUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/INSTANCEID/resume?reason={text}&taskHub=Hub&connection=Storage",
                "rewindPostUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/INSTANCEID/rewind?reason={text}&taskHub=Hub&connection=Storage",
                "sendEventPostUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/INSTANCEID/raiseEvent/{eventName}?taskHub=Hub&connection=Storage",
                "statusQueryGetUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/INSTANCEID?taskHub=Hub&connection=Storage",
                "suspendPostUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/INSTANCEID/suspend?reason={text}&taskHub=Hub&connection=Storage",
                "terminatePostUri": "http://localhost:7071/runtime/webhooks/durabletask/instances/INSTANCEID/terminate?reason={text}&taskHub=Hub&connection=Storage"
              },
              "requiredQueryStringParameters": "taskHub=Hub&connection=Storage",
              "rpcBaseUrl": "http://localhost:7071/durabletask/",
              "taskHubName": "Hub"
            }"#]].assert_eq(&serde_json::to_string_pretty(&body).unwrap());
    }
}
