//! Menus: entries of the configuration and of front matter, sorted and nested.

use std::path::Path;

use super::{Menu, MenuItem, Page, Settings, content_path};
use crate::content::menu::MenuEntry;
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::value::Text;

/// An entry before it is nested, with the menu and the parent it asks for.
struct Loose {
    menu: Text,
    parent: Option<Text>,
    file: String,
    item: MenuItem,
}

/// The menus by name. Entries stand by weight (none last), then by name.
pub fn build(pages: &[Page], settings: &Settings, reports: &mut Vec<Diagnostic>) -> Vec<Menu> {
    let of_config = settings.config.menus.iter().map(|entry| loose(entry, None));
    let of_pages = pages.iter().flat_map(|page| {
        let menus = page.front.rare.iter().flat_map(|rare| &rare.menus);
        menus.map(move |entry| loose(entry, Some(page)))
    });
    let mut all: Vec<Loose> = of_config.chain(of_pages).collect();
    all.sort_by(|a, b| a.menu.cmp(&b.menu).then_with(|| rank(&a.item).cmp(&rank(&b.item))));
    let mut menus: Vec<Menu> = Vec::new();
    while let Some(first) = all.first() {
        let name = first.menu.clone();
        let own = all.iter().take_while(|entry| entry.menu == name).count();
        let entries = all.drain(..own).collect();
        menus.push(Menu { items: nest(entries, &settings.root, reports), name });
    }
    menus
}

fn loose(entry: &MenuEntry, page: Option<&Page>) -> Loose {
    let of_page = |of: fn(&Page) -> &Text| page.map(|page| of(page).clone());
    let url = entry.url.clone().or_else(|| of_page(|page| &page.url)).unwrap_or_default();
    let name =
        entry.name.clone().or_else(|| of_page(|page| &page.title)).unwrap_or_else(|| url.clone());
    let item = MenuItem {
        identifier: entry.identifier.clone().unwrap_or_else(|| name.clone()),
        weight: entry.weight.or(page.and_then(|page| page.front.weight)),
        name,
        url,
        children: Vec::new(),
    };
    let file = page.and_then(|page| page.path.as_deref()).map(content_path);
    Loose {
        menu: entry.menu.clone(),
        parent: entry.parent.clone(),
        file: file.unwrap_or_else(|| "bengal.yaml".to_owned()),
        item,
    }
}

fn rank(item: &MenuItem) -> (i64, &Text, &Text) {
    (item.weight.unwrap_or(i64::MAX), &item.name, &item.url)
}

/// Puts entries below their parents. One whose parent is not there, or is below itself, stands at
/// the top.
fn nest(entries: Vec<Loose>, root: &Path, reports: &mut Vec<Diagnostic>) -> Vec<MenuItem> {
    let find = |parent: &Text| entries.iter().position(|entry| entry.item.identifier == *parent);
    let parents: Vec<Option<usize>> =
        entries.iter().map(|entry| entry.parent.as_ref().and_then(find)).collect();
    let circular = |start: usize| {
        let climb = std::iter::successors(parents[start], |at| parents[*at]);
        climb.take(entries.len()).any(|at| at == start)
    };
    let tops: Vec<bool> =
        (0..entries.len()).map(|at| parents[at].is_none() || circular(at)).collect();
    for (entry, top) in entries.iter().zip(&tops) {
        if let (Some(parent), true) = (&entry.parent, top) {
            let message =
                format!("the menu `{}` has no entry `{parent}` to stand below", entry.menu);
            let place = Place::find(root, &entry.file, "parent:");
            let diagnostic = Diagnostic::warning(Code::UnknownParent, message).at(place);
            reports.push(diagnostic.hint("`parent` names an `identifier`"));
        }
    }
    let mut items: Vec<Option<MenuItem>> =
        entries.into_iter().map(|entry| Some(entry.item)).collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
    for (at, parent) in parents.iter().enumerate().filter(|(at, _)| !tops[*at]) {
        parent.iter().for_each(|parent| children[*parent].push(at));
    }
    let tops = (0..items.len()).filter(|at| tops[*at]).collect::<Vec<_>>();
    tops.into_iter().filter_map(|at| take(at, &mut items, &children)).collect()
}

fn take(at: usize, items: &mut [Option<MenuItem>], children: &[Vec<usize>]) -> Option<MenuItem> {
    let mut item = items[at].take()?;
    item.children = children[at].iter().filter_map(|child| take(*child, items, children)).collect();
    Some(item)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::content::date::Date;
    use crate::content::front_matter::Wanted;
    use std::path::PathBuf;

    fn entry(name: &str, weight: Option<i64>, parent: Option<&str>) -> MenuEntry {
        MenuEntry {
            menu: "main".into(),
            name: Some(name.into()),
            weight,
            parent: parent.map(Text::from),
            ..MenuEntry::default()
        }
    }

    #[test]
    fn entries_are_sorted_nested_and_never_lost() {
        let config = Config {
            menus: vec![
                entry("c", None, None),
                entry("b", Some(2), None),
                entry("a", Some(1), Some("b")),
                entry("x", None, Some("y")),
                entry("y", None, Some("x")),
                entry("z", None, Some("nothing")),
            ],
            ..Config::default()
        };
        let mut reports = Vec::new();
        let (root, now) = (PathBuf::new(), Date { seconds: 0, offset: 0 });
        let settings = Settings { root, config, now, wanted: Wanted::default() };
        let menus = build(&[], &settings, &mut reports);
        let names: Vec<_> = menus[0].items.iter().map(|item| &*item.name).collect();
        assert_eq!(names, ["b", "c", "x", "y", "z"]);
        assert_eq!(&*menus[0].items[0].children[0].name, "a");
        assert_eq!(reports.len(), 3);
    }
}
