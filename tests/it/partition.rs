//! The partition step by step: what it costs, and cases that the simulator found.

mod ended;
mod entities;
mod entity_holds;
mod entity_letters;
mod held;
mod letters;
mod locks;
mod unlocks;

use expect_test::{Expect, expect};
use kernel::model::{Ended, EventName, Millis, Payload, Raised, Reach};
use kernel::orchestration::Held;
use kernel::partition::{Input, Op, Tuning};
use tests::sim::component::Home;
use tests::sim::fault::Profile;
use tests::sim::program::{Ask, Child, End, OnFailure, Program, Step, Target};
use tests::sim::puppet::Puppet;
use tests::sim::rng::Rng;
use tests::sim::task::Call;
use tests::sim::trace::Trace;
use tests::sim::{Sim, Stats, instance_id};

/// Plays one instance in a world without faults, by one caller.
fn cost(program: Program) -> Stats {
    let mut sim = Sim::new(Rng::new(1), Profile::calm(), vec![program], Trace::Off);
    let id = instance_id("only");
    sim.start(&id, 0);
    sim.live().expect("nothing goes wrong");
    assert!(matches!(sim.ended(&id), Some(Ended::Completed(_))));
    sim.stats()
}

#[test]
fn a_sequence_of_n_activities_is_n_plus_one_commits() {
    for n in [0, 1, 2, 3, 10, 100] {
        let stats = cost(Program::sequence(n));
        assert_eq!((stats.commits, stats.turns), (n + 1, n + 1), "{n} activities");
    }
}

#[test]
fn results_that_arrive_while_a_turn_is_played_are_one_turn() {
    for n in [2, 3, 100, 1_000] {
        // One turn schedules them, one takes the first result, and one all that came meanwhile.
        let stats = cost(Program::fan_out(n));
        assert_eq!((stats.commits, stats.turns), (3, 3), "{n} activities");
    }
}

#[test]
fn a_timer_is_two_commits() {
    assert_eq!(cost(Program::sleep(Millis(90 * 24 * 3_600_000))).commits, 2);
}

fn child(program: usize) -> Child {
    Child { program, id: Some(instance_id("kid")), retry: None, on_failure: OnFailure::Fail }
}

fn send(to: &str) -> Step {
    Step::Send(Target::Other(instance_id(to)), 0)
}

/// Asks for the end of an instance.
fn terminate(id: &str, reach: Reach) -> Op {
    Op::Terminate { id: instance_id(id), reason: Payload::null(), reach }
}

fn purge(id: &str) -> Op {
    Op::Purge { id: instance_id(id) }
}

fn rewind(id: &str) -> Op {
    Op::Rewind { id: instance_id(id), reason: Payload::null() }
}

fn resume(id: &str) -> Op {
    Op::Resume { id: instance_id(id), reason: Payload::null() }
}

fn raise(id: &str, input: &str) -> Op {
    let name = EventName::parse("go0").expect("it is a name");
    Op::Raise { id: instance_id(id), event: Raised { name, input: Payload::trusted(input.as_bytes()) } }
}

/// Runs a script and compares all that went in and came out.
fn check(tuning: Tuning, script: impl FnOnce(&mut Puppet), expect: Expect) {
    let patient = Child { retry: Some((2, Millis(100))), ..child(4) };
    let programs = vec![
        Program::sleep(Millis(60_000)),
        Program::sequence(0),
        Program::sequence(1),
        Program::listen(0),
        Program::honest(vec![Step::all(vec![Ask::Activity(Call::failing(7, 1))])]),
        Program::honest(vec![Step::all(vec![Ask::Child(child(3))])]),
        Program::honest(vec![Step::all(vec![Ask::Child(patient)])]),
        Program::honest(vec![send("a"), send("a")]),
        Program::sleep(Millis(60_000)).at(Home::Late),
        Program::honest(vec![Step::all(vec![Ask::Child(child(8))])]),
        Program { end: End::Renew(2), ..Program::sequence(1) },
    ];
    check_programs(tuning, programs, script, expect);
}

fn check_programs(tuning: Tuning, programs: Vec<Program>, script: impl FnOnce(&mut Puppet), expect: Expect) {
    let mut puppet = Puppet::new(tuning, programs);
    script(&mut puppet);
    expect.assert_eq(&(puppet.log.join("\n") + "\n"));
}

/// Tells what follows on something that is settled.
fn after(begin: impl FnOnce(&mut Puppet), script: impl FnOnce(&mut Puppet), expect: Expect) {
    let both = |puppet: &mut Puppet| {
        begin(puppet);
        puppet.settle();
        puppet.log.clear();
        script(puppet);
    };
    check(Tuning { idle_instances_max_count: 0, ..Tuning::default() }, both, expect);
}

#[test]
fn nobody_is_told_of_a_rival_that_is_not_durable() {
    let durable = |puppet: &mut Puppet| {
        puppet.start("a", 0);
        puppet.load();
        puppet.start("a", 0);
        puppet.play();
        puppet.start("a", 0);
        puppet.flush();
        puppet.commit();
    };
    check(
        Tuning::default(),
        durable,
        expect![[r#"
            <- request 1: start a as p0
            -> load 0 of a
            <- load 0 of a: nothing
            -> play #0 first as a by sha256:010101010101 (Pinned)
            <- request 2: start a as p0
            <- played #0 first by sha256:010101010101: Waiting { events: [] }, timer 60000
            <- request 3: start a as p0
            -> commit 0: #0@0
            <- commit 0 is durable
            -> reply to 1: Started(InstanceId("a"))
            -> reply to 2: Exists(Running)
            -> reply to 3: Exists(Running)
        "#]],
    );
}

#[test]
fn a_rival_of_what_ended_in_its_first_turn_takes_over_its_id() {
    let script = |puppet: &mut Puppet| {
        puppet.start("a", 1);
        puppet.load();
        puppet.start("a", 1);
        puppet.play();
        puppet.flush();
        puppet.commit();
        puppet.load();
        puppet.play();
        puppet.flush();
        puppet.commit();
    };
    check(
        Tuning::default(),
        script,
        expect![[r#"
            <- request 1: start a as p1
            -> load 0 of a
            <- load 0 of a: nothing
            -> play #0 first as a by sha256:010101010101 (Pinned)
            <- request 2: start a as p1
            <- played #0 first by sha256:010101010101: Completed(0)
            -> forget session of #0
            -> commit 0: #0@0
            <- commit 0 is durable
            -> reply to 1: Started(InstanceId("a"))
            -> load 1 of a
            <- load 1 of a: #0 Completed to row 0
            -> play #1 first as a by sha256:010101010101 (Pinned)
            <- played #1 first by sha256:010101010101: Completed(0)
            -> forget session of #1
            -> commit 1: #1@1, without #0
            <- commit 1 is durable
            -> reply to 2: Started(InstanceId("a"))
        "#]],
    );
}

#[test]
fn a_rival_of_what_found_no_space_finds_none_either() {
    let script = |puppet: &mut Puppet| {
        puppet.start("a", 0);
        puppet.load();
        puppet.start("a", 0);
        puppet.play();
        puppet.flush();
        puppet.refuse();
    };
    check(
        Tuning::default(),
        script,
        expect![[r#"
            <- request 1: start a as p0
            -> load 0 of a
            <- load 0 of a: nothing
            -> play #0 first as a by sha256:010101010101 (Pinned)
            <- request 2: start a as p0
            <- played #0 first by sha256:010101010101: Waiting { events: [] }, timer 60000
            -> commit 0: #0@0
            <- commit 0 found no space
            -> reply to 1: StorageFull
            -> forget session of #0
            -> reply to 2: StorageFull
        "#]],
    );
}

#[test]
fn a_rival_of_what_cannot_be_played_has_its_own_try() {
    let script = |puppet: &mut Puppet| {
        puppet.start("a", 0);
        puppet.load();
        puppet.start("a", 1);
        puppet.hold(Held::Unavailable("no component".to_owned()));
        puppet.load();
        puppet.play();
    };
    check(
        Tuning::default(),
        script,
        expect![[r#"
            <- request 1: start a as p0
            -> load 0 of a
            <- load 0 of a: nothing
            -> play #0 first as a by sha256:010101010101 (Pinned)
            <- request 2: start a as p1
            <- not played #0: the instance cannot be played here and now: no component
            -> forget session of #0
            -> reply to 1: Unavailable("the instance cannot be played here and now: no component")
            -> load 1 of a
            <- load 1 of a: nothing
            -> play #1 first as a by sha256:010101010101 (Pinned)
            <- played #1 first by sha256:010101010101: Completed(0)
            -> forget session of #1
        "#]],
    );
}

#[test]
fn who_waits_keeps_an_instance_in_memory() {
    let script = |puppet: &mut Puppet| {
        puppet.start("a", 0);
        puppet.load();
        puppet.play();
        puppet.flush();
        puppet.commit();
        let (id, reply) = (instance_id("a"), puppet.ask(Op::Wait { id: instance_id("a") }));
        puppet.flush();
        puppet.note_rest();
        puppet.tell(Input::Left { id, reply });
        puppet.flush();
        puppet.note_rest();
    };
    check(
        Tuning { idle_instances_max_count: 0, ..Tuning::default() },
        script,
        expect![[r#"
            <- request 1: start a as p0
            -> load 0 of a
            <- load 0 of a: nothing
            -> play #0 first as a by sha256:010101010101 (Pinned)
            <- played #0 first by sha256:010101010101: Waiting { events: [] }, timer 60000
            -> commit 0: #0@0
            <- commit 0 is durable
            -> reply to 1: Started(InstanceId("a"))
            <- request 2: wait for a
            -- 1 in memory, wakes at Some(60000)
            <- request 2 for a left
            -- 0 in memory, wakes at Some(60000)
        "#]],
    );
}

#[test]
fn who_left_while_an_instance_was_loaded_does_not_keep_it() {
    let script = |puppet: &mut Puppet| {
        puppet.start("a", 0);
        puppet.load();
        puppet.play();
        puppet.flush();
        puppet.commit();
        puppet.flush();
        let (id, reply) = (instance_id("a"), puppet.ask(Op::Wait { id: instance_id("a") }));
        puppet.tell(Input::Left { id, reply });
        puppet.load();
        puppet.flush();
        puppet.note_rest();
    };
    check(
        Tuning { idle_instances_max_count: 0, ..Tuning::default() },
        script,
        expect![[r#"
            <- request 1: start a as p0
            -> load 0 of a
            <- load 0 of a: nothing
            -> play #0 first as a by sha256:010101010101 (Pinned)
            <- played #0 first by sha256:010101010101: Waiting { events: [] }, timer 60000
            -> commit 0: #0@0
            <- commit 0 is durable
            -> reply to 1: Started(InstanceId("a"))
            <- request 2: wait for a
            -> load 1 of a
            <- request 2 for a left
            <- load 1 of a: #0 Running to row 0
            -- 0 in memory, wakes at Some(60000)
        "#]],
    );
}

#[test]
fn a_commit_that_is_tried_again_is_waited_for() {
    let script = |puppet: &mut Puppet| {
        puppet.start("a", 2);
        puppet.load();
        puppet.play();
        puppet.flush();
        puppet.commit();
        puppet.ask(terminate("a", Reach::Alone));
        puppet.flush();
        puppet.refuse();
        puppet.note_rest();
        puppet.wait(Millis(1_000));
        puppet.flush();
        puppet.start("b", 0);
        puppet.load();
        puppet.play();
        puppet.note_rest();
        puppet.commit();
        puppet.flush();
    };
    check(
        Tuning::default(),
        script,
        expect![[r#"
            <- request 1: start a as p2
            -> load 0 of a
            <- load 0 of a: nothing
            -> play #0 first as a by sha256:010101010101 (Pinned)
            <- played #0 first by sha256:010101010101: Waiting { events: [] }, work([0,0,0])
            -> commit 0: #0@0
            <- commit 0 is durable
            -> reply to 1: Started(InstanceId("a"))
            -> run #0 1/0/1
            <- request 2: terminate a
            -> forget session of #0
            -> commit 1: #0@1
            <- commit 1 found no space
            -- 1 in memory, wakes at Some(1000)
            -> commit 2: #0@1
            <- request 3: start b as p0
            -> load 1 of b
            <- load 1 of b: nothing
            -> play #1 first as b by sha256:010101010101 (Pinned)
            <- played #1 first by sha256:010101010101: Waiting { events: [] }, timer 61000
            -- 2 in memory, wakes at Some(61000)
            <- commit 2 is durable
            -> reply to 2: Done
            -> stop all of #0
            -> commit 3: #1@2
        "#]],
    );
}
