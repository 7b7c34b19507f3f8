//! Which instance is meant: by its whole id, or by a beginning of it that no other id has.

use form_urlencoded::Serializer;

use super::client::{Client, Instance, Question};
use super::exit::CliError;
use crate::problem::{Code, Problem};

/// How many ids are named when a beginning fits more than one.
const SHOWN_COUNT: usize = 5;

/// Does something with the instance that is meant, and tells its id. Whoever has the text as its whole id is meant before
/// those whose id begins with it.
///
/// It is tried with the text as it stands, so that a whole id costs no further request: what is asked of an instance that
/// does not exist changes nothing.
pub async fn with_instance<T>(
    client: &Client,
    text: &str,
    act: impl AsyncFn(&str) -> Result<T, CliError>,
) -> Result<(String, T), CliError> {
    match act(text).await {
        Ok(done) => Ok((text.to_owned(), done)),
        Err(error) if error.code == Code::NotFound.as_str() => {
            let id = by_beginning(client, text).await?;
            let done = act(&id).await?;
            Ok((id, done))
        }
        Err(error) => Err(error),
    }
}

async fn by_beginning(client: &Client, text: &str) -> Result<String, CliError> {
    let mut query = Serializer::new(String::new());
    query.append_pair("instanceIdPrefix", text).append_pair("top", &(SHOWN_COUNT + 1).to_string());
    query.append_pair("showInput", "false").append_pair("showOutput", "false");
    let body = client.ask(Question::get(format!("/instances?{}", query.finish()))).await?;
    let found = client.read::<Vec<Instance>>(&body)?.into_iter().map(|instance| instance.instance_id);
    one(text, found.collect()).map_err(CliError::from)
}

fn one(text: &str, mut found: Vec<String>) -> Result<String, Problem> {
    match found.len() {
        0 => Err(Problem::new(Code::NotFound, format!("there is no instance {text}, and no id begins so"))),
        1 => Ok(found.remove(0)),
        count => {
            found.truncate(SHOWN_COUNT);
            let more = if count > SHOWN_COUNT { " and others" } else { "" };
            Err(Problem::new(
                Code::AmbiguousId,
                format!("more than one id begins with {text}: {}{more}", found.join(", ")),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings() {
        let check = |found: &[&str], expect: &str| {
            let got = one("a", found.iter().map(|&id| id.to_owned()).collect());
            assert_eq!(got.unwrap_or_else(|problem| format!("{}: {problem}", problem.code)), expect);
        };
        check(&["ab"], "ab");
        check(&[], "not_found: there is no instance a, and no id begins so");
        check(&["ab", "ac"], "ambiguous_id: more than one id begins with a: ab, ac");
        check(
            &["a1", "a2", "a3", "a4", "a5", "a6"],
            "ambiguous_id: more than one id begins with a: a1, a2, a3, a4, a5 and others",
        );
    }
}
