//! What the functions of a scenario answer when they are asked, and what is wrong if they have no answer.
//!
//! It owns the order of answers: which one is next, and which were never asked for. What a deployed activity said when it was
//! run is kept on a tape, so that the scenario can be played again without its being run again. It does not know when an
//! answer is told, nor what comes of it.

use std::collections::BTreeMap;

use kernel::model::{Attempted, Failure, FunctionName, InstanceId, Payload};

use super::file::{Answer, Answers, Says, Scenario};
use super::trouble::{Of, Trouble};

/// What deployed activities said, by who asked.
pub type Tape = BTreeMap<(InstanceId, Attempted), Result<Payload, Failure>>;

/// The answers of a scenario that were not given yet.
#[derive(Debug)]
pub struct Script<'a> {
    scenario: &'a Scenario,
    /// How often each function was asked.
    asked: BTreeMap<(Of, FunctionName), usize>,
    /// What was said before, if the scenario is played again, and what is said now.
    pub tape: Tape,
}

impl<'a> Script<'a> {
    /// All answers of a scenario.
    pub fn new(scenario: &'a Scenario, tape: Tape) -> Self {
        Self { scenario, asked: BTreeMap::new(), tape }
    }

    /// The next answer of an activity or of a child; `None` if a child is to be played.
    pub fn next(&mut self, of: Of, name: &FunctionName, input: &Payload) -> Result<Option<&'a Answer>, Trouble> {
        let Some(answers) = self.answers(of).get(name) else {
            return match of {
                Of::Child => Ok(None),
                Of::Activity => Err(Trouble::NoAnswer { name: name.clone(), input: input.clone() }),
            };
        };
        let asked = self.asked.entry((of, name.clone())).or_default();
        *asked += 1;
        let answer = match answers {
            Answers::Always(answer) => Some(answer),
            Answers::Each(answers) => answers.get(*asked - 1),
        };
        let answer = answer.ok_or_else(|| Trouble::TooFewAnswers {
            of,
            name: name.clone(),
            asked: *asked,
            input: input.clone(),
        })?;
        match &answer.input {
            Some(expected) if !super::expect::is_same(&expected.0, input) => Err(Trouble::WrongInput {
                of,
                name: name.clone(),
                asked: *asked,
                expected: expected.0.shown().into_owned(),
                came: input.shown().into_owned(),
            }),
            _ => Ok(Some(answer).filter(|answer| !matches!((of, &answer.says), (Of::Child, Says::Real)))),
        }
    }

    /// The answers that nobody asked for.
    pub fn unused(&self) -> Vec<Trouble> {
        let unused = |of| {
            self.answers(of).iter().filter_map(move |(name, answers)| {
                let asked = self.asked.get(&(of, name.clone())).copied().unwrap_or(0);
                let answers = match answers {
                    Answers::Always(_) => 1,
                    Answers::Each(answers) => answers.len(),
                };
                (asked < answers).then(|| Trouble::UnusedAnswers { of, name: name.clone(), asked, answers })
            })
        };
        unused(Of::Activity).chain(unused(Of::Child)).collect()
    }

    fn answers(&self, of: Of) -> &'a BTreeMap<FunctionName, Answers> {
        match of {
            Of::Activity => &self.scenario.activities,
            Of::Child => &self.scenario.children,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scenario::file::parse;

    /// Asks for each of these, an activity unless it begins with `child`, and tells what is answered and what is left.
    fn check(answers: &str, asked: &[&str], expect: &[&str]) {
        let text = format!("[[scenario]]\nname = 'a'\norchestrator = 'f'\n{answers}");
        let scenarios = parse(&text, Path::new("a.toml")).unwrap();
        let mut script = Script::new(&scenarios[0], Tape::new());
        let mut got = Vec::new();
        for name in asked {
            let of = if name.starts_with("child") { Of::Child } else { Of::Activity };
            let name = FunctionName::parse(name).unwrap();
            got.push(match script.next(of, &name, &Payload::trusted(b"7")) {
                Ok(Some(Answer { says: Says::Output(output), .. })) => output.0.shown().into_owned(),
                Ok(Some(Answer { says: Says::Failure(failure), .. })) => failure.kind.clone(),
                Ok(Some(Answer { says: Says::Real, .. })) => "run".to_owned(),
                Ok(None) => "play".to_owned(),
                Err(trouble) => trouble.to_string(),
            });
        }
        got.extend(script.unused().iter().map(ToString::to_string));
        assert_eq!(got, expect, "{answers}");
    }

    #[test]
    fn answers_in_order() {
        check("activities.a = { output = 1 }", &["a", "A"], &["1", "1"]);
        check(
            "activities.a = [{ output = 1 }, { failure = { kind = 'k' } }, { run = true }]",
            &["a", "a", "a"],
            &["1", "k", "run"],
        );
        check(
            "children.child = [{ output = 1 }, { run = true }]",
            &["child", "child", "child2"],
            &["1", "play", "play"],
        );
    }

    #[test]
    fn answers_that_are_not_there() {
        check(
            "",
            &["a"],
            &["activity a is asked with 7 and has no answer; write one: activities.a = { output = … }, or \
                            { run = true } to run the deployed one"],
        );
        check(
            "activities.a = [{ output = 1 }]",
            &["a", "a"],
            &["1", "activity a is asked with 7 for the 2. time and has no more answers"],
        );
        check(
            "activities.a = { input = 8, output = 1 }",
            &["a"],
            &["activity a is asked for the 1. time, with 7; 8 is expected"],
        );
        check("activities.a = { input = 7.0, output = 1 }", &["a"], &["1"]);
    }

    #[test]
    fn answers_that_nobody_wants() {
        check("activities.a = { output = 1 }", &[], &["activity a has an answer and is never asked"]);
        check(
            "activities.a = [{ output = 1 }, { output = 2 }]",
            &["a"],
            &["1", "activity a has 2 answers, of which 1 were asked for"],
        );
        check("children.b = { output = 1 }", &[], &["child b has an answer and is never asked"]);
    }
}
