//! Front matter: the YAML at the head of a page, as untidy as people write it.
//!
//! **Invariant:** whatever stands there, the page's body is found, and each value that cannot be
//! used is reported with its line.

use jiff::tz::TimeZone;

use super::date::{self, Date};
use super::fields::Fields;
use super::menu::MenuEntry;
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::value::{Map, Text, Value};

/// What a page's front matter says. A field that it does not give is `None` or empty.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FrontMatter {
    /// The page's title.
    pub title: Option<Text>,
    /// When it was, or will be, published.
    pub date: Option<Date>,
    /// When it was last changed.
    pub updated: Option<Date>,
    /// From when on it is left out.
    pub expiry: Option<Date>,
    /// A sentence or two about it.
    pub description: Option<Text>,
    /// Its summary, where the author wrote one.
    pub summary: Option<Text>,
    /// Whether it is left out unless drafts are asked for.
    pub draft: Option<bool>,
    /// Its place in the total order; small comes first.
    pub weight: Option<i64>,
    /// Whether it has a table of contents.
    pub toc: Option<bool>,
    /// Whether its body is a template.
    pub liquid: Option<bool>,
    /// The template to render it with.
    pub layout: Option<Text>,
    /// What stands for the section's name when a template is looked for.
    pub kind: Option<Text>,
    /// How many items a page of its list holds; 0 for all.
    pub page_size: Option<usize>,
    /// Its terms by taxonomy, as indices of [`Config::taxonomies`], in the order written.
    pub terms: Vec<(usize, Vec<Text>)>,
    /// What only few pages give.
    pub rare: Option<Box<Rare>>,
    /// Everything else.
    pub params: Map,
}

/// The part of front matter that only few pages have.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Rare {
    /// The last segment of its URL.
    pub slug: Option<Text>,
    /// Its whole URL.
    pub url: Option<Text>,
    /// URLs that redirect to it.
    pub aliases: Vec<Text>,
    /// The menus it stands in.
    pub menus: Vec<MenuEntry>,
    /// What the pages below it have, unless they say otherwise.
    pub cascade: Option<FrontMatter>,
}

impl FrontMatter {
    /// Fills in what is not given here from what a section above cascades.
    pub fn inherit(&mut self, cascade: &FrontMatter) {
        self.date = self.date.or(cascade.date);
        self.updated = self.updated.or(cascade.updated);
        self.expiry = self.expiry.or(cascade.expiry);
        self.draft = self.draft.or(cascade.draft);
        self.weight = self.weight.or(cascade.weight);
        self.toc = self.toc.or(cascade.toc);
        self.page_size = self.page_size.or(cascade.page_size);
        inherit_text(&mut self.description, &cascade.description);
        inherit_text(&mut self.layout, &cascade.layout);
        inherit_text(&mut self.kind, &cascade.kind);
        for (taxonomy, terms) in &cascade.terms {
            if !self.terms.iter().any(|(own, _)| own == taxonomy) {
                self.terms.push((*taxonomy, terms.clone()));
            }
        }
        for (key, value) in &cascade.params {
            if !self.params.contains_key(key) {
                self.params.insert(key.clone(), value.clone());
            }
        }
    }
}

fn inherit_text(own: &mut Option<Text>, cascade: &Option<Text>) {
    if own.is_none() {
        own.clone_from(cascade);
    }
}

/// Where front matter and body stand in a file, in bytes.
#[derive(Debug, PartialEq, Eq)]
pub struct Split {
    /// The YAML, without its fences; `None` where there is no front matter.
    pub front_matter: Option<std::ops::Range<usize>>,
    /// Where the body begins.
    pub body: usize,
}

/// Finds the front matter of `text`: between a first line `---`, which may have empty lines before it,
/// and the next line `---` or `...`. `None` when it is opened and never closed.
pub fn split(text: &str) -> Option<Split> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let empty = text[start..].split_inclusive('\n').take_while(|line| line.trim().is_empty());
    let empty: usize = empty.map(str::len).sum();
    let mut lines = text[start + empty..].split_inclusive('\n');
    let Some(first) = lines.next().filter(|line| line.trim_end() == FENCE) else {
        return Some(Split { front_matter: None, body: start });
    };
    let begin = start + empty + first.len();
    let mut at = begin;
    for line in lines {
        if matches!(line.trim_end(), FENCE | "...") {
            return Some(Split { front_matter: Some(begin..at), body: at + line.len() });
        }
        at += line.len();
    }
    None
}

const FENCE: &str = "---";

/// The fields that most pages have, whose names may be written with capitals.
const NAMES: &[&str] = &["title", "date", "draft", "weight", "description", "tags", "categories"];

/// What opens TOML, which bengal does not read.
const TOML_FENCE: &str = "+++";

/// Reads the front matter of the page at `file`, whose text is `text`; gives it and where the body
/// begins.
///
/// # Errors
/// When it is not YAML: the page cannot be built, as `draft` might be among what is lost.
pub fn read(
    file: &str,
    text: &str,
    config: &Config,
    reports: &mut Vec<Diagnostic>,
) -> Result<(FrontMatter, usize), Diagnostic> {
    let Some(split) = split(text) else {
        let diagnostic = Diagnostic::warning(Code::UnclosedFrontMatter, "no `---` closes this");
        let place = Place::in_text(file, text, 1, 1);
        reports.push(diagnostic.at(place).hint("the whole file is taken as the page's body"));
        return Ok((FrontMatter::default(), 0));
    };
    let Some(span) = split.front_matter else {
        if text[split.body..].lines().next().is_some_and(|line| line.trim_end() == TOML_FENCE) {
            let place = Place::in_text(file, text, 1, 1);
            return Err(Diagnostic::error(Code::FrontMatterSyntax, "this front matter is TOML")
                .at(place)
                .hint("write it as YAML between two lines `---`"));
        }
        return Ok((FrontMatter::default(), split.body));
    };
    let mut fields = Fields { file, text, span, code: Code::FrontMatterValue, reports };
    match fields.read()? {
        Ok(map) => Ok((Reader { fields, config }.front_matter(map), split.body)),
        Err(_) => match fields.key_without_blank() {
            Some(diagnostic) => Err(diagnostic),
            // Two rulers with a paragraph between them, not front matter.
            None => Ok((FrontMatter::default(), 0)),
        },
    }
}

struct Reader<'a> {
    fields: Fields<'a>,
    config: &'a Config,
}

impl Reader<'_> {
    fn front_matter(mut self, map: Map) -> FrontMatter {
        let mut front = FrontMatter::default();
        for (key, value) in map {
            self.field(&mut front, key, value);
        }
        if matches!(front.title.as_deref(), Some(title) if title.parse::<f64>().is_ok())
            && let Some(written) = self.number_as_written("title")
        {
            front.title = Some(written);
        }
        front
    }

    /// The number at `key` as it is written; `None` where it stands elsewhere, as in a block or
    /// behind an alias.
    fn number_as_written(&self, key: &str) -> Option<Text> {
        let written = self.fields.as_written(key)?.trim_matches(['"', '\'']);
        let begins = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.');
        written.starts_with(begins).then(|| written.into())
    }

    fn field(&mut self, front: &mut FrontMatter, key: Text, value: Value) {
        match &*key {
            "title" => front.title = self.filled(&key, &value),
            "date" => front.date = self.date(&key, &value),
            "updated" => front.updated = self.date(&key, &value),
            "expiry" => front.expiry = self.date(&key, &value),
            "description" => front.description = self.filled(&key, &value),
            "summary" => front.summary = self.filled(&key, &value),
            // What cannot be read may have meant a draft.
            "draft" if value != Value::Nil => {
                front.draft = Some(self.fields.bool(&key, &value).unwrap_or_else(|| {
                    if let Some(report) = self.fields.reports.last_mut() {
                        report.hint = Some("the page is taken for a draft".to_owned());
                    }
                    true
                }));
            }
            "draft" => {}
            // Jekyll's way to say it: not to be published by those who come from there.
            "published" if value.to_bool() == Some(false) => front.draft = Some(true),
            "weight" => front.weight = self.fields.int(&key, &value),
            "toc" => front.toc = self.fields.bool(&key, &value),
            "liquid" => front.liquid = self.fields.bool(&key, &value),
            "layout" => front.layout = self.filled(&key, &value),
            "type" => front.kind = self.filled(&key, &value),
            "pagination" => front.page_size = self.page_size(value),
            "taxonomies" => {
                for (name, value) in self.fields.map(&key, value) {
                    self.terms(front, &name, value);
                }
            }
            "params" => match value {
                Value::Map(map) => front.params.extend(map),
                Value::Nil => {}
                other => drop(front.params.insert(key, other)),
            },
            "slug" | "url" | "aliases" | "menu" | "menus" | "cascade" => {
                self.rare(front.rare.get_or_insert_default(), &key, value);
            }
            // As people write it who come from where that makes no difference.
            other
                if NAMES.iter().any(|name| *name != other && other.eq_ignore_ascii_case(name)) =>
            {
                self.field(front, other.to_ascii_lowercase().into(), value);
            }
            _ => self.terms(front, &key, value),
        }
    }

    fn rare(&mut self, rare: &mut Rare, key: &str, value: Value) {
        match key {
            "slug" => rare.slug = self.filled(key, &value),
            "url" => rare.url = self.filled(key, &value),
            "aliases" => rare.aliases = self.fields.texts(key, &value),
            "cascade" => rare.cascade = self.cascade(key, value),
            _ => rare.menus = super::menu::of_page(&mut self.fields, key, value),
        }
    }

    /// A key that is no field: the terms of a taxonomy of that name, else a param.
    fn terms(&mut self, front: &mut FrontMatter, key: &Text, value: Value) {
        match self.config.taxonomies.iter().position(|taxonomy| taxonomy.name == *key) {
            Some(taxonomy) => front.terms.push((taxonomy, self.fields.texts(key, &value))),
            None => {
                self.check_permalink(key, &value);
                front.params.insert(key.clone(), value);
            }
        }
    }

    /// Says of Jekyll's and Eleventy's `permalink` what stands for it here: without a word, the page would be at
    /// another URL.
    fn check_permalink(&mut self, key: &Text, value: &Value) {
        let Value::Text(url) = value else { return };
        if key.as_str() != "permalink" || !url.starts_with('/') {
            return;
        }
        let is_pattern = url.contains("/:") || url.contains("{{");
        let hint = match is_pattern {
            true => "`permalinks` in bengal.yaml holds patterns, by section".to_owned(),
            false => format!("write `url: {}`", crate::yaml::scalar(url)),
        };
        let place = self.fields.place(key);
        let message = "`permalink` is a param like any other, and no URL";
        let diagnostic = Diagnostic::warning(Code::FrontMatterValue, message);
        self.fields.reports.push(diagnostic.at(place).hint(hint));
    }

    /// Text that is not empty: an empty value is one that is not given.
    fn filled(&mut self, key: &str, value: &Value) -> Option<Text> {
        self.fields.text(key, value).filter(|text| !text.trim().is_empty())
    }

    fn date(&mut self, key: &str, value: &Value) -> Option<Date> {
        let text = self.filled(key, value)?;
        let date = date::parse(&text, &self.config.timezone);
        if date.is_none() {
            let place = self.fields.place(key);
            self.fields.reports.push(
                Diagnostic::warning(Code::InvalidDate, format!("`{key}` is no date: `{text}`"))
                    .at(place)
                    .hint("write it as 2024-12-31 or 2024-12-31T18:30:00+01:00"),
            );
        }
        date
    }

    fn page_size(&mut self, value: Value) -> Option<usize> {
        let map = self.fields.map("pagination", value);
        let size = self.fields.int("page_size", map.get("page_size")?)?;
        usize::try_from(size).ok()
    }

    /// What a section hands down: one map, or a list of them. What names a page (its title, URL,
    /// aliases and menus) is not handed down.
    fn cascade(&mut self, key: &str, value: Value) -> Option<FrontMatter> {
        let maps = match value {
            Value::List(list) => list,
            other => vec![other],
        };
        let mut front = FrontMatter::default();
        for map in maps {
            let map = self.fields.map(key, map);
            if map.contains_key("target") || map.contains_key("_target") {
                let place = self.fields.place(key);
                let message = "a cascade with a `target` is not supported";
                self.fields.reports.push(
                    Diagnostic::warning(Code::FrontMatterValue, message)
                        .at(place)
                        .hint("put the cascade into the `_index.md` of the section it is for"),
                );
                continue;
            }
            if map.contains_key("liquid") {
                let place = self.fields.place(key);
                let message = "`liquid` is not handed down by a cascade";
                self.fields.reports.push(
                    Diagnostic::warning(Code::FrontMatterValue, message).at(place).hint(
                        "write it into each page, or `markdown: {liquid: true}` into bengal.yaml",
                    ),
                );
            }
            map.into_iter().for_each(|(key, value)| self.field(&mut front, key, value));
        }
        front.title = None;
        front.summary = None;
        front.rare = None;
        Some(front)
    }
}

/// Why a page with this front matter is left out at `now` (seconds since 1970), if it is.
pub fn exclusion(front: &FrontMatter, now: i64, wanted: Wanted) -> Option<Exclusion> {
    if front.draft == Some(true) && !wanted.drafts {
        Some(Exclusion::Draft)
    } else if front.date.is_some_and(|date| date.seconds > now) && !wanted.future {
        Some(Exclusion::Future)
    } else if front.expiry.is_some_and(|date| date.seconds <= now) && !wanted.expired {
        Some(Exclusion::Expired)
    } else {
        None
    }
}

/// Why a page is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exclusion {
    /// It is a draft.
    Draft,
    /// Its date is to come.
    Future,
    /// Its expiry is over.
    Expired,
}

/// How many pages are left out, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Excluded {
    /// Drafts.
    pub drafts: u64,
    /// Pages dated in the future.
    pub future: u64,
    /// Pages past their expiry.
    pub expired: u64,
}

impl Excluded {
    /// Counts one.
    pub fn count(&mut self, exclusion: Exclusion) {
        *match exclusion {
            Exclusion::Draft => &mut self.drafts,
            Exclusion::Future => &mut self.future,
            Exclusion::Expired => &mut self.expired,
        } += 1;
    }
}

/// Which pages are built besides those that are published now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Drafts.
    pub drafts: bool,
    /// Pages dated in the future.
    pub future: bool,
    /// Pages past their expiry.
    pub expired: bool,
}

/// The zone named `name` in the IANA database, such as `Europe/Berlin`.
pub fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page(text: &str) -> (FrontMatter, usize, Vec<Diagnostic>) {
        let mut reports = Vec::new();
        let (front, body) = read("a.md", text, &Config::default(), &mut reports).unwrap();
        (front, body, reports)
    }

    #[test]
    fn the_front_matter_is_found_however_untidy() {
        for text in [
            "---\ntitle: A\n---\nbody",
            "---\r\ntitle: A\r\n---\r\nbody",
            "\u{feff}---\ntitle: A\n---\nbody",
            "--- \n\n\ntitle: A\n\n--- \nbody",
            "---\ntitle: A\n...\nbody",
            "\n \n---\ntitle: A\n---\nbody",
            "---\nTitle: A\n---\nbody",
        ] {
            let (front, body, reports) = page(text);
            assert_eq!(front.title.as_deref(), Some("A"), "{text:?}");
            assert_eq!(&text[body..], "body", "{text:?}");
            assert_eq!(reports, [], "{text:?}");
        }
    }

    #[test]
    fn a_key_without_a_blank_behind_its_colon_is_an_error_as_it_may_have_meant_a_draft() {
        let text = "---\ntitle:A\ndraft:true\n---\n";
        let error = read("a.md", text, &Config::default(), &mut Vec::new()).unwrap_err();
        assert_eq!((error.code, error.place.unwrap().line), (Code::FrontMatterSyntax, 2));
        assert!(error.hint.unwrap().contains("`title: A`"));
    }

    #[test]
    fn a_draft_that_cannot_be_read_is_one_and_says_so() {
        let (front, _, reports) = page("---\ndraft: maybe\n---\n");
        assert_eq!(front.draft, Some(true));
        assert_eq!(reports[0].hint.as_deref(), Some("the page is taken for a draft"));
    }

    #[test]
    fn without_front_matter_the_whole_file_is_the_body() {
        for text in ["", "# A", "----\na\n----\n", "---\njust a ruler\n---\nand text"] {
            let (front, body, reports) = page(text);
            assert_eq!((front, body, reports.len()), (FrontMatter::default(), 0, 0), "{text:?}");
        }
        let (_, _, reports) = page("---\ntitle: A\n");
        assert_eq!(reports[0].code, Code::UnclosedFrontMatter);
    }

    #[test]
    fn values_are_taken_as_they_were_meant() {
        let (front, _, reports) = page(
            "---\ntitle: 1.10\ndraft: yes\ntags: one\nweight: '3'\nauthor: A\nparams: {x: 1}\n---\n",
        );
        assert_eq!(front.title.as_deref(), Some("1.10"));
        assert_eq!(front.draft, Some(true));
        assert_eq!(front.terms, [(0, vec!["one".into()])]);
        assert_eq!(front.weight, Some(3));
        assert_eq!(front.params["author"], Value::Text("A".into()));
        assert_eq!(front.params["x"], Value::Int(1));
        assert_eq!(reports, []);
    }

    #[test]
    fn the_permalink_of_other_generators_is_answered_with_what_stands_for_it() {
        for (value, hint) in [
            ("/about/", Some("write `url: /about/`")),
            ("/a/:title/", Some("`permalinks` in bengal.yaml holds patterns, by section")),
            (
                "'/{{ page.fileSlug }}/'",
                Some("`permalinks` in bengal.yaml holds patterns, by section"),
            ),
            ("pretty", None),
            ("false", None),
        ] {
            let (front, _, reports) = page(&format!("---\npermalink: {value}\n---\n"));
            let hints: Vec<_> =
                reports.iter().filter_map(|report| report.hint.as_deref()).collect();
            assert_eq!(hints, Vec::from_iter(hint), "{value}");
            assert!(front.params.contains_key("permalink"), "{value}");
        }
    }

    #[test]
    fn a_title_that_is_a_number_stays_as_written() {
        for (written, title) in [
            ("title: 1.10", "1.10"),
            ("title: 1.10\ntitle: 2.20", "2.20"),
            ("title: !!str 1.10", "1.10"),
            ("title: &a 1.10 # x", "1.10"),
            ("title: '007'", "007"),
            ("title: >-\n  1.5", "1.5"),
            ("title:\n  1.5", "1.5"),
        ] {
            let (front, ..) = page(&format!("---\n{written}\n---\n"));
            assert_eq!(front.title.as_deref(), Some(title), "{written}");
        }
    }

    #[test]
    fn what_may_have_meant_a_draft_is_one() {
        for (written, draft) in [
            ("draft: yes", Some(true)),
            ("draft: perhaps", Some(true)),
            ("draft:", None),
            ("draft: no", Some(false)),
            ("published: false", Some(true)),
            ("published: true", None),
        ] {
            assert_eq!(page(&format!("---\n{written}\n---\n")).0.draft, draft, "{written}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_reported_at_its_line() {
        let (front, _, reports) =
            page("---\ntitle: A\ndate: soon\ndraft: [1]\naliases: a\naliases: b\n---\n");
        let at: Vec<_> = reports.iter().map(|d| (d.code, d.place.as_ref().unwrap().line)).collect();
        assert_eq!(
            at,
            [(Code::DuplicateKey, 6), (Code::InvalidDate, 3), (Code::FrontMatterValue, 4)]
        );
        assert_eq!(front.rare.unwrap().aliases, ["b".into()]);
    }

    #[test]
    fn broken_yaml_and_toml_are_errors_at_their_line() {
        let mut reports = Vec::new();
        let config = Config::default();
        let error = read("a.md", "---\ntitle: A\nb: c: d\n---\n", &config, &mut reports);
        let place = error.unwrap_err().place.unwrap();
        assert_eq!((place.line, place.excerpt.as_str()), (3, "b: c: d"));
        for toml in ["+++\ntitle = 'A'\n+++\n", "+++\r\ntitle = 'A'\r\n+++\r\n", "+++ \n+++\n"] {
            assert!(read("a.md", toml, &config, &mut reports).is_err(), "{toml:?}");
        }
    }

    #[test]
    fn a_cascade_fills_in_what_a_page_does_not_say() {
        let (section, _, _) =
            page("---\ncascade: {type: doc, draft: true, author: A, title: No, tags: [x]}\n---\n");
        let (mut front, _, _) = page("---\ndraft: false\ntags: []\n---\n");
        front.inherit(section.rare.unwrap().cascade.as_ref().unwrap());
        assert_eq!(front.kind.as_deref(), Some("doc"));
        assert_eq!(front.draft, Some(false));
        assert_eq!(front.title, None);
        assert_eq!(front.terms, [(0, vec![])]);
        assert_eq!(front.params["author"], Value::Text("A".into()));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(---\n)?(\\PC|\n|---\n|: |- |[{}]){0,60}") {
            let mut reports = Vec::new();
            let _ = read("a.md", &text, &Config::default(), &mut reports);
        }
    }
}
