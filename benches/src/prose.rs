//! The text of one generated page: YAML front matter and a body of GitHub-flavoured Markdown.
//!
//! **Invariant:** pages average about 3.7 kB (see `TARGET_BYTES`); their mix of elements is a
//! documentation site's, and the rates are constants or literals here, not options.

use std::fmt::Write;

use crate::rng::SplitMix64;
use crate::site::Layout;

/// The text of page `index` of the site laid out as `layout`.
pub fn page(layout: &Layout, seed: u64, index: usize) -> String {
    let rng = SplitMix64::new(seed, index as u64);
    let mut page = Page { layout, index, rng, text: String::with_capacity(2 * TARGET_BYTES.1) };
    page.front_matter();
    page.body();
    page.text
}

/// The text of the `_index.md` of the section in the folder `path`.
pub fn section(rng: &mut SplitMix64, path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let title = capitalised(rng.pick(WORDS));
    let about = rng.pick(WORDS);
    format!(
        "---\ntitle: {title} {name}\ndescription: Everything about the {about}.\n---\n\nPages about the {about}.\n"
    )
}

/// A page is at least this long, by a number drawn between the two; the last block overshoots by
/// some 100 bytes, which gives a mean of 3.7 kB.
const TARGET_BYTES: (usize, usize) = (2_600, 4_150);

/// How many tags there are, and how many of them each page has.
const TAGS: (usize, usize) = (50, 3);

/// What comes once on a page, if at all.
#[derive(Debug, Clone, Copy)]
enum Extra {
    Code,
    Table,
    Footnote,
    Alert,
    Tasks,
    Quote,
}

/// Each extra, and on one page in how many it is.
const EXTRAS: [(Extra, usize); 6] = [
    (Extra::Code, 3),
    (Extra::Table, 5),
    (Extra::Footnote, 7),
    (Extra::Alert, 10),
    (Extra::Tasks, 12),
    (Extra::Quote, 8),
];

struct Page<'a> {
    layout: &'a Layout,
    index: usize,
    rng: SplitMix64,
    text: String,
}

impl Page<'_> {
    fn front_matter(&mut self) {
        let title = self.title();
        // 2015 to 2024: ten whole years, none of it in the future.
        let (year, month, day) =
            (self.rng.between(2015, 2024), self.rng.between(1, 12), self.rng.between(1, 28));
        self.line(&format!("---\ntitle: \"{title}\""));
        self.line(&format!("date: {year}-{month:02}-{day:02}"));
        self.text.push_str("description: \"");
        self.plain_words(12);
        self.text.push_str(".\"\n");
        let tags = self.tags();
        self.line(&format!("tags: [{tags}]"));
        if self.rng.one_in(10) {
            let weight = self.rng.between(1, 99);
            self.line(&format!("weight: {weight}"));
        }
        if self.rng.one_in(4) {
            let level = self.rng.pick(&["easy", "medium", "hard"]);
            self.line(&format!("difficulty: {level}"));
        }
        self.text.push_str("---\n\n");
    }

    fn body(&mut self) {
        let target = self.text.len().max(self.rng.between(TARGET_BYTES.0, TARGET_BYTES.1));
        let mut extras: Vec<Extra> = Vec::new();
        for (extra, rate) in EXTRAS {
            if self.rng.one_in(rate) {
                extras.push(extra);
            }
        }
        self.paragraph();
        let mut round = 0;
        while self.text.len() < target || !extras.is_empty() {
            self.heading(round);
            self.paragraph();
            if round % 3 == 1 {
                self.list();
            }
            if let Some(extra) = extras.pop() {
                self.extra(extra);
            }
            round += 1;
        }
    }

    fn extra(&mut self, extra: Extra) {
        match extra {
            Extra::Code => self.code_block(),
            Extra::Table => self.table(),
            Extra::Footnote => self.footnote(),
            Extra::Alert => self.alert(),
            Extra::Tasks => self.tasks(),
            Extra::Quote => self.quote(),
        }
    }

    fn title(&mut self) -> String {
        let index = self.index;
        let first = capitalised(self.rng.pick(WORDS));
        let (second, third) = (self.rng.pick(WORDS), self.rng.pick(WORDS));
        match self.rng.below(4) {
            0 => format!("{first}: {second} & {third} {index}"),
            _ => format!("{first} {second} {third} {index}"),
        }
    }

    fn tags(&mut self) -> String {
        let mut chosen: Vec<usize> = Vec::with_capacity(TAGS.1);
        while chosen.len() < TAGS.1 {
            let tag = self.rng.below(TAGS.0);
            if !chosen.contains(&tag) {
                chosen.push(tag);
            }
        }
        let names: Vec<String> = chosen.iter().map(|tag| format!("topic-{tag:02}")).collect();
        names.join(", ")
    }

    fn heading(&mut self, round: usize) {
        let level = match round {
            0 => 2,
            _ => self.rng.pick(&[&2, &2, &3, &3, &4]).to_owned(),
        };
        self.text.push_str(&"#".repeat(level));
        self.text.push(' ');
        let first = capitalised(self.rng.pick(WORDS));
        self.text.push_str(&first);
        self.text.push(' ');
        let more = self.rng.between(1, 4);
        self.plain_words(more);
        self.text.push_str("\n\n");
    }

    fn paragraph(&mut self) {
        let sentences = self.rng.between(3, 6);
        for sentence in 0..sentences {
            if sentence > 0 {
                // Sources are wrapped about as people wrap them: here and there.
                let gap = self.rng.pick(&[" ", " ", "\n"]);
                self.text.push_str(gap);
            }
            self.sentence();
        }
        self.text.push_str("\n\n");
    }

    fn sentence(&mut self) {
        let first = capitalised(self.rng.pick(WORDS));
        self.text.push_str(&first);
        let words = self.rng.between(7, 17);
        for _ in 0..words {
            if self.rng.one_in(12) {
                self.text.push(',');
            }
            self.text.push(' ');
            self.inline();
        }
        let end = self.rng.pick(&[".", ".", ".", ".", "?", "!", ":"]);
        self.text.push_str(end);
    }

    /// One word, or what stands in its place.
    fn inline(&mut self) {
        let word = self.rng.pick(WORDS);
        match self.rng.below(200) {
            0..=5 => self.add(format_args!("*{word}*")),
            6..=9 => self.add(format_args!("**{word}**")),
            10..=17 => self.add(format_args!("`{word}_{}`", self.index % 97)),
            18..=23 => self.external_link(),
            24..=26 => self.internal_link(),
            27 => self.add(format_args!("\"{word}\"")),
            28 => self.add(format_args!("{word} & co")),
            29 => self.add(format_args!("~~{word}~~")),
            30 => self.add(format_args!("{word} -- {word}")),
            _ => self.text.push_str(word),
        }
    }

    fn external_link(&mut self) {
        let (a, b, c) =
            (self.rng.pick(WORDS), self.rng.pick(ASCII_WORDS), self.rng.pick(ASCII_WORDS));
        self.add(format_args!("[{a} {b}](https://example.org/{b}/{c})"));
    }

    fn internal_link(&mut self) {
        let target = self.rng.below(self.layout.pages());
        let link = self.layout.relative_link(self.index, target);
        let word = self.rng.pick(WORDS);
        self.add(format_args!("[the {word} page]({link})"));
    }

    fn list(&mut self) {
        let ordered = self.rng.one_in(3);
        let items = self.rng.between(3, 6);
        for item in 1..=items {
            if ordered {
                self.add(format_args!("{item}. "));
            } else {
                self.text.push_str("- ");
            }
            for _ in 0..self.rng.between(3, 9) {
                self.inline();
                self.text.push(' ');
            }
            self.end_line();
        }
        self.text.push('\n');
    }

    fn tasks(&mut self) {
        for _ in 0..self.rng.between(3, 5) {
            let mark = self.rng.pick(&["- [x] ", "- [ ] "]);
            self.text.push_str(mark);
            self.plain_words(5);
            self.text.push('\n');
        }
        self.text.push('\n');
    }

    fn quote(&mut self) {
        self.text.push_str("> ");
        self.sentence();
        self.text.push_str("\n\n");
    }

    fn alert(&mut self) {
        let kind = self.rng.pick(&["NOTE", "TIP", "WARNING"]);
        self.add(format_args!("> [!{kind}]\n> "));
        self.sentence();
        self.text.push_str("\n\n");
    }

    fn footnote(&mut self) {
        self.sentence();
        self.text.push_str("[^1]\n\n[^1]: ");
        self.sentence();
        self.text.push_str("\n\n");
    }

    fn table(&mut self) {
        self.text.push_str("| Name | Meaning | Default |\n|---|---|---:|\n");
        for row in 0..self.rng.between(3, 7) {
            let (name, value) = (self.rng.pick(ASCII_WORDS), self.rng.below(1_000));
            self.add(format_args!("| `{name}_{row}` | "));
            self.plain_words(5);
            self.add(format_args!(" | {value} |\n"));
        }
        self.text.push('\n');
    }

    fn code_block(&mut self) {
        let language = self.rng.pick(&["rust", "sh", "python", "json", ""]);
        self.add(format_args!("```{language}\n"));
        for _ in 0..self.rng.between(4, 12) {
            let (a, b) = (self.rng.pick(ASCII_WORDS), self.rng.pick(ASCII_WORDS));
            let number = self.rng.below(1_000);
            match self.rng.below(4) {
                0 => self.add(format_args!("// {a} {b} <{number}>\n")),
                1 => self.add(format_args!("    {a}.{b}(\"{b}\", {number});\n")),
                2 => self.add(format_args!("if {a} && {b} > {number} {{ {b} }}\n")),
                _ => self.add(format_args!("let {a} = {b}({number});\n")),
            }
        }
        self.text.push_str("```\n\n");
    }

    fn plain_words(&mut self, count: usize) {
        for number in 0..count {
            if number > 0 {
                self.text.push(' ');
            }
            let word = self.rng.pick(WORDS);
            self.text.push_str(word);
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn add(&mut self, text: std::fmt::Arguments<'_>) {
        self.text.write_fmt(text).expect("writing to a String cannot fail");
    }

    /// Ends a line whose last word left a space behind it.
    fn end_line(&mut self) {
        self.text.truncate(self.text.trim_end().len());
        self.text.push('\n');
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// Words that may stand in a URL or in code as they are.
const ASCII_WORDS: &[&str] = &[
    "account", "bridge", "channel", "cluster", "config", "cursor", "digest", "engine", "filter",
    "gateway", "handle", "index", "journal", "kernel", "layer", "module", "node", "option",
    "parser", "queue", "record", "stream", "token", "worker",
];

const WORDS: &[&str] = &[
    "the", "a", "of", "and", "to", "in", "is", "it", "for", "on", "with", "as", "by", "at", "from",
    "or", "an", "be", "this", "that", "which", "when", "where", "each", "every", "one", "two",
    "some", "any", "no", "not", "may", "can", "will", "should", "does", "has", "have", "are",
    "was", "were", "its", "their", "your", "our", "other", "same", "new", "old", "large", "small",
    "fast", "slow", "simple", "whole", "open", "empty", "first", "last", "next", "page", "section",
    "file", "folder", "value", "field", "name", "order", "list", "table", "build", "stage",
    "channel", "worker", "thread", "memory", "template", "layout", "filter", "search", "reader",
    "writer", "server", "client", "request", "answer", "number", "letter", "measure", "record",
    "river", "harbour", "lantern", "meadow", "copper", "signal", "garden", "winter", "morning",
    "mountain", "library", "question", "village", "journey", "machine", "pattern", "window",
    "bridge", "shadow", "market", "paper", "engine", "weather", "café", "naïve", "señor", "Zürich",
    "don't", "it's",
];
