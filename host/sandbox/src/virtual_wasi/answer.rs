//! What an answered function is, and what a call of one costs.
//!
//! A call is paid for in fuel, since the work of the host is otherwise free, and a turn has no clock that would end it.

use kernel::limits::HOST_CALL_FUEL;
use wasmtime::component::LinkerInstance;
use wasmtime::{Result, StoreContextMut, Trap};

use super::World;
use crate::journaled::State;

/// One function that is answered.
pub(super) struct Answer {
    /// Without its version.
    pub(super) interface: &'static str,
    pub(super) function: &'static str,
    /// Defines it under this name; its type is checked when the component is linked.
    pub(super) define: fn(&mut LinkerInstance<'_, State>, &str) -> Result<()>,
}

/// What an answer works on.
pub(super) type Call<'a> = StoreContextMut<'a, State>;

impl Answer {
    pub(super) const fn new(
        interface: &'static str,
        function: &'static str,
        define: fn(&mut LinkerInstance<'_, State>, &str) -> Result<()>,
    ) -> Self {
        Self { interface, function, define }
    }
}

/// Takes the price of a call that moves so many bytes, or ends the turn.
pub(super) fn pay(call: &mut Call<'_>, bytes: usize) -> Result<()> {
    let price = HOST_CALL_FUEL.saturating_add(bytes as u64);
    let left = call.get_fuel()?.checked_sub(price).ok_or(Trap::OutOfFuel)?;
    call.set_fuel(left)
}

/// What stands behind the imports, for a call that is paid.
pub(super) fn world<'a>(call: &'a mut Call<'_>, bytes: usize) -> Result<&'a mut World> {
    pay(call, bytes)?;
    Ok(call.data_mut().world().expect("a component that imports what depends on the turn has a world"))
}
