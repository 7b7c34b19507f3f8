//! What is said of a function that nobody serves.

use kernel::model::{FunctionKind, FunctionName};

use crate::hub::Hub;
use crate::problem::{Code, Problem};

/// Refuses what asks for a function of this kind. The sentence is that of Durable Functions, which scripts look for.
pub fn unknown(hub: &Hub, kind: FunctionKind, name: &str, similar: Option<FunctionName>) -> Problem {
    let kind_name = kind.as_str();
    let shown: String = name.chars().take(100).collect();
    let mut message = format!("The function '{shown}' doesn't exist, is disabled, or is not an {kind_name} function.");
    if let Some(similar) = similar {
        message += &format!(" Did you mean '{similar}'?");
    }
    let functions = hub.functions();
    let known: Vec<_> = functions
        .iter()
        .map(|deployed| &deployed.function)
        .filter(|function| function.kind == kind)
        .map(|function| format!("'{}'", function.name))
        .collect();
    message += &match known.is_empty() {
        true => format!(" No {kind_name} functions are deployed."),
        false => format!(" The known {kind_name} functions are: {}.", known.join(", ")),
    };
    Problem::new(Code::UnknownFunction, message)
}
