//! Manifests that are refused, and what a host says of those that are not.

use anyhow::Result;

use super::fixture::Site;

#[test]
fn refusals() -> Result<()> {
    let check = |bindings: &str, expect: &str| -> Result<()> {
        let ran = Site::new(bindings)?.command.run()?;
        assert_eq!(ran.code, Some(2), "{bindings}: {ran:?}");
        assert!(ran.stderr.contains("error[invalid_manifest]") && ran.stderr.contains(expect), "{}", ran.stderr);
        Ok(())
    };
    check("[[component.timer]]\nfunction = \"tick\"\nschedule = \"0 0 25 * * *\"", "hours (25)")?;
    check("[[component.timer]]\nfunction = \"tick\"\nschedule = \"@daily\"\ntime-zone = \"Mars\"", "\"Mars\"")?;
    check(
        "[[component.timer]]\nfunction = \"tock\"\nschedule = \"@daily\"",
        "[[component.timer]] function = \"tock\": the component has no function of that name",
    )?;
    check(
        "[[component.timer]]\nfunction = \"on_number\"\nschedule = \"@daily\"",
        "it is of the kind stream-trigger, not timer-trigger",
    )?;
    let stream = "connection = \"main\"\nstream = \"S\"\nsubject = \"s\"\ndurable = \"d\"";
    check(&format!("[[component.stream]]\nfunction = \"on_number\"\n{stream}"), "the operator adds [streams.main]")
}

#[test]
fn routes_that_are_taken() -> Result<()> {
    let mut site = Site::new("[[component.http]]\nroute = \"sums/{key}\"\n")?;
    site.start()?.stop()?;
    // Under another name, and long after the first was deployed.
    site.command.deploy = vec![site.manifest("other", "[[component.http]]\nroute = \"sums/a\"\n")?];
    let ran = site.command.run()?;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("route sums/a: DELETE clashes with route sums/{key} of app"), "{}", ran.stderr);
    // The first may change its mind.
    site.command.deploy.insert(0, site.manifest("app", "")?);
    let host = site.start()?;
    assert_eq!(host.client().get("/api/sums/b")?.status, 404);
    assert_eq!(host.client().get("/api/sums/a")?.status, 200);
    Ok(())
}

#[test]
fn a_host_tells_what_is_bound_and_keeps_it() -> Result<()> {
    let bindings = r#"
[[component.http]]
route = "sums/{key}"
methods = ["GET"]
[[component.timer]]
function = "tick"
schedule = "0 0 3 * * *"
time-zone = "Europe/Berlin"
"#;
    let mut site = Site::new(bindings)?;
    for deployed in [true, false] {
        if !deployed {
            site.command.deploy.clear();
        }
        let said = site.start()?.kill().join("\n");
        assert!(said.contains("route: GET http://127.0.0.1:"), "{said}");
        assert!(said.contains("/api/sums/{key}"), "{said}");
        assert!(said.contains("timer: tick at 0 0 3 * * * (Europe/Berlin)"), "{said}");
    }
    Ok(())
}
