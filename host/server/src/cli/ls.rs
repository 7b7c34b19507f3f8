//! `ls`.

use form_urlencoded::Serializer;

use super::args::Ls;
use super::client::{Client, Instance, Question};
use super::exit::{CliError, Exit};
use super::output::{self, Format, brief, table};

/// Lists instances, the newest first.
pub async fn run(args: Ls, format: Format) -> Result<Exit, CliError> {
    let client = Client::new(&args.server.server)?;
    let body = client.ask(Question::get(format!("/instances?{}", query(&args)))).await?;
    match format {
        Format::Json => output::data(&String::from_utf8_lossy(&body)),
        Format::Text => output::data(&text(&client.read::<Vec<Instance>>(&body)?)),
    }
    Ok(Exit::DONE)
}

/// Inputs and outputs are not asked for: a list is read from the index alone.
fn query(args: &Ls) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("top", &args.limit.to_string());
    query.append_pair("showInput", "false").append_pair("showOutput", "false");
    if !args.status.is_empty() {
        query.append_pair("runtimeStatus", &args.status.join(","));
    }
    if let Some(prefix) = &args.prefix {
        query.append_pair("instanceIdPrefix", prefix);
    }
    query.finish()
}

fn text(instances: &[Instance]) -> String {
    let row = |instance: &Instance| {
        let Instance { instance_id, runtime_status, name, created_time, last_updated_time, .. } = instance;
        [instance_id, runtime_status, name, created_time, last_updated_time].map(|text| brief(text))
    };
    let rows: Vec<_> = instances.iter().map(row).collect();
    table(["ID", "STATUS", "FUNCTION", "CREATED", "UPDATED"], &rows)
}
