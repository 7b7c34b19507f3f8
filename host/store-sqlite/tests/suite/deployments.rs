//! Deployments and component files, and the thread that writes.

use std::fs;
use std::sync::Arc;
use std::sync::mpsc::channel;

use kernel::model::{
    ActivityOptions, ComponentDigest, Function, FunctionKind, FunctionName, Millis, RetryPolicy, Timestamp,
};
use store_sqlite::{CatalogError, ComponentError, NewBindings, Opened, spawn_writer};

use crate::damage::flip;
use crate::files::{open, tamper};
use crate::hub::*;

fn function(kind: FunctionKind, name: &str) -> Function {
    let retry = RetryPolicy {
        max_attempts: 3,
        first_interval: Millis(100),
        coefficient: 1.5,
        max_interval: None,
        retry_timeout: Some(Millis(9)),
        jitter: 0.25,
        non_retryable: vec!["declined".to_owned()],
    };
    Function {
        name: FunctionName::parse(name).unwrap(),
        kind,
        doc: Some("Says \"hello\".".to_owned()),
        input_schema: Some("{}".to_owned()),
        output_schema: None,
        defaults: ActivityOptions { retry: Some(retry), timeout: Some(Millis(5)) },
    }
}

fn bound(name: &str, json: Option<&str>) -> NewBindings {
    NewBindings { name: name.to_owned(), json: json.map(str::to_owned) }
}

#[test]
fn the_latest_deployment_of_a_name_counts() {
    use FunctionKind::{Activity, Orchestrator};
    let dir = tempfile::tempdir().unwrap();
    let Opened { mut writer, catalog, .. } = open(dir.path());
    assert_eq!(catalog.active(), Ok(vec![]));
    let (one, two) = (ComponentDigest::of(b"one"), ComponentDigest::of(b"two"));
    writer.deploy(one, &[function(Activity, "Pay"), function(Orchestrator, "pay")], Timestamp(1), None).unwrap();
    writer.deploy(two, &[function(Activity, "PAY"), function(Activity, "ship")], Timestamp(2), None).unwrap();
    let check = |expect: &[(FunctionKind, &str, ComponentDigest, u64)]| {
        let active = catalog.active().unwrap();
        let brief: Vec<_> =
            active.iter().map(|d| (d.function.kind, d.function.name.as_str(), d.digest, d.at.0)).collect();
        assert_eq!(brief, expect);
        assert!(active.iter().all(|d| d.function == function(d.function.kind, d.function.name.as_str())));
    };
    check(&[(Activity, "PAY", two, 2), (Activity, "ship", two, 2), (Orchestrator, "pay", one, 1)]);
    let mut both = vec![one, two];
    both.sort();
    assert_eq!(catalog.components(), Ok(both));
    writer.deploy(one, &[function(Activity, "Pay"), function(Orchestrator, "pay")], Timestamp(3), None).unwrap();
    check(&[(Activity, "Pay", one, 3), (Activity, "ship", two, 2), (Orchestrator, "pay", one, 3)]);
}

#[test]
fn every_kind_of_function() {
    use FunctionKind::{Activity, Entity, Orchestrator, StreamTrigger, TimerTrigger};
    let dir = tempfile::tempdir().unwrap();
    let kinds = [Activity, Entity, Orchestrator, StreamTrigger, TimerTrigger];
    let functions: Vec<_> = kinds.iter().map(|kind| function(*kind, "same")).collect();
    open(dir.path()).writer.deploy(ComponentDigest::of(b"one"), &functions, Timestamp(1), None).unwrap();
    let active = open(dir.path()).catalog.active().unwrap();
    assert_eq!(active.into_iter().map(|deployment| deployment.function).collect::<Vec<_>>(), functions);
}

#[test]
fn the_latest_bindings_of_a_name_count() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (ComponentDigest::of(b"one"), ComponentDigest::of(b"two"));
    let check = |digest, new: Option<NewBindings>, expect: &[(&str, ComponentDigest, &str)]| {
        let Opened { mut writer, catalog, .. } = open(dir.path());
        writer.deploy(digest, &[], Timestamp(1), new.as_ref()).unwrap();
        let found = catalog.bindings().unwrap();
        let brief: Vec<_> = found.iter().map(|found| (&*found.name, found.digest, &*found.json)).collect();
        assert_eq!(brief, expect);
    };
    check(one, None, &[]);
    check(one, Some(bound("shop", Some("{}"))), &[("shop", one, "{}")]);
    check(two, Some(bound("mail", Some("[1]"))), &[("mail", two, "[1]"), ("shop", one, "{}")]);
    check(two, Some(bound("shop", Some("[2]"))), &[("mail", two, "[1]"), ("shop", two, "[2]")]);
    check(one, Some(bound("mail", None)), &[("shop", two, "[2]")]);
    check(one, Some(bound("mail", None)), &[("shop", two, "[2]")]);
}

#[test]
fn damage_in_the_catalog_is_found() {
    for change in [
        "UPDATE components SET functions = replace(functions, '100', '900')",
        "UPDATE components SET added_at = 9",
        "UPDATE components SET digest = zeroblob(32)",
        "UPDATE deployments SET digest = zeroblob(32)",
        "UPDATE deployments SET name = 'pax'",
        "UPDATE deployments SET at = at + 1",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let functions = [function(FunctionKind::Activity, "pay")];
        open(dir.path()).writer.deploy(ComponentDigest::of(b"one"), &functions, Timestamp(1), None).unwrap();
        tamper(dir.path(), change);
        assert!(matches!(open(dir.path()).catalog.active(), Err(CatalogError::Damaged(_))), "{change}");
    }
    for column in ["name", "digest", "at", "text", "sum"] {
        let dir = tempfile::tempdir().unwrap();
        let new = bound("shop", Some("{}"));
        open(dir.path()).writer.deploy(ComponentDigest::of(b"one"), &[], Timestamp(1), Some(&new)).unwrap();
        flip(dir.path(), "bindings", column, "true");
        assert!(matches!(open(dir.path()).catalog.bindings(), Err(CatalogError::Damaged(_))), "{column}");
    }
}

#[test]
fn component_files() {
    let dir = tempfile::tempdir().unwrap();
    let Opened { components, .. } = open(dir.path());
    let digest = components.put(b"bytes").unwrap();
    assert_eq!(digest, ComponentDigest::of(b"bytes"));
    assert_eq!(components.get(digest).unwrap(), Some(b"bytes".to_vec()));
    assert_eq!(components.get(ComponentDigest::of(b"others")).unwrap(), None);
    fs::write(components.path(digest), "bytez").unwrap();
    assert!(matches!(components.get(digest), Err(ComponentError::Damaged(_))));
    components.put(b"bytes").unwrap();
    assert_eq!(components.get(digest).unwrap(), Some(b"bytes".to_vec()));
    fs::write(components.path(digest).with_extension("0.tmp"), "half").unwrap();
    let components = open(dir.path()).components;
    let names: Vec<_> = fs::read_dir(dir.path().join("components")).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(names, [components.path(digest)]);
}

#[test]
fn the_thread_answers_in_order_and_gives_the_writer_back() {
    let dir = tempfile::tempdir().unwrap();
    let Opened { writer, readers, catalog, recovery, .. } = open(dir.path());
    let mut model = Model::new(&recovery);
    let (answers, inbox) = channel();
    let thread = spawn_writer(writer, move |name: u32, outcome| answers.send((name, outcome)).unwrap()).unwrap();
    for (name, did) in [(0, &[Start, Schedule(0)][..]), (1, &[Finish(0)]), (2, &[Complete])] {
        thread.submit(name, Arc::new(model.add("a", did).take())).unwrap();
    }
    assert_eq!(inbox.iter().take(3).collect::<Vec<_>>(), [(0, Ok(())), (1, Ok(())), (2, Ok(()))]);
    model.check(&readers);
    let functions = vec![function(FunctionKind::Activity, "pay")];
    thread.deploy(ComponentDigest::of(b"one"), functions, Timestamp(1), Some(bound("shop", Some("{}")))).unwrap();
    assert_eq!(catalog.bindings().unwrap().len(), 1);
    assert_eq!(catalog.active().unwrap().len(), 1);
    thread.flush().unwrap();
    model.check(&readers);
    // A batch that is lost makes the thread refuse the rest, until the writer is opened again.
    thread.submit(3, Arc::new(Model::new(&recovery).add("x", &[Start]).take())).unwrap();
    thread.submit(4, Arc::new(model.add("b", &[Start, Schedule(0)]).take())).unwrap();
    assert!(inbox.iter().take(2).all(|(_, outcome)| outcome.is_err()));
    model.live.remove("b");
    let writer = thread.stop().reopen().unwrap().writer;
    model.check(&readers);
    drop(writer);
}
