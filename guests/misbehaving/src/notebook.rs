//! An entity that misbehaves in no way, and those that work with it: they must come out the same however often their host
//! is killed.

use dacapo::prelude::*;

/// Lines in the order in which they were written.
#[payload]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notebook(Vec<String>);

/// Keeps lines.
#[entity]
impl Notebook {
    /// Writes a line, and gives how many there are.
    fn write(&mut self, line: String) -> usize {
        self.0.push(line);
        self.0.len()
    }

    /// Writes a line in place of all others.
    fn begins_anew(&mut self, line: String) {
        self.0 = vec![line];
    }

    /// How many lines there are.
    fn count(&self) -> usize {
        self.0.len()
    }

    /// Writes its lines into another notebook, and has somebody sign that one.
    fn is_copied_to(&self, cx: &EntityContext, key: String) -> Result<()> {
        for line in &self.0 {
            cx.signal::<Notebook>(&key).write(line.clone())?;
        }
        let signature = Lines { notebook: key, lines: vec![format!("copied from {}", cx.key())], copy: None };
        cx.start(Start::of::<dictates>(&signature)?.id(format!("{}.signature", cx.key())))?;
        Ok(())
    }
}

/// What to write into which notebook.
#[payload]
pub struct Lines {
    notebook: String,
    lines: Vec<String>,
    /// Which notebook is to have a copy.
    #[serde(default)]
    copy: Option<String>,
}

/// Writes all but the last line without waiting, then the last one, and returns how many there are. The copy is made later.
#[orchestrator]
pub async fn dictates(cx: Context, Lines { notebook, mut lines, copy }: Lines) -> Result<usize> {
    let last = lines.pop().unwrap_or_default();
    for line in lines {
        cx.signal::<Notebook>(&notebook).write(line)?;
    }
    let count = cx.entity::<Notebook>(&notebook).write(last).await?;
    copy.map_or(Ok(()), |copy| cx.signal::<Notebook>(&notebook).is_copied_to(copy))?;
    Ok(count)
}

/// What to write into each of some notebooks that have to be alike.
#[payload]
pub struct Edition {
    notebooks: Vec<String>,
    line: String,
}

/// Locks the notebooks, waits for the event `go`, and writes the line into each of them; returns how many lines they have.
#[orchestrator]
pub async fn edits(cx: Context, Edition { notebooks, line }: Edition) -> Result<usize> {
    let _lock = cx.lock(notebooks.iter().map(EntityId::of::<Notebook>)).await?;
    cx.set_custom_status("locked")?;
    cx.wait_event::<()>("go").await?;
    let mut counts = Vec::new();
    for notebook in &notebooks {
        counts.push(cx.entity::<Notebook>(notebook).write(line.clone()).await?);
    }
    match counts.iter().all(|count| *count == counts[0]) {
        true => Ok(counts[0]),
        false => Err(fail!("unlike", "the notebooks have {counts:?} lines")),
    }
}

/// Returns what it gets.
#[activity]
pub fn copy(text: String) -> String {
    text
}

/// Has the text copied twice, and returns the copy.
#[orchestrator]
pub async fn copies(cx: Context, text: String) -> Result<String> {
    let first = copy(&cx, text).await?;
    copy(&cx, first).await
}

/// Has an activity return a text of so many bytes, and returns it.
#[orchestrator]
pub async fn brings_much(cx: Context, bytes: usize) -> Result<String> {
    cx.call_activity("task_returns_much", &bytes).await
}

#[cfg(test)]
mod tests {
    use dacapo::testing::Kit;

    use super::*;

    #[test]
    fn what_one_sends_is_written_in_order() {
        let lines: Vec<_> = ["a", "b", "c"].map(str::to_owned).into();
        let input = Lines { notebook: "n".to_owned(), lines: lines.clone(), copy: None };
        let run = Kit::new::<dictates>().entity::<Notebook>().start(&input);
        assert_eq!(run.output::<usize>(), Ok(3));
        assert_eq!(run.entity::<Notebook>("n"), Some(Notebook(lines)));
    }

    #[test]
    fn notebooks_are_edited_alike() {
        let notebooks = ["b", "a"].map(str::to_owned).into();
        let kit = Kit::new::<edits>().entity::<Notebook>().event_at(Duration::from_secs(1), "go", &());
        let run = kit.start(&Edition { notebooks, line: "x".to_owned() });
        assert_eq!(run.output::<usize>(), Ok(1));
    }
}
