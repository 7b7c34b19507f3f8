//! The partition step by step: what it costs, and cases that the simulator found.

use expect_test::{Expect, expect};
use kernel::model::{Ended, Millis, Payload};
use kernel::orchestration::Held;
use kernel::partition::{Input, Op, Tuning};
use tests::sim::fault::Profile;
use tests::sim::program::Program;
use tests::sim::puppet::Puppet;
use tests::sim::rng::Rng;
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

/// Runs a script and compares all that went in and came out.
fn check(tuning: Tuning, script: impl FnOnce(&mut Puppet), expect: Expect) {
    let programs = vec![Program::sleep(Millis(60_000)), Program::sequence(0), Program::sequence(1)];
    let mut puppet = Puppet::new(tuning, programs);
    script(&mut puppet);
    expect.assert_eq(&(puppet.log.join("\n") + "\n"));
}

#[test]
fn nobody_is_told_of_a_rival_that_is_not_durable() {
    let durable = |puppet: &mut Puppet| {
        puppet.start("a", 0);
        puppet.load();
        puppet.start("a", 0);
        puppet.play_first();
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
        -> play #0 first as a
        <- request 2: start a as p0
        <- played #0: Step(Step { decisions: [CreateTimer { fire_at: Timestamp(60000) }], status: Waiting, custom_status: None, logs: [] })
        <- request 3: start a as p0
        -> commit 0 of #0@0
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
        puppet.play_first();
        puppet.flush();
        puppet.commit();
        puppet.load();
        puppet.play_first();
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
        -> play #0 first as a
        <- request 2: start a as p1
        <- played #0: Step(Step { decisions: [], status: Completed(0), custom_status: None, logs: [] })
        -> forget session of #0
        -> commit 0 of #0@0
        <- commit 0 is durable
        -> reply to 1: Started(InstanceId("a"))
        -> load 1 of a
        <- load 1 of a: #0 Completed to row 0
        -> play #1 first as a
        <- played #1: Step(Step { decisions: [], status: Completed(0), custom_status: None, logs: [] })
        -> forget session of #1
        -> commit 1 of #1@1 without #0
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
        puppet.play_first();
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
        -> play #0 first as a
        <- request 2: start a as p0
        <- played #0: Step(Step { decisions: [CreateTimer { fire_at: Timestamp(60000) }], status: Waiting, custom_status: None, logs: [] })
        -> commit 0 of #0@0
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
        puppet.play_first();
    };
    check(
        Tuning::default(),
        script,
        expect![[r#"
        <- request 1: start a as p0
        -> load 0 of a
        <- load 0 of a: nothing
        -> play #0 first as a
        <- request 2: start a as p1
        <- not played #0: the instance cannot be played here and now: no component
        -> forget session of #0
        -> reply to 1: Unavailable("the instance cannot be played here and now: no component")
        -> load 1 of a
        <- load 1 of a: nothing
        -> play #1 first as a
        <- played #1: Step(Step { decisions: [], status: Completed(0), custom_status: None, logs: [] })
        -> forget session of #1
    "#]],
    );
}

#[test]
fn who_waits_keeps_an_instance_in_memory() {
    let script = |puppet: &mut Puppet| {
        puppet.start("a", 0);
        puppet.load();
        puppet.play_first();
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
        -> play #0 first as a
        <- played #0: Step(Step { decisions: [CreateTimer { fire_at: Timestamp(60000) }], status: Waiting, custom_status: None, logs: [] })
        -> commit 0 of #0@0
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
        puppet.play_first();
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
        -> play #0 first as a
        <- played #0: Step(Step { decisions: [CreateTimer { fire_at: Timestamp(60000) }], status: Waiting, custom_status: None, logs: [] })
        -> commit 0 of #0@0
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
        puppet.play_first();
        puppet.flush();
        puppet.commit();
        puppet.ask(Op::Terminate { id: instance_id("a"), reason: Payload::null() });
        puppet.flush();
        puppet.refuse();
        puppet.note_rest();
        puppet.wait(Millis(1_000));
        puppet.flush();
        puppet.start("b", 0);
        puppet.load();
        puppet.play_first();
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
        -> play #0 first as a
        <- played #0: Step(Step { decisions: [ScheduleActivity { name: FunctionName("work"), input: [0,0,0], options: ActivityOptions { retry: None, timeout: None } }], status: Waiting, custom_status: None, logs: [] })
        -> commit 0 of #0@0
        <- commit 0 is durable
        -> reply to 1: Started(InstanceId("a"))
        -> run #0 task 0 attempt 1
        <- request 2: terminate a
        -> forget session of #0
        -> commit 1 of #0@1
        <- commit 1 found no space
        -- 1 in memory, wakes at Some(1000)
        -> commit 2 of #0@1
        <- request 3: start b as p0
        -> load 1 of b
        <- load 1 of b: nothing
        -> play #1 first as b
        <- played #1: Step(Step { decisions: [CreateTimer { fire_at: Timestamp(61000) }], status: Waiting, custom_status: None, logs: [] })
        -- 2 in memory, wakes at Some(61000)
        <- commit 2 is durable
        -> cancel tasks of #0
        -> reply to 2: Terminated
        -> commit 3 of #1@2
    "#]],
    );
}
