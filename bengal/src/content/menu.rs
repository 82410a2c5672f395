//! Menu entries, from the configuration and from front matter.

use super::fields::Fields;
use crate::value::{Map, Text, Value};
use crate::yaml::scalar;

/// An entry of a menu, as written.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct MenuEntry {
    /// The menu it stands in.
    pub menu: Text,
    /// What it is called; a page's title where it is not given.
    pub name: Option<Text>,
    /// Where it leads; a page's URL where it is not given.
    pub url: Option<Text>,
    /// Its place; small comes first, none last.
    pub weight: Option<i64>,
    /// What children name as their `parent`; the name where it is not given.
    pub identifier: Option<Text>,
    /// The identifier of the entry it stands below.
    pub parent: Option<Text>,
}

/// The menus of the configuration: `NAME: [{name, url, …}]`.
pub fn of_config(fields: &mut Fields<'_>, value: Value) -> Vec<MenuEntry> {
    let mut entries = Vec::new();
    for (menu, value) in fields.map("menus", value) {
        let list = match value {
            Value::List(list) => list,
            other => vec![other],
        };
        for item in list {
            let form =
                |_: &Value| Some(format!("{}: [{{name: Blog, url: /blog/}}]", scalar(&menu)));
            let map = fields.map_like(&menu, item, form);
            entries.push(entry(fields, menu.clone(), &map));
        }
    }
    entries
}

/// The menus of a page: `main`, `[main, footer]` or `{main: {weight: 10}}`.
pub fn of_page(fields: &mut Fields<'_>, key: &str, value: Value) -> Vec<MenuEntry> {
    match value {
        Value::Map(menus) => menus
            .into_iter()
            .map(|(menu, value)| {
                let map = fields.map(key, value);
                entry(fields, menu, &map)
            })
            .collect(),
        other => {
            let names = fields.texts(key, &other);
            names.into_iter().map(|menu| MenuEntry { menu, ..MenuEntry::default() }).collect()
        }
    }
}

/// What an entry may hold.
const KEYS: &[&str] = &["identifier", "name", "parent", "url", "weight"];

fn entry(fields: &mut Fields<'_>, menu: Text, map: &Map) -> MenuEntry {
    let mut text = |key| map.get(key).and_then(|value| fields.text(key, value));
    let (name, url) = (text("name"), text("url"));
    let (identifier, parent) = (text("identifier"), text("parent"));
    let weight = map.get("weight").and_then(|value| fields.int("weight", value));
    for key in map.keys().filter(|key| !KEYS.contains(&key.as_str())) {
        fields.unknown(key, KEYS);
    }
    MenuEntry { menu, name, url, weight, identifier, parent }
}
