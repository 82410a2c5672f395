//! A stage: warns of pages that have fewer words than they should, and tells templates how far each is.
//!
//! Options: `words`, how many a page should have (300). In templates, `page.params.word_goal` is a
//! percentage, at most 100.

use bengal_plugin::{
    Diagnostic, Error, Item, Items, Outbox, PerItem, Plugin, Purity, Registrar, Slot, Stage, Value,
    Work,
};

struct WordGoal {
    words: i64,
}

bengal_plugin::export!(WordGoal);

impl Plugin for WordGoal {
    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
        let words = registrar.options().int("words")?.unwrap_or(300);
        if words < 1 {
            return Err(Error::new("the option `words` is at least 1"));
        }
        registrar.stage(Self { words })
    }
}

impl Stage for WordGoal {
    fn name(&self) -> &str {
        "word-goal"
    }

    fn slot(&self) -> Slot {
        Slot::after("parse")
    }

    fn items(&self) -> Items {
        Items::PAGE
    }

    fn purity(&self) -> Purity {
        Purity::Pure
    }

    fn start(&self) -> Work<'_> {
        Work::PerItem(Box::new(Counter(self)))
    }
}

struct Counter<'s>(&'s WordGoal);

impl PerItem for Counter<'_> {
    fn process(&mut self, page: &mut Item<'_>, _out: &mut Outbox<'_>) -> Result<(), Error> {
        let words = page.get("word_count").and_then(Value::as_int).unwrap_or(0);
        let goal = self.0.words;
        if words < goal {
            let message = format!("{words} words, where {goal} are the goal");
            page.report(&Diagnostic::warning(&message).hint("write on"))?;
        }
        page.set("params.word_goal", (words * 100 / goal).min(100))
    }
}

#[cfg(test)]
mod tests {
    use bengal_plugin::Data;
    use bengal_plugin::testing::{TestItem, register, run};

    use super::*;

    #[test]
    fn pages_are_measured() {
        let page = |path: &str, words: i64| TestItem::page(path).with("word_count", words);
        let run = run(WordGoal { words: 10 }, [page("a.md", 5), page("b.md", 50)]);
        assert_eq!(run.error, None);
        assert_eq!(run.items[0].get("params.word_goal"), Some(&Data::Int(50)));
        assert_eq!(run.items[1].get("params.word_goal"), Some(&Data::Int(100)));
        assert_eq!(run.diagnostics, ["warning a.md:0: 5 words, where 10 are the goal"]);
    }

    #[test]
    fn options_are_checked() {
        let options = |words: i64| Data::map([("words", words)]);
        assert_eq!(register::<WordGoal>(options(5)), Ok((vec!["word-goal".to_owned()], vec![])));
        assert!(register::<WordGoal>(options(0)).is_err());
    }
}
