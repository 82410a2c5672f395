//! A bengal of one's own: the stage of `examples/plugins/word-goal`, through bengal as a library.
//!
//!     own-stage SITE
//!
//! As a plugin it loads into any bengal; here it is a part of the program, and sees the pages themselves.

use std::process::ExitCode;

use bengal::build::{BuildOptions, Listener, build_with};
use bengal::diagnostic::{Code, Diagnostic};
use bengal::pipeline::runner::Progress;
use bengal::pipeline::{Item, Outbox, PerItem, Slot, Stage, StageError, Work};
use bengal::site::content_path;
use bengal::value::Value;

struct WordGoal {
    words: u32,
}

impl Stage for WordGoal {
    fn name(&self) -> &str {
        "word-goal"
    }

    fn slot(&self) -> Slot {
        Slot::After("parse".to_owned())
    }

    fn start(&self) -> Work<'_> {
        Work::PerItem(Box::new(Counter(self)))
    }
}

struct Counter<'s>(&'s WordGoal);

impl PerItem for Counter<'_> {
    fn process(&mut self, item: Item, out: &mut Outbox<'_>) -> Result<(), StageError> {
        let Item::Page(mut page) = item else { return out.emit(item) };
        let (words, goal) = (page.body.words, self.0.words);
        if words < goal {
            let message = format!("word-goal: {words} words, where {goal} are the goal");
            let diagnostic = Diagnostic::warning(Code::Plugin, message).hint("write on");
            out.report(diagnostic.in_file(&content_path(&page.path)));
        }
        let percent = Value::Int(i64::from(words * 100 / goal).min(100));
        page.front.params.insert("word_goal".into(), percent);
        out.emit(Item::Page(page))
    }
}

fn main() -> anyhow::Result<ExitCode> {
    let site = std::env::args_os().nth(1).unwrap_or_else(|| ".".into());
    let options = BuildOptions { site: site.into(), ..BuildOptions::default() };
    let listener = Listener { progress: &Progress::default(), waiting: &|| () };
    let report = build_with(&options, &listener, vec![Box::new(WordGoal { words: 300 })])?;
    for diagnostic in &report.diagnostics {
        let file = diagnostic.place.as_ref().map_or("", |place| &place.file);
        println!("{file}: {}", diagnostic.message);
    }
    Ok(ExitCode::from(report.exit_code()))
}
