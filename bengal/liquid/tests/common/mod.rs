//! A small site for tests and benchmarks: as a model that bengal's Liquid borrows from, and as the
//! objects that the crate `liquid` takes.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::allow_attributes, reason = "not every test leaves a part unused")]

use std::collections::BTreeMap;

use bengal_liquid::date::Date;
use bengal_liquid::host::NoSite;
use bengal_liquid::memo::Memo;
use bengal_liquid::render::{Partial, Partials, Scene};
use bengal_liquid::template::Template;
use bengal_liquid::value::{List, Object, ToValue, Value};

/// A page of the model.
#[derive(Debug)]
pub struct Page {
    pub title: String,
    pub url: String,
    pub description: String,
    pub kind: &'static str,
    pub weight: i64,
    pub date: Date,
    pub tags: Vec<Text>,
    pub content: String,
}

#[derive(Debug)]
pub struct Text(pub String);

impl ToValue for Text {
    fn to_value(&self) -> Value<'_> {
        Value::Str(&self.0)
    }
}

impl ToValue for Page {
    fn to_value(&self) -> Value<'_> {
        Value::Object(self)
    }
}

fn list<T: ToValue>(list: &Vec<T>) -> Value<'_> {
    let list: &dyn List = list;
    Value::List(list)
}

const FIELDS: [&str; 8] =
    ["title", "url", "description", "kind", "weight", "date", "tags", "content"];

impl Object for Page {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        Some(match name {
            "title" => Value::Str(&self.title),
            "url" => Value::Str(&self.url),
            "description" => Value::Str(&self.description),
            "kind" => Value::Str(self.kind),
            "weight" => Value::Int(self.weight),
            "date" => Value::Date(self.date),
            "tags" => list(&self.tags),
            "content" => Value::Str(&self.content),
            _ => return None,
        })
    }

    fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str)) {
        FIELDS.iter().for_each(|name| each(name));
    }
}

/// The site: what lasts.
#[derive(Debug)]
pub struct Site {
    pub title: String,
    pub pages: Vec<Page>,
}

impl Site {
    /// One of so many pages.
    pub fn new(pages: usize) -> Self {
        let page = |number: usize| Page {
            title: format!("Page {number} & its <title>"),
            url: format!("/blog/page-{number}/"),
            description: format!(
                "what page {number} says of itself, in a dozen words or perhaps a few more"
            ),
            kind: if number.is_multiple_of(3) { "section" } else { "page" },
            weight: i64::try_from(number).expect("few pages"),
            date: Date {
                seconds: 1_600_000_000 + 86_400 * number as i64,
                nanoseconds: 0,
                offset: 0,
            },
            tags: ["rust", "liquid", "speed"].map(|tag| Text(tag.to_owned())).into(),
            content: "<p>Some text of a page, of which there is a lot.</p>\n".repeat(80),
        };
        Self { title: "A site".to_owned(), pages: (0..pages).map(page).collect() }
    }

    /// As the crate `liquid` takes it, for the page at `index`.
    pub fn objects(&self, index: usize) -> liquid::Object {
        let pages: Vec<_> = self.pages.iter().map(Page::objects).collect();
        let mut site = liquid::Object::new();
        site.insert("title".into(), liquid::model::Value::scalar(self.title.clone()));
        site.insert("pages".into(), liquid::model::Value::Array(pages));
        let mut globals = liquid::Object::new();
        globals.insert("site".into(), liquid::model::Value::Object(site));
        globals.insert("page".into(), self.pages[index].objects());
        globals
    }
}

impl Page {
    fn objects(&self) -> liquid::model::Value {
        use liquid::model::{DateTime, Value};
        let mut page = liquid::Object::new();
        let texts = [
            ("title", &*self.title),
            ("url", &self.url),
            ("description", &self.description),
            ("kind", self.kind),
            ("content", &self.content),
        ];
        for (name, text) in texts {
            page.insert(name.into(), Value::scalar(text.to_owned()));
        }
        page.insert("weight".into(), Value::scalar(self.weight));
        let days = self.date.seconds / 86_400;
        let date = jiff::Timestamp::from_second(days * 86_400)
            .expect("a date")
            .to_zoned(jiff::tz::TimeZone::UTC);
        let date = DateTime::from_str(&date.strftime("%Y-%m-%d 00:00:00 +0000").to_string())
            .expect("a date");
        page.insert("date".into(), Value::scalar(date));
        let tags = self.tags.iter().map(|tag| Value::scalar(tag.0.clone())).collect();
        page.insert("tags".into(), Value::Array(tags));
        Value::Object(page)
    }
}

impl Object for Site {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        match name {
            "title" => Some(Value::Str(&self.title)),
            "pages" => Some(list(&self.pages)),
            _ => None,
        }
    }

    fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str)) {
        each("title");
    }
}

/// The name `site`.
#[derive(Debug)]
pub struct Lasting(pub Site);

impl Object for Lasting {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        (name == "site").then_some(Value::Object(&self.0))
    }

    fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str)) {
        each("site");
    }
}

/// The name `page`.
#[derive(Debug)]
pub struct Globals<'s>(pub &'s Page);

impl Object for Globals<'_> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        (name == "page").then_some(Value::Object(self.0))
    }

    fn names<'s>(&'s self, each: &mut dyn FnMut(&'s str)) {
        each("page");
    }
}

/// Any value's fields, as names.
#[derive(Debug)]
pub struct Data(pub Value<'static>);

impl Data {
    pub fn json(text: &str) -> Self {
        Self(Value::from_json(&serde_json::from_str(text).expect("the data is JSON")))
    }
}

impl Object for Data {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.0.field(name)
    }

    fn names<'s>(&'s self, _each: &mut dyn FnMut(&'s str)) {}
}

/// Partials by name; `None` for one that is wrong.
#[derive(Debug, Default)]
pub struct Files(pub BTreeMap<String, Option<Template>>);

impl Partials for Files {
    fn partial(&self, name: &str) -> Partial<'_> {
        match self.0.get(name) {
            Some(Some(template)) => Partial::Found(template),
            Some(None) => Partial::Wrong,
            None => Partial::Missing,
        }
    }
}

static UTC: jiff::tz::TimeZone = jiff::tz::TimeZone::UTC;

/// What a template is rendered with.
pub fn scene<'m, 'v>(
    lasting: &'m dyn Object,
    globals: &'v dyn Object,
    partials: &'m Files,
    memo: Option<&'m Memo<'m>>,
) -> Scene<'m, 'v> {
    Scene {
        lasting,
        globals,
        partials,
        memo,
        now: Date { seconds: 1_700_000_000, nanoseconds: 0, offset: 0 },
        zone: &UTC,
        seed: "",
        host: &NoSite,
        watch: bengal_liquid::watch::Watch::NONE,
        strict: false,
    }
}
