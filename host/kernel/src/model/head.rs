//! What is known of an instance without reading its history.

use super::{
    ComponentDigest, Event, Execution, FunctionName, InstanceId, InstanceNo, LogSeq, Parent, Payload, Record, Timestamp,
};

/// The status names of Durable Task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Its first turn is yet to come.
    Pending,
    /// It runs, or waits for something.
    Running,
    /// A client stopped it for a while.
    Suspended,
    /// It returned.
    Completed,
    /// It failed.
    Failed,
    /// A client ended it.
    Terminated,
}

impl Status {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Suspended => "Suspended",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Terminated => "Terminated",
        }
    }

    /// Whether nothing can happen to the instance any more.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Terminated)
    }
}

/// The index entry of an instance, derived from its history and committed with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// Its number.
    pub no: InstanceNo,
    /// Its name.
    pub id: InstanceId,
    /// The orchestrator.
    pub name: FunctionName,
    /// The component it is pinned to.
    pub component: ComponentDigest,
    /// The orchestration that started it.
    pub parent: Option<Parent>,
    /// Its present life.
    pub execution: Execution,
    /// Its status.
    pub status: Status,
    /// When it was started.
    pub created: Timestamp,
    /// When its history last grew.
    pub updated: Timestamp,
    /// The row that holds its start.
    pub first: LogSeq,
    /// The newest row.
    pub last: LogSeq,
    /// The checksum of the newest row, which covers the whole history: see [`crate::codec::seal`].
    pub sum: [u8; 16],
    /// How many events the history of the present life has.
    pub events: u64,
    /// How many bytes its rows have.
    pub bytes: u64,
    /// How many tasks are open, so that recovery knows whom to load.
    pub open_tasks: u32,
    /// When it wants to be woken: when the next timer or retry is due, or at once if there is something that it was not
    /// given. That an attempt began after its wait is not recorded, so while tasks are open
    /// the rows may give an earlier time than this; who recovers loads such an instance and does not need it.
    pub wake_at: Option<Timestamp>,
    /// What the guest last set; `None` if nothing or `null`.
    pub custom_status: Option<Payload>,
}

impl Head {
    /// Takes over what the events of a new row say by themselves. `status`, `open_tasks` and `wake_at` follow from the
    /// folded state and are the caller's to set.
    pub fn note(&mut self, record: &Record) {
        self.updated = record.at;
        self.events += record.events.len() as u64;
        for event in &record.events {
            match event {
                Event::CustomStatusSet { value } => {
                    self.custom_status = Some(value.clone()).filter(|value| !value.is_null());
                }
                Event::Repinned { component } => self.component = *component,
                _ => {}
            }
        }
    }
}
