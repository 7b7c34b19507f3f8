//! The macro that makes a component out of functions, and the exports behind it.

use std::cell::RefCell;

use crate::{
    bindings::{activity, functions, orchestrator, types},
    component::Component,
    session::Session,
};

/// Names the functions of a component.
///
/// ```text
/// dacapo::export! {
///     orchestrators: [checkout],
///     activities: [charge, reserve],
/// }
/// ```
///
/// Leave out a role that the component does not have: what is not named here is not exported. The macro also defines
/// `COMPONENT`, through which native tests and tools reach the same functions.
#[macro_export]
macro_rules! export {
    ($(orchestrators: $orchestrators:tt $(,)?)? $(activities: $activities:tt $(,)?)?) => {
        /// The functions of this component.
        pub static COMPONENT: $crate::Component = $crate::Component {
            orchestrators: $crate::__entries!(OrchestratorEntry $($orchestrators)?),
            activities: $crate::__entries!(ActivityEntry $($activities)?),
        };

        #[cfg(target_family = "wasm")]
        const _: () = {
            struct Exports;

            impl $crate::__private::Exports for Exports {
                fn component() -> &'static $crate::Component {
                    &COMPONENT
                }
            }

            $crate::__private::bindings::functions::export_functions!(Exports);
            $($crate::__role!(orchestrator $orchestrators);)?
            $($crate::__role!(activity $activities);)?
        };
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __entries {
    ($entry:ident) => { &[] };
    ($entry:ident [$($function:ty),* $(,)?]) => { &[$($crate::__private::$entry::of::<$function>()),*] };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __role {
    (orchestrator $list:tt) => {
        $crate::__private::bindings::orchestrator::export_orchestrator!(Exports);
    };
    (activity $list:tt) => {
        $crate::__private::bindings::activity::export_activity!(Exports);
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
