//! How settings that are maps are written, for one who has written something else.
//!
//! **Invariant:** each form is YAML, holds what was written where it belongs, and can be pasted.

use crate::value::{Text, Value};
use crate::yaml::scalar;

/// How `key`, which is a map, is written where `value` was given; `None` where nothing better can be said.
pub fn of_map(key: &str, value: &Value) -> Option<String> {
    Some(match key {
        "pagination" => format!("pagination: {}", page_size(value)),
        "taxonomies" => format!("taxonomies: {{{}}}", taxonomies(value)),
        "permalinks" => format!("permalinks: {{posts: {}}}", text(value, "/:year/:slug/")),
        "menus" => "menus: {main: [{name: Blog, url: /blog/}]}".to_owned(),
        "markdown" => "markdown: {unsafe_html: true}".to_owned(),
        "highlight" => format!("highlight: {{light: {}}}", text(value, "GitHub")),
        "params" => "params: {colour: blue}".to_owned(),
        _ => return None,
    })
}

/// How the taxonomy `name` is written where `value` was given.
pub fn of_taxonomy(name: &str, value: &Value) -> String {
    let own = match value {
        Value::Int(_) => format!("{{pagination: {}}}", page_size(value)),
        _ => "{}".to_owned(),
    };
    format!("{}: {own}", scalar(name))
}

fn page_size(value: &Value) -> String {
    format!("{{page_size: {}}}", value.to_int().unwrap_or(10))
}

/// The taxonomies that a list, a list of maps with names, or one text names.
fn taxonomies(value: &Value) -> String {
    let named = |item: &Value| match item {
        Value::Map(map) => map.get("name").and_then(Value::to_text),
        other => other.to_text(),
    };
    let items = match value {
        Value::List(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    };
    let names: Option<Vec<Text>> = items.iter().map(named).collect();
    let names = names.filter(|names| !names.is_empty()).unwrap_or_else(|| vec!["tags".into()]);
    let forms: Vec<_> = names.iter().map(|name| of_taxonomy(name, &Value::Nil)).collect();
    forms.join(", ")
}

fn text(value: &Value, example: &str) -> String {
    let written = match value {
        Value::Text(text) => text,
        _ => example,
    };
    // Within braces, a comma or a brace would end what YAML takes for plain text.
    let is_plain = !written.contains([',', '{', '}', '[', ']']);
    if is_plain { scalar(written) } else { format!("{written:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(document: &str) -> String {
        let Ok(Value::Map(map)) = crate::yaml::read(document).map(|read| read.value) else {
            panic!("{document} is no map");
        };
        let (key, value) = map.into_iter().next().unwrap();
        of_map(&key, &value).unwrap()
    }

    #[test]
    fn a_form_holds_what_was_written() {
        for (written, meant) in [
            ("pagination: 10", "pagination: {page_size: 10}"),
            ("pagination: yes", "pagination: {page_size: 10}"),
            ("taxonomies: [tags]", "taxonomies: {tags: {}}"),
            ("taxonomies: [tags, my topics]", "taxonomies: {tags: {}, my topics: {}}"),
            ("taxonomies: tags", "taxonomies: {tags: {}}"),
            ("taxonomies: [{name: tags, feed: true}]", "taxonomies: {tags: {}}"),
            ("taxonomies: [[]]", "taxonomies: {tags: {}}"),
            ("permalinks: /:title/", "permalinks: {posts: /:title/}"),
            ("permalinks: '/a, {b}/'", "permalinks: {posts: \"/a, {b}/\"}"),
            ("highlight: monokai", "highlight: {light: monokai}"),
        ] {
            assert_eq!(form(written), meant, "{written}");
            assert!(crate::yaml::read(meant).is_ok(), "{meant}");
        }
        assert_eq!(of_taxonomy("tags", &Value::Int(5)), "tags: {pagination: {page_size: 5}}");
    }

    #[test]
    fn every_form_is_a_configuration_that_is_right() {
        for key in
            ["pagination", "taxonomies", "permalinks", "menus", "markdown", "highlight", "params"]
        {
            let form = of_map(key, &Value::Bool(true)).unwrap();
            let text = if key == "highlight" { format!("markdown: {{{form}}}") } else { form };
            let mut reports = Vec::new();
            crate::config::Config::read("bengal.yaml", &text, &mut reports);
            assert_eq!(reports, [], "{text}");
        }
        assert_eq!(of_map("title", &Value::Nil), None);
    }
}
