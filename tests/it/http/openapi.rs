//! The document that describes the interface: each operation in it is served, and answers as it says.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use serde_json::Value;
use tests::host::Host;

use super::{HOOK, ask};

pub fn check_all(host: &Host) -> Result<()> {
    let document = ask(host, "GET /openapi.json", "")?.json()?;
    ensure!(document["openapi"] == "3.1.0", "{}", document["openapi"]);
    let paths: BTreeMap<String, BTreeMap<String, Value>> = serde_json::from_value(document["paths"].clone())?;
    for (path, operations) in &paths {
        for (method, operation) in operations {
            for id in ["one", "nobody"] {
                let path = path.replace("{id}", id).replace("{fn}", "nobody").replace("{event}", "e");
                let request = format!("{} {}", method.to_uppercase(), path.replace("{digest}", &"0".repeat(64)));
                let answer = ask(host, &request, "")?;
                let documented = &operation["responses"][answer.status.to_string()];
                ensure!(documented.is_object(), "{request}: {} is not documented", answer.status);
                let code = answer.header("dacapo-error");
                ensure!(code != Some("route_not_found"), "{request} is documented and not served");
                let codes = documented["headers"]["dacapo-error"]["schema"]["enum"].as_array();
                let known = |code: &str| codes.is_some_and(|codes| codes.iter().any(|known| known == code));
                ensure!(code.is_none_or(known), "{request}: {code:?} is not documented");
                let kind = answer.header("content-type").map(|kind| kind.split(';').next().unwrap_or_default());
                let kinds = documented["content"].as_object();
                let known = |kind: &str| kinds.is_some_and(|kinds| kinds.contains_key(kind));
                ensure!(kind.is_none_or(known) && kind.is_some() == kinds.is_some(), "{request}: {kind:?}");
            }
        }
    }
    ensure!(paths.contains_key(&format!("{HOOK}/instances/{{id}}")), "{:?}", paths.keys());
    Ok(())
}
