//! Batches of anything, flushed or not, with and without an opening between them; the same for a seed.

use kernel::port::Recovery;
use store_sqlite::{Opened, Readers, Writer};

use crate::files::open;
use crate::hub::*;

const IDS: &[&str] = &["a", "b", "c", "d", "e"];
const LETTERS: &[&str] = &["x", "y", "z"];
const ENTITIES: &[&str] = &["@counter@a", "@counter@b", "@account@a"];
const BLOBS: &[&str] = &["1", "2", "3", "4"];
const SOURCES: &[&str] = &["timer/a", "stream/b"];

/// A linear congruential generator with the constants of Knuth.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count
    }

    fn of<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.below(among.len())]
    }
}

/// Adds something to the batch that can happen now.
fn act(model: &mut Model, dice: &mut Dice) {
    let id = dice.of(IDS);
    let starts: &[&[Did]] = &[&[Start], &[StartChild, Sleep(0, 9_000)], &[StartAt(9_500)], &[Start, Schedule(0), Fail]];
    let goes_on: &[&[Did]] = &[&[Say("1")], &[Suspend], &[Resume, Say("null")], &[Complete], &[Terminate]];
    let text = dice.of(LETTERS);
    let entity = dice.of(ENTITIES);
    match (dice.below(16), model.live.get(id).map(|instance| instance.head.status.is_terminal())) {
        (0, _) if model.letters.contains_key(text) => model.take_letter(text),
        (0, _) => model.post(text),
        (1, Some(_)) => model.purge(id),
        (8, _) if model.live.contains_key(entity) => model.purge(entity),
        (8..=11, _) => model.set(entity, dice.of(BLOBS)),
        (12 | 13, _) => match dice.of(&[id, text, entity]) {
            who if model.live.contains_key(who) || model.letters.contains_key(who) => model.refer(who, dice.of(BLOBS)),
            _ => model,
        },
        (14.., _) => {
            let seq = dice.below(30) as u64;
            model.mark(dice.of(SOURCES), seq, seq.saturating_sub(dice.below(9) as u64))
        }
        (2..=4, Some(false)) => model.renew(id, dice.of(&[&[][..], &[Sleep(0, 8_000)], &[Schedule(0)]])),
        (5.., Some(false)) => model.add(id, dice.of(goes_on)),
        (_, Some(_) | None) => model.add(id, dice.of(starts)),
    };
}

#[test]
fn whatever_happens_is_seen_and_survives() {
    for seed in 0..24 {
        let (mut dice, dir) = (Dice(seed), tempfile::tempdir().unwrap());
        let opened = || -> (Writer, Readers, Recovery) {
            let Opened { writer, readers, recovery, damaged, .. } = open(dir.path());
            assert_eq!(damaged, [], "seed {seed}");
            (writer, readers, recovery)
        };
        let (mut writer, mut readers, mut recovery) = opened();
        let mut model = Model::new(&recovery);
        for _ in 0..40 {
            for _ in 0..=dice.below(4) {
                act(&mut model, &mut dice);
            }
            model.commit(&mut writer).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            if dice.below(4) == 0 {
                writer.flush().unwrap();
            }
            model.check(&readers);
            if dice.below(5) == 0 {
                drop((writer, readers));
                (writer, readers, recovery) = opened();
                model.check_recovery(&recovery);
                model.renumber(&recovery);
                model.check(&readers);
            }
        }
    }
}
