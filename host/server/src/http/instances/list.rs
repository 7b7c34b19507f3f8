//! Lists instances.

use axum::extract::{Request, State};
use axum::response::Response;
use kernel::limits::LIST_MAX_COUNT;
use kernel::model::{Head, InstanceNo};
use kernel::port::{Query, ReadError};

use super::super::params::{Params, Statuses};
use super::super::projection::{self, Part, Show};
use super::super::routes::Site;
use super::super::{answer, pages};
use crate::hub::{Detail, StatusError};
use crate::problem::Problem;

/// `GET instances`. With `top` one page and the token of the next; without it all that there are.
pub async fn list(State(site): State<Site>, request: Request) -> Result<Response, Problem> {
    let (head, _) = request.into_parts();
    let params = Params::parse(head.uri.query());
    let range = pages::Range::parse(&params, &head.headers)?;
    let (input, output) = (params.part("showInput", Part::Shown)?, params.part("showOutput", Part::Shown)?);
    let Some(query) = filter(&params)? else {
        return Ok(answer::document("[]"));
    };
    Ok(pages::respond(Instances { site, query, input, output }, range).await?)
}

/// Which instances are meant; `None` if none can be. What a page is of them is for the caller to say.
pub fn filter(params: &Params<'_>) -> Result<Option<Query>, Problem> {
    let statuses = match params.statuses("runtimeStatus")? {
        Statuses::All => Vec::new(),
        Statuses::Only(statuses) if statuses.is_empty() => return Ok(None),
        Statuses::Only(statuses) => statuses,
    };
    Ok(Some(Query {
        prefix: params.get("instanceIdPrefix").map(str::to_owned),
        statuses,
        created_from: params.time("createdTimeFrom")?,
        created_to: params.time("createdTimeTo")?,
        limit: LIST_MAX_COUNT,
        ..Query::default()
    }))
}

/// The instances that a query finds.
struct Instances {
    site: Site,
    query: Query,
    input: Part,
    output: Part,
}

impl pages::Source for Instances {
    type Entry = Head;

    async fn page(
        &self,
        limit: usize,
        after: Option<InstanceNo>,
    ) -> Result<(Vec<Head>, Option<InstanceNo>), ReadError> {
        let page = self.site.hub().list(Query { limit, after, ..self.query.clone() }).await?;
        Ok((page.heads, page.next))
    }

    /// Without values the index alone suffices.
    async fn write(&self, out: &mut Vec<u8>, head: &Head) -> pages::Written {
        if (self.input, self.output) == (Part::Hidden, Part::Hidden) {
            projection::head(out, head);
            return pages::Written::Whole;
        }
        let show = Show { input: self.input, history_output: Part::Hidden };
        match self.site.hub().status(&head.id, Detail::Values).await {
            Ok(view) => projection::instance(out, &view, show),
            Err(StatusError::NotFound(_)) => return pages::Written::Gone,
            // One damaged instance must not hide the others.
            Err(StatusError::Read(_)) => projection::head(out, head),
        }
        pages::Written::Whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters() {
        let check = |text: &str, expect: &str| {
            let got = match filter(&Params::parse(Some(text))) {
                Ok(query) => format!("{query:?}"),
                Err(problem) => format!("{}: {problem}", problem.code),
            };
            assert!(got.contains(expect), "{text}: {got}, not {expect}");
        };
        check("", "prefix: None, statuses: []");
        check("instanceIdPrefix=a", "prefix: Some(\"a\")");
        check("runtimeStatus=Canceled", "None");
        check("runtimeStatus=Canceled,Failed", "statuses: [Failed]");
        check("runtimeStatus=Pending&runtimeStatus=Suspended", "statuses: [Pending, Suspended]");
        check("createdTimeFrom=x", "invalid_argument");
        check("createdTimeTo=2026-11-22T05:00:00Z", "created_to: Some(Timestamp(1795323600000))");
    }
}
