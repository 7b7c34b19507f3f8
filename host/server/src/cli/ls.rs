//! `ls`.

use form_urlencoded::Serializer;

use super::args::{Filter, Ls};
use super::client::{Client, Instance, LONG, Question};
use super::exit::{CliError, Exit};
use super::output::{self, Format, brief, table};

/// Lists instances, the newest first.
pub async fn run(args: Ls, format: Format) -> Result<Exit, CliError> {
    let client = Client::new(&args.server.server)?;
    let question = Question::get(format!("/instances?{}", query(&args)));
    let body = client.ask(Question { wait: LONG, ..question }).await?;
    match format {
        Format::Json => output::data(&String::from_utf8_lossy(&body)),
        Format::Text => output::data(&text(&client.read::<Vec<Instance>>(&body)?)),
    }
    Ok(Exit::DONE)
}

/// Inputs and outputs are not asked for: a list is read from the index alone. A host that is not told how many lists all.
fn query(args: &Ls) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("showInput", "false").append_pair("showOutput", "false");
    if !args.all {
        query.append_pair("top", &args.top.to_string());
    }
    if let Some(prefix) = &args.prefix {
        query.append_pair("instanceIdPrefix", prefix);
    }
    args.filter.append_to(&mut query);
    query.finish()
}

impl Filter {
    /// Adds what the host understands to a query.
    pub fn append_to(&self, query: &mut Serializer<'_, String>) {
        let now = jiff::Timestamp::now();
        for (name, bound) in [("createdTimeFrom", self.created_after), ("createdTimeTo", self.created_before)] {
            if let Some(moment) = bound {
                query.append_pair(name, &moment.after(now).to_string());
            }
        }
        if !self.status.is_empty() {
            query.append_pair("runtimeStatus", &self.status.join(","));
        }
    }
}

fn text(instances: &[Instance]) -> String {
    let row = |instance: &Instance| {
        let Instance { instance_id, runtime_status, name, created_time, last_updated_time, .. } = instance;
        [instance_id, runtime_status, name, created_time, last_updated_time].map(|text| brief(text))
    };
    let rows: Vec<_> = instances.iter().map(row).collect();
    table(["ID", "STATUS", "FUNCTION", "CREATED", "UPDATED"], &rows)
}
