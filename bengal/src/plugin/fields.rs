//! The fields of items: what a plugin reads and changes of what flows through the chain.

use std::fs;

use super::call::{Call, Node, Role};
use super::markers::{mark, unmark};
use super::stage::Slot;
use crate::content::front_matter::{self, FrontMatter};
use crate::content::page::{Body, Parsed, offset};
use crate::content::{date, permalink};
use crate::pipeline::Item;
use crate::pipeline::item::{FileBytes, FileCopy, Label, Output, Source};
use crate::site::content_path;
use crate::value::{Map, Text, Value};
use crate::yaml;
use bengal_plugin::abi;

/// `BENGAL_ITEM_…` of an item.
pub(super) fn kind(item: &Item) -> u32 {
    match item {
        Item::Source(_) => abi::ITEM_SOURCE,
        Item::DataSource(_) => abi::ITEM_DATA_SOURCE,
        Item::Page(_) => abi::ITEM_PAGE,
        Item::Data(_) => abi::ITEM_DATA,
        Item::File(_) => abi::ITEM_FILE,
        Item::Render(_) => abi::ITEM_RENDER,
        Item::Output(_) => abi::ITEM_OUTPUT,
    }
}

/// The names of the items that are refused something.
fn kind_name(item: &Item) -> &'static str {
    match item {
        Item::Source(_) => "a source",
        Item::DataSource(_) => "a data source",
        Item::Page(_) => "a page",
        Item::Data(_) => "data",
        Item::File(_) => "a file",
        Item::Render(_) => "a page that is to be rendered",
        Item::Output(_) => "an output file",
    }
}

/// What a field of an item holds.
enum Read<'c> {
    Node(Node<'c>),
    Text(String),
    Bytes(Vec<u8>),
    Value(Value),
}

impl<'c> Call<'c> {
    /// The field `name` of the item at `place`.
    pub fn item_get(&mut self, place: usize, name: &str) -> Option<Node<'c>> {
        let read = self.read(place, name)?;
        Some(match read {
            Read::Node(node) => node,
            Read::Text(text) => self.keep_text(text),
            Read::Bytes(bytes) => self.keep_bytes(bytes),
            Read::Value(value) => self.keep(value),
        })
    }

    fn read(&mut self, place: usize, name: &str) -> Option<Read<'c>> {
        let world = self.world?;
        let Role::Stage(desk) = &mut self.role else { return None };
        let root = &world.settings.root;
        let sees_html = desk.sees_html();
        let slot = &mut desk.items[place];
        match &mut slot.item {
            Item::Source(source) => of_source(source, name),
            Item::DataSource(source) => match name {
                "path" => Some(Read::Text(source.path.to_string())),
                "text" => source_text(source).map(Read::Text),
                _ => None,
            },
            Item::Page(page) => {
                if name == "html" && !sees_html {
                    self.fail(format!("it reads `html`, and {UNDECLARED}"));
                    return None;
                }
                if name == "text" {
                    return fs::read_to_string(root.join(content_path(&page.path)))
                        .ok()
                        .map(Read::Text);
                }
                of_page(page, &mut slot.mark, name, &world.settings.config)
            }
            Item::Data(data) => match name {
                "path" => Some(Read::Text(data.path.to_string())),
                "value" => Some(Read::Value(data.value.clone())),
                _ => None,
            },
            Item::File(file) => of_file(file, name),
            Item::Render(render) => {
                let page = Node::Page(render.page);
                match name {
                    "page" => Some(Read::Node(page)),
                    "number" => Some(Read::Node(Node::Int(i64::try_from(render.number).ok()?))),
                    name => self.field(page, name).map(Read::Node),
                }
            }
            Item::Output(output) => of_output(output, name),
        }
    }

    /// Changes the field `name` of the item at `place`.
    pub fn item_set(&mut self, place: usize, name: &str, node: Node<'c>) -> Result<(), String> {
        let bytes = match node {
            Node::Text(text) => Some(text.as_bytes()),
            Node::Bytes(bytes) => Some(bytes),
            _ => None,
        };
        let value = match node {
            Node::Bytes(_) => None,
            node => Some(self.copy(node).ok_or("it is no value")?),
        };
        let given = Given { name, value, bytes };
        let (Role::Stage(desk), Some(world)) = (&mut self.role, self.world) else {
            return Err("there are no items here".to_owned());
        };
        let config = &world.settings.config;
        let sees_html = desk.sees_html();
        let slot = &mut desk.items[place];
        let kind = kind_name(&slot.item);
        let set = match &mut slot.item {
            Item::Source(source) => set_source(source, &given),
            Item::DataSource(source) if name == "text" => {
                given.text().map(|text| source.text = Some(text.into()))
            }
            Item::Data(data) if name == "value" => given.value().map(|value| data.value = value),
            Item::Page(_) if name == "html" && !sees_html => Err(format!("it {UNDECLARED}")),
            Item::Page(page) => set_page(page, slot.mark, &given, config),
            Item::File(file) if name == "bytes" => {
                given.bytes().map(|bytes| file.from = FileBytes::Memory(bytes.to_owned().into()))
            }
            Item::Output(output) if matches!(name, "bytes" | "text") => {
                given.bytes().map(|bytes| output.bytes = bytes.to_owned())
            }
            _ => Err(NO_FIELD.to_owned()),
        };
        set.map_err(|why| format!("it sets `{name}` of {kind}: {why}"))
    }
}

/// Said of a stage that is about the HTML of pages, which is held in memory only where one says so.
const UNDECLARED: &str = "does not declare BENGAL_ITEM_HTML";

const NO_FIELD: &str = "there is no field of that name that can be set";

fn source_text(source: &Source) -> Option<String> {
    match &source.text {
        Some(text) => Some(text.to_string()),
        // What cannot be read, or is no text, parse reports.
        None => fs::read_to_string(&source.file).ok(),
    }
}

fn of_source(source: &Source, name: &str) -> Option<Read<'static>> {
    match name {
        "path" => Some(Read::Text(source.path.to_string())),
        "text" => source_text(source).map(Read::Text),
        "front_matter" => {
            let text = source_text(source)?;
            let span = front_matter::split(&text)?.front_matter?;
            yaml::read(&text[span]).ok().map(|document| Read::Value(document.value))
        }
        _ => None,
    }
}

fn of_file(file: &FileCopy, name: &str) -> Option<Read<'static>> {
    match (name, &file.from) {
        ("path", _) => {
            let path = file.resource.as_deref().unwrap_or(&file.to);
            Some(Read::Text(path.to_owned()))
        }
        ("bytes", FileBytes::Path(path)) => fs::read(path).ok().map(Read::Bytes),
        ("bytes", FileBytes::Memory(bytes)) => Some(Read::Bytes(bytes.to_vec())),
        _ => None,
    }
}

fn of_output(output: &Output, name: &str) -> Option<Read<'static>> {
    Some(match name {
        "path" => Read::Text(output.path.to_string()),
        "bytes" => Read::Bytes(output.bytes.clone()),
        "text" => Read::Text(std::str::from_utf8(&output.bytes).ok()?.to_owned()),
        "page" => Read::Node(Node::Page(output.page?)),
        _ => return None,
    })
}

fn of_page(
    page: &Parsed,
    key: &mut Option<u64>,
    name: &str,
    config: &crate::config::Config,
) -> Option<Read<'static>> {
    let front = &page.front;
    let text = |text: &Option<Text>| text.as_ref().map(|text| Read::Text(text.to_string()));
    let date = |date: Option<date::Date>| date.map(|date| Read::Text(date.rfc3339()));
    Some(match name {
        "path" => Read::Text(page.path.to_string()),
        "title" => Read::Text(page.title.to_string()),
        "url" => Read::Text(page.url.to_string()),
        "kind" => Read::Node(Node::Text(page.kind.name())),
        "date" => return date(front.date),
        "updated" => return date(front.updated),
        "description" => return text(&front.description),
        "summary" => return text(&front.summary),
        "layout" => return text(&front.layout),
        "weight" => Read::Node(Node::Int(front.weight?)),
        "draft" => Read::Node(Node::Bool(front.draft?)),
        "word_count" => Read::Node(Node::Int(i64::from(page.body.words))),
        "params" => Read::Value(Value::Map(front.params.clone())),
        "taxonomies" => {
            let list =
                |terms: &[Text]| Value::List(terms.iter().cloned().map(Value::Text).collect());
            let entries = front.terms.iter().filter_map(|(of, terms)| {
                Some((config.taxonomies.get(*of)?.name.clone(), list(terms)))
            });
            Read::Value(Value::Map(entries.collect()))
        }
        "html" => {
            let (html, own) = mark(page.body.held.as_deref()?, &page.body);
            *key = Some(own);
            Read::Text(html)
        }
        name => Read::Value(front.params.get(name.strip_prefix("params.")?)?.clone()),
    })
}

/// What a plugin gives a field.
struct Given<'a> {
    name: &'a str,
    value: Option<Value>,
    bytes: Option<&'a [u8]>,
}

impl<'a> Given<'a> {
    fn value(&self) -> Result<Value, String> {
        self.value.clone().ok_or_else(|| "bytes are no value".to_owned())
    }

    fn text(&self) -> Result<&'a str, String> {
        let bytes = self.bytes.ok_or("it wants text")?;
        std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
    }

    fn bytes(&self) -> Result<&'a [u8], String> {
        self.bytes.ok_or_else(|| "it wants text or bytes".to_owned())
    }

    /// Text, or nothing for nil.
    fn optional(&self) -> Result<Option<Text>, String> {
        match self.value {
            Some(Value::Nil) => Ok(None),
            _ => self.text().map(|text| Some(text.into())),
        }
    }

    fn map(&self) -> Result<Map, String> {
        match &self.value {
            Some(Value::Map(map)) => Ok(map.clone()),
            _ => Err("it wants a map".to_owned()),
        }
    }

    fn date(&self, config: &crate::config::Config) -> Result<Option<date::Date>, String> {
        let Some(text) = self.optional()? else { return Ok(None) };
        let date = date::parse(&text, &config.timezone);
        date.map(Some).ok_or_else(|| format!("`{text}` is no date"))
    }
}

fn set_source(source: &mut Source, given: &Given<'_>) -> Result<(), String> {
    match given.name {
        "text" => source.text = Some(given.text()?.into()),
        "front_matter" => {
            let text = source_text(source).ok_or("its file cannot be read")?;
            source.text = Some(with_front_matter(&text, &given.map()?).into());
        }
        _ => return Err(NO_FIELD.to_owned()),
    }
    Ok(())
}

/// `text` with other front matter: as JSON, which is YAML, in one line, and as many empty ones behind it as keep
/// the body's lines where they were.
fn with_front_matter(text: &str, map: &Map) -> String {
    let split = front_matter::split(text);
    let body = split.map_or(0, |split| split.body);
    let lines = text[..body].matches('\n').count().saturating_sub(3);
    let json = super::json::to_json(&Value::Map(map.clone()));
    format!("---\n{json}\n{}---\n{}", "\n".repeat(lines), &text[body..])
}

fn set_page(
    page: &mut Parsed,
    key: Option<u64>,
    given: &Given<'_>,
    config: &crate::config::Config,
) -> Result<(), String> {
    let front = &mut page.front;
    match given.name {
        "title" => page.title = given.text()?.into(),
        "url" => page.url = permalink::explicit(given.text()?)?.url.into(),
        "description" => front.description = given.optional()?,
        "summary" => front.summary = given.optional()?,
        "layout" => front.layout = given.optional()?,
        "date" => front.date = given.date(config)?,
        "updated" => front.updated = given.date(config)?,
        "weight" => {
            front.weight = match given.value()? {
                Value::Nil => None,
                Value::Int(weight) => Some(weight),
                _ => return Err("it wants a whole number".to_owned()),
            }
        }
        "params" => front.params = given.map()?,
        "taxonomies" => set_terms(front, &given.map()?, config)?,
        "html" => set_html(&mut page.body, key, given.text()?)?,
        name => match name.strip_prefix("params.") {
            Some(name) => drop(front.params.insert(name.into(), given.value()?)),
            None => return Err(NO_FIELD.to_owned()),
        },
    }
    Ok(())
}

fn set_terms(
    front: &mut FrontMatter,
    map: &Map,
    config: &crate::config::Config,
) -> Result<(), String> {
    let mut terms = Vec::new();
    for (name, value) in map {
        let taxonomy = config.taxonomies.iter().position(|taxonomy| taxonomy.name == *name);
        let taxonomy = taxonomy.ok_or_else(|| format!("the site has no taxonomy `{name}`"))?;
        let list = match value {
            Value::List(list) => list.as_slice(),
            other => std::slice::from_ref(other),
        };
        let texts: Option<Vec<Text>> = list.iter().map(Value::to_text).collect();
        terms.push((taxonomy, texts.ok_or("terms are texts")?));
    }
    front.terms = terms;
    Ok(())
}

fn set_html(body: &mut Body, key: Option<u64>, html: &str) -> Result<(), String> {
    if body.template.is_some() {
        return Err("its body is a template, whose HTML is made when it is rendered".to_owned());
    }
    if offset(html.len()) == u32::MAX {
        return Err("it has over 4 GiB".to_owned());
    }
    match key {
        Some(key) => {
            let unmarked = unmark(html, key, &body.links);
            body.held = Some(unmarked.html.into());
            (body.links, body.summary) = (unmarked.links, unmarked.summary);
        }
        None => {
            body.held = Some(html.into());
            (body.links, body.summary) = (Box::default(), 0..0);
        }
    }
    Ok(())
}

impl Slot {
    /// What the item is called when the plugin fails on it.
    pub fn name(&self) -> Option<String> {
        match self.item.label()? {
            Label::Source(path) => Some(content_path(&path)),
            Label::Path(path) => Some(path.to_string()),
            Label::Page(_) => None,
        }
    }
}
