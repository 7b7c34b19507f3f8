//! The macro that makes a component out of functions, and the exports behind it.

use std::cell::RefCell;

#[cfg(target_family = "wasm")]
use crate::bindings::http;
use crate::{
    bindings::{activity, entity, functions, orchestrator, stream_trigger, timer_trigger, types},
    client::Client,
    component::Component,
    session::Session,
};

/// Names the functions of a component.
///
/// ```text
/// dacapo::export! {
///     orchestrators: [checkout],
///     activities: [charge, reserve],
///     entities: [Stock],
///     http: [order],
///     timers: [nightly],
///     streams: [on_delivery],
/// }
/// ```
///
/// Leave out a role that the component does not have: what is not named here is not exported. The order does not matter. The
/// macro also defines `COMPONENT`, through which native tests and tools reach the same functions.
#[macro_export]
macro_rules! export {
    ($($role:ident: $list:tt),* $(,)?) => {
        /// The functions of this component.
        #[allow(clippy::needless_update, reason = "few components have all roles")]
        pub static COMPONENT: $crate::Component =
            $crate::Component { $($role: $crate::__entries!($role $list),)* ..$crate::Component::EMPTY };

        #[cfg(target_family = "wasm")]
        const _: () = {
            struct Exports;

            impl $crate::__private::Exports for Exports {
                fn component() -> &'static $crate::Component {
                    &COMPONENT
                }
            }

            $crate::__private::bindings::functions::export_functions!(Exports);
            $($crate::__role!($role);)*
        };
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __entries {
    (activities $list:tt) => { $crate::__entries!(@ ActivityEntry $list) };
    (orchestrators $list:tt) => { $crate::__entries!(@ OrchestratorEntry $list) };
    (entities $list:tt) => { $crate::__entries!(@ EntityEntry $list) };
    (http $list:tt) => { $crate::__entries!(@ HttpEntry $list) };
    (timers $list:tt) => { $crate::__entries!(@ TimerEntry $list) };
    (streams $list:tt) => { $crate::__entries!(@ StreamEntry $list) };
    (@ $entry:ident [$($function:ty),* $(,)?]) => { &[$($crate::$entry::of::<$function>()),*] };
    ($role:ident $list:tt) => {
        compile_error!(concat!(
            "a component has no `",
            stringify!($role),
            "`; there are orchestrators, activities, entities, http, timers and streams"
        ))
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __role {
    (activities) => {
        $crate::__private::bindings::activity::export_activity!(Exports);
    };
    (orchestrators) => {
        $crate::__private::bindings::orchestrator::export_orchestrator!(Exports);
    };
    (entities) => {
        $crate::__private::bindings::entity::export_entity!(Exports);
    };
    (http) => {
        $crate::__private::bindings::http::export_http!(Exports);
    };
    (timers) => {
        $crate::__private::bindings::timer_trigger::export_timer_trigger!(Exports);
    };
    (streams) => {
        $crate::__private::bindings::stream_trigger::export_stream_trigger!(Exports);
    };
}

/// Connects the generated exports to a component.
pub trait Exports {
    /// The one component of this binary.
    fn component() -> &'static Component;
}

impl<E: Exports> functions::Guest for E {
    fn describe() -> Vec<functions::Function> {
        E::component().describe()
    }
}

impl<E: Exports> activity::Guest for E {
    fn run(invocation: activity::Invocation, input: Vec<u8>) -> Result<Vec<u8>, types::Failure> {
        E::component().run(invocation, &input).map_err(types::Failure::from)
    }
}

impl<E: Exports> entity::Guest for E {
    fn apply(
        context: entity::Context,
        state: Option<entity::State>,
        operations: Vec<entity::Operation>,
    ) -> entity::Outcome {
        E::component().apply(context, state, operations)
    }
}

impl<E: Exports> timer_trigger::Guest for E {
    fn fire(name: String, tick: timer_trigger::Tick) -> Result<(), types::Failure> {
        E::component().fire(&name, tick.into(), Client::new()).map_err(types::Failure::from)
    }
}

impl<E: Exports> stream_trigger::Guest for E {
    fn receive(name: String, message: stream_trigger::Message) -> Result<(), types::Failure> {
        E::component().receive(&name, message.into(), Client::new()).map_err(types::Failure::from)
    }
}

#[cfg(target_family = "wasm")]
impl<E: Exports> http::Guest for E {
    fn handle(request: http::IncomingRequest, out: http::ResponseOutparam) {
        crate::web::wasi::handle(E::component(), request, out);
    }
}

thread_local! {
    /// The one execution that this component instance serves.
    static SESSION: RefCell<Option<Session>> = const { RefCell::new(None) };
}

impl<E: Exports> orchestrator::Guest for E {
    fn open(start: orchestrator::Start) -> orchestrator::Step {
        let (session, step) = E::component().open(start);
        SESSION.set(Some(session));
        step
    }

    fn advance(turns: Vec<orchestrator::Turn>) -> orchestrator::Step {
        SESSION.with_borrow_mut(|session| session.as_mut().expect("the host calls `open` first").advance(turns))
    }
}
