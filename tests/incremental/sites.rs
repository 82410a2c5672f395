//! Random sites of five to thirty pages.
//!
//! Most are what people make: sections, menus, lists, layouts. Some are the suite's [`generator`], where
//! nothing is right.

use crate::dice::Dice;
use crate::generator;
use crate::words::*;
use crate::world::Files;

/// A site.
pub fn site(dice: &mut Dice) -> Files {
    match dice.below(8) {
        0 => dice.value(generator::sites()).files.into_iter().collect(),
        1 => embedded(dice),
        _ => usual(dice),
    }
}

/// A site with templates of its own.
fn usual(dice: &mut Dice) -> Files {
    let mut files = contents(dice);
    for (path, always) in TEMPLATES {
        let text = template(dice, always);
        files.insert((*path).to_owned(), text);
    }
    files.extend(PARTIALS.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
    for _ in 0..dice.below(4) {
        let path = dice.pick(MORE_TEMPLATES);
        let text = template(dice, "{{ content }}");
        files.insert(path.to_owned(), text);
    }
    files
}

/// A site that the embedded theme renders.
fn embedded(dice: &mut Dice) -> Files {
    let mut files = contents(dice);
    if dice.chance(40) {
        let path = dice.pick(MORE_TEMPLATES);
        let text = template(dice, "{{ page.content }}");
        files.insert(path.to_owned(), text);
    }
    files
}

/// Everything but templates.
fn contents(dice: &mut Dice) -> Files {
    let mut files = Files::new();
    for _ in 0..dice.within(5, 22) {
        let (path, text) = (page_path(dice), page(dice));
        files.insert(path, text);
    }
    for folder in FOLDERS {
        if dice.chance(50) {
            let text = section(dice);
            files.insert(format!("content/{folder}_index.md"), text);
        }
    }
    for (path, texts) in DATA {
        if dice.chance(50) {
            // The last of some is wrong.
            let right = &texts[..texts.len().min(2)];
            files.insert((*path).to_owned(), dice.pick(right).to_owned());
        }
    }
    for path in FILES {
        // Not yet one that takes a page's place.
        if dice.chance(25) && !path.ends_with(".html") {
            files.insert((*path).to_owned(), format!("{path}\n"));
        }
    }
    files.insert("themes/t1/templates/term.liquid".into(), "t1 {{ page.title }}\n".into());
    let text = configuration(dice);
    files.insert("bengal.yaml".into(), text);
    files
}

fn configuration(dice: &mut Dice) -> String {
    let mut text = "---\n---\n".to_owned();
    for _ in 0..dice.below(5) {
        let (key, values) = CONFIG[dice.below(CONFIG.len())];
        text = with_field(&text, key, Some(dice.pick(values)));
    }
    if dice.chance(10) {
        text = with_field(&text, "plugins", Some(dice.pick(LIBRARIES)));
    }
    // Where nothing is optimised, highlighting is slow.
    if dice.chance(50) && !text.contains("markdown") {
        text = with_field(&text, "markdown", Some("{highlight: false}"));
    }
    text[4..text.len() - 4].to_owned()
}

/// Where a page may be.
pub fn page_path(dice: &mut Dice) -> String {
    format!("content/{}{}", dice.pick(FOLDERS), dice.pick(NAMES))
}

/// A page.
pub fn page(dice: &mut Dice) -> String {
    let mut text = "---\n---\n".to_owned();
    if dice.chance(85) {
        text = with_field(&text, "title", Some(dice.pick(TITLES)));
    }
    for _ in 0..dice.below(5) {
        let (key, values) = FIELDS[dice.below(FIELDS.len())];
        text = with_field(&text, key, Some(dice.pick(values)));
    }
    for _ in 0..dice.below(5) {
        text.push_str(dice.pick(BODY));
    }
    text
}

/// The page of a section.
pub fn section(dice: &mut Dice) -> String {
    let text = page(dice);
    if dice.chance(40) { with_field(&text, "cascade", Some(dice.pick(CASCADES))) } else { text }
}

/// A template, in which `always` stands.
pub fn template(dice: &mut Dice, always: &str) -> String {
    let mut text = String::new();
    if dice.chance(25) {
        text.push_str(&format!("---\nlayout: {}\n---\n", dice.pick(LAYOUTS)));
    }
    for _ in 0..dice.within(1, 4) {
        let parts = if dice.chance(1) { RISKY } else { PARTS };
        text.push_str(dice.pick(parts));
    }
    text + always + "\n"
}

/// `text` with another value of a field of its front matter, or without it. It gets front matter where it has
/// none.
pub fn with_field(text: &str, key: &str, value: Option<&str>) -> String {
    let (front, body) = split(text);
    let own = |line: &&str| !line.starts_with(&format!("{key}:"));
    let mut lines: String = front.split_inclusive('\n').filter(own).collect();
    if let Some(value) = value {
        lines.push_str(&format!("{key}: {value}\n"));
    }
    format!("---\n{lines}---\n{body}")
}

/// The front matter of a page, and its body.
pub fn split(text: &str) -> (&str, &str) {
    let inner = text.strip_prefix("---\n");
    let parts = inner.and_then(|inner| {
        inner.strip_prefix("---\n").map(|body| ("", body)).or_else(|| {
            let end = inner.find("\n---\n")? + 1;
            Some((&inner[..end], &inner[end + 4..]))
        })
    });
    parts.unwrap_or(("", text))
}
