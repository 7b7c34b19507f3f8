//! Waking instances whose time has come.

use super::Partition;
use super::asker::Mail;
use super::effect::Effect;
use crate::model::Timestamp;
use crate::orchestration::Message;
use crate::port::Key;

impl Partition {
    /// Wakes those that are due. Those that are not in memory are loaded first, a limited number at once: a million
    /// timers may be due in the same second.
    pub(super) fn wake_due(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        if self.undelivered.iter().any(|(at, ..)| *at <= now) {
            self.deliver_again(now, out);
        }
        self.deliver_due(now, out);
        while self.may_load_due() {
            let Some(no) = self.instances.pop_due(now) else { return };
            match self.instances.get_mut(no) {
                Some(slot) => {
                    slot.inbox.push(Mail { message: Message::Due, asker: None });
                    self.go_on(now, no, out);
                }
                // Once it is in memory its wake is in the table again, and it is due at once.
                None => self.load(Key::No(no), None, out),
            }
        }
    }
}
