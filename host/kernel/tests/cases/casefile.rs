//! Case files: plain lines that say what is done, and lines that begin with `>` that say what must follow from them.
//!
//! A case begins with `case TITLE`. The lines below it are handed one by one to a [`Player`]; what the player answers to a
//! line must be what stands below that line.

use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What `UPDATE_EXPECT=1` does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Bless {
    /// It writes what is.
    Everything,
    /// It adds what is new and leaves alone, and red, what changed.
    OnlyNew,
}

/// What understands the lines of one kind of case.
pub trait Player: Sized {
    const BLESS: Bless;

    /// Begins a case.
    fn begin() -> Self;

    /// Plays a line and says what follows from it. An error is a mistake in the file.
    fn play(&mut self, line: &str) -> Result<Vec<String>, String>;

    /// Ends a case. An error is a mistake in the file.
    fn end(self) -> Result<(), String>;
}

/// Plays every file of a folder, beside which nothing else may lie in it.
pub fn check_folder<P: Player>(folder: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(&folder).expect("the folder of cases is there");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("the folder can be listed").path()).collect();
    files.sort();
    let (mut report, mut cases) = (String::new(), 0);
    for file in files {
        assert!(file.extension().is_some_and(|extension| extension == "case"), "{} is no case file", file.display());
        let text = std::fs::read_to_string(&file).expect("a case file can be read");
        let played = play_file::<P>(&file, &text);
        cases += played.cases;
        let blessing = std::env::var_os("UPDATE_EXPECT").is_some();
        if blessing && played.text != text {
            std::fs::write(&file, played.text).expect("a case file can be written");
        }
        if !blessing || P::BLESS == Bless::OnlyNew {
            report.push_str(&played.report);
        }
    }
    let hint = match P::BLESS {
        Bless::Everything => "If this is right, set UPDATE_EXPECT=1 and read what it wrote.",
        Bless::OnlyNew => "What is there must never change; UPDATE_EXPECT=1 adds only what has no expectation yet.",
    };
    assert!(report.is_empty(), "\n{report}{hint}");
    println!("{cases} cases");
}

struct Played {
    /// The file as it should be.
    text: String,
    /// The cases that are not as they should be.
    report: String,
    cases: usize,
}

/// A line of the file, what the file says below it, and what is right.
struct Line<'a> {
    place: String,
    text: &'a str,
    expected: Vec<&'a str>,
    actual: Vec<String>,
}

fn play_file<P: Player>(file: &Path, text: &str) -> Played {
    let mut played = Played { text: String::new(), report: String::new(), cases: 0 };
    let mut player: Option<P> = None;
    let mut case: Vec<Line<'_>> = Vec::new();
    for (number, text) in (1..).zip(text.lines()) {
        let place = format!("{}:{number}", file.display());
        let line = text.trim();
        if let Some(expected) = line.strip_prefix('>') {
            let above = case.last_mut().unwrap_or_else(|| panic!("{place}: an expectation without a line above it"));
            above.expected.push(expected.trim());
            continue;
        }
        let mut actual = Vec::new();
        if line.starts_with("case ") {
            played.end(player.replace(P::begin()), &mut case, &place);
        } else if !line.is_empty() && !line.starts_with('#') {
            let player = player.as_mut().unwrap_or_else(|| panic!("{place}: a line before the first case"));
            actual = player.play(line).unwrap_or_else(|mistake| panic!("{place}: {mistake}"));
        }
        case.push(Line { place, text, expected: Vec::new(), actual });
    }
    played.end(player, &mut case, &format!("{}, at its end", file.display()));
    played
}

impl Played {
    fn end<P: Player>(&mut self, player: Option<P>, case: &mut Vec<Line<'_>>, place: &str) {
        if let Some(player) = player {
            player.end().unwrap_or_else(|mistake| panic!("{place}: in the case before: {mistake}"));
            self.cases += 1;
        }
        if let Some(wrong) = case.iter().find(|line| line.actual != line.expected) {
            writeln!(self.report, "{}", wrong.place).expect("a String takes everything");
            case.iter().for_each(|line| line.report(&mut self.report));
        }
        for line in case.drain(..) {
            writeln!(self.text, "{}", line.text).expect("a String takes everything");
            let kept = P::BLESS == Bless::OnlyNew && !line.expected.is_empty();
            let below = if kept { line.expected } else { line.actual.iter().map(String::as_str).collect() };
            for line in below {
                writeln!(self.text, "  > {line}").expect("a String takes everything");
            }
        }
    }
}

impl Line<'_> {
    fn report(&self, report: &mut String) {
        let same = self.actual == self.expected;
        let (was, is) = if same { (' ', ' ') } else { ('-', '+') };
        writeln!(report, "  {}", self.text).expect("a String takes everything");
        let expected = self.expected.iter().map(|line| (was, *line));
        let actual = self.actual.iter().map(|line| (is, line.as_str())).filter(|_| !same);
        for (mark, line) in expected.chain(actual) {
            writeln!(report, "{mark}   > {line}").expect("a String takes everything");
        }
    }
}
