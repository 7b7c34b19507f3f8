//! Purges: routes 4 and 5.

use anyhow::{Result, ensure};
use expect_test::expect;
use tests::host::Host;

use super::lists::ids;
use super::{HOOK, LATE, RPC, ask, check, refused};

/// The instances are those of [`super::lists`].
pub fn check_all(host: &Host) -> Result<()> {
    one(host)?;
    families(host)?;
    matching(host)
}

fn one(host: &Host) -> Result<()> {
    let client = host.client();
    client.start("remind", Some("late"), LATE)?;
    refused(host, &format!("DELETE {RPC}/instances/late"), "", "412 not_ended", "has not ended, it is Running")?;
    refused(host, &format!("DELETE {RPC}/instances/many-001"), "", "412 not_ended", "it is Pending")?;
    client.terminate("late", "now")?;
    check(
        host,
        &format!("DELETE {HOOK}/instances/late?taskHub=x"),
        "",
        expect![[r#"
        200
        content-type: application/json; charset=utf-8
        {"instancesDeleted":1}"#]],
    )?;
    for id in ["late", "nobody", "@nobody"] {
        refused(host, &format!("DELETE {RPC}/instances/{id}"), "", "404 not_found", "no")?;
        ensure!(ask(host, &format!("GET {RPC}/instances/{id}"), "")?.status == 404);
    }
    refused(host, &format!("DELETE {RPC}/instances/a-1?recursive=2"), "", "400 invalid_argument", "recursive")
}

fn families(host: &Host) -> Result<()> {
    let client = host.client();
    for (id, query, expect) in [("mother", "", 1), ("father", "?recursive=true", 2)] {
        client.start("has_a_bad_child", Some(id), "null")?;
        client.wait(id)?;
        let purged = ask(host, &format!("DELETE {RPC}/instances/{id}{query}"), "")?;
        ensure!(purged.json()?["instancesDeleted"] == expect, "{purged:?}");
    }
    Ok(())
}

fn matching(host: &Host) -> Result<()> {
    let purge = |query: &str| ask(host, &format!("DELETE {RPC}/instances?{query}"), "");
    let check = |query: &str, expect: &str, words: &str| {
        refused(host, &format!("DELETE {RPC}/instances/?{query}"), "", expect, words)
    };
    check("", "400 invalid_argument", "createdTimeFrom is missing")?;
    check("runtimeStatus=Failed", "400 invalid_argument", "createdTimeFrom is missing")?;
    check("createdTimeFrom=yesterday", "400 invalid_argument", "createdTimeFrom")?;
    check("createdTimeFrom=2001-01-01&createdTimeTo=x", "400 invalid_argument", "createdTimeTo")?;
    check("createdTimeFrom=2001-01-01&runtimeStatus=x", "400 invalid_argument", "runtimeStatus")?;
    check("createdTimeFrom=2001-01-01&createdTimeTo=2001-01-02", "404 not_found", "no instance")?;
    // Those that have not ended stay, even if they are asked for.
    check("createdTimeFrom=2001-01-01&runtimeStatus=Pending", "404 not_found", "no instance")?;
    check("createdTimeFrom=2001-01-01&runtimeStatus=Canceled", "404 not_found", "no instance")?;
    let before = ids(host, &format!("{RPC}/instances?runtimeStatus=Failed"))?.len();
    let failed = purge("createdTimeFrom=2001-01-01T00:00:00Z&runtimeStatus=Failed")?;
    ensure!(failed.status == 200 && failed.json()?["instancesDeleted"] == before, "{failed:?}");
    ensure!(ids(host, &format!("{RPC}/instances?runtimeStatus=Failed"))?.is_empty());
    let rest = purge("createdTimeFrom=2001-01-01")?;
    ensure!(rest.status == 200 && rest.json()?["instancesDeleted"] == 2, "{rest:?}");
    let left = ids(host, &format!("{RPC}/instances"))?;
    ensure!(left.iter().all(|id| id.starts_with("many-")) && !left.is_empty(), "{left:?}");
    Ok(())
}
