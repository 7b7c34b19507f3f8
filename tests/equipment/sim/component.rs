//! Which components there are, what they have, and which of them are served.

use kernel::model::{ComponentDigest, FunctionName};

use super::rng::Rng;

/// Where a program is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// In a component that is always there.
    Solid,
    /// In one that is sometimes not available.
    Shaky,
    /// In one that decides otherwise when it is played again, until a better one is deployed.
    Fickle,
    /// In one that is not deployed yet.
    Late,
}

/// A component that is always there.
pub const SOLID: ComponentDigest = ComponentDigest([1; 32]);
/// One that is sometimes not available.
pub const SHAKY: ComponentDigest = ComponentDigest([2; 32]);
/// One that decides otherwise when it is played again.
pub const FICKLE: ComponentDigest = ComponentDigest([3; 32]);
/// What it should have been.
pub const MENDED: ComponentDigest = ComponentDigest([4; 32]);
/// One that is deployed late.
pub const LATE: ComponentDigest = ComponentDigest([5; 32]);

/// Whether the shaky component is available.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// It is.
    There,
    /// It is not.
    Gone,
}

/// What was deployed after the begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// Nothing.
    First,
    /// What was late and what is mended.
    Second,
}

/// The components as they are now.
#[derive(Debug, Clone, Copy)]
pub struct Shelf {
    /// Whether the shaky one is available.
    pub shaky: Availability,
    /// What is deployed.
    pub release: Release,
}

impl Home {
    /// Any home, mostly the solid one.
    pub fn any(rng: &mut Rng) -> Self {
        match rng.below(20) {
            0..3 => Self::Shaky,
            3..5 => Self::Fickle,
            5 | 6 => Self::Late,
            _ => Self::Solid,
        }
    }
}

impl Shelf {
    /// Which component serves a function that lives there, if any does.
    pub fn serving(self, home: Home) -> Option<ComponentDigest> {
        match (home, self.release) {
            (Home::Solid, _) => Some(SOLID),
            (Home::Shaky, _) => Some(SHAKY),
            (Home::Fickle, Release::First) => Some(FICKLE),
            (Home::Fickle, Release::Second) => Some(MENDED),
            (Home::Late, Release::First) => None,
            (Home::Late, Release::Second) => Some(LATE),
        }
    }

    /// Whether a component has a function that lives there.
    pub fn has(self, component: ComponentDigest, home: Home) -> bool {
        match home {
            Home::Solid => component == SOLID,
            Home::Shaky => component == SHAKY,
            Home::Fickle => component == FICKLE || component == MENDED,
            Home::Late => component == LATE,
        }
    }

    /// Whether a component can be played now.
    pub fn is_there(self, component: ComponentDigest) -> bool {
        component != SHAKY || self.shaky == Availability::There
    }
}

/// The name of a function and the component that serves it.
pub type Served = (FunctionName, ComponentDigest);
