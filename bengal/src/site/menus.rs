//! Menus: entries of the configuration and of front matter, sorted and nested.

use std::path::Path;

use rustc_hash::FxHashMap;

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
    let mut all = all.into_iter().peekable();
    while let Some(first) = all.next() {
        let name = first.menu.clone();
        let mut entries = vec![first];
        entries.extend(std::iter::from_fn(|| all.next_if(|entry| entry.menu == name)));
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

/// Entries that stand one below the other, at most: more than any menu shows, and few enough for
/// what walks a menu to call itself.
const MENU_DEPTH: usize = 32;

/// Where an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    /// At the top, as it asks for no parent.
    Top,
    /// At the top, as its parent is not there, or is below itself.
    Orphan,
    /// At the top, as it would be nested too deeply.
    TooDeep,
    /// Below another, with so many above it.
    Below(usize),
}

impl Stand {
    /// Where a child of an entry that stands so stands.
    fn below(self) -> Self {
        match self {
            Self::Below(above) if above + 1 < MENU_DEPTH => Self::Below(above + 1),
            Self::Below(_) => Self::TooDeep,
            Self::Top | Self::Orphan | Self::TooDeep => Self::Below(1),
        }
    }
}

/// Puts entries below their parents. One whose parent is not there, or is below itself, stands at
/// the top, as does one that is nested too deeply.
fn nest(entries: Vec<Loose>, root: &Path, reports: &mut Vec<Diagnostic>) -> Vec<MenuItem> {
    let parents = parents(&entries);
    let stands = stands(&entries, &parents);
    warn(&entries, &stands, root, reports);
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); entries.len()];
    for (at, parent) in parents.iter().enumerate() {
        if let (Stand::Below(_), Some(parent)) = (stands[at], parent) {
            children[*parent].push(at);
        }
    }
    let mut items: Vec<Option<MenuItem>> =
        entries.into_iter().map(|entry| Some(entry.item)).collect();
    let tops = (0..items.len()).filter(|at| !matches!(stands[*at], Stand::Below(_)));
    tops.collect::<Vec<_>>().into_iter().filter_map(|at| take(at, &mut items, &children)).collect()
}

/// The index of each entry's parent: of those that have one identifier, the first.
fn parents(entries: &[Loose]) -> Vec<Option<usize>> {
    let mut by_identifier = FxHashMap::default();
    for (at, entry) in entries.iter().enumerate() {
        by_identifier.entry(&entry.item.identifier).or_insert(at);
    }
    let parent = |entry: &Loose| by_identifier.get(entry.parent.as_ref()?).copied();
    entries.iter().map(parent).collect()
}

/// Where each entry stands. Each is climbed from once only: a climb ends at what is known already.
fn stands(entries: &[Loose], parents: &[Option<usize>]) -> Vec<Stand> {
    let mut known: Vec<Option<Stand>> = vec![None; entries.len()];
    let mut climbed_from: Vec<Option<usize>> = vec![None; entries.len()];
    let mut climb = Vec::new();
    for start in 0..entries.len() {
        let mut next = Some(start);
        while let Some(at) = next.filter(|at| known[*at].is_none()) {
            if climbed_from[at] == Some(start) {
                break_circle(at, parents, &mut known);
                break;
            }
            climbed_from[at] = Some(start);
            climb.push(at);
            next = parents[at];
        }
        while let Some(at) = climb.pop() {
            let own = match parents[at].and_then(|parent| known[parent]) {
                Some(parent) => parent.below(),
                None if entries[at].parent.is_some() => Stand::Orphan,
                None => Stand::Top,
            };
            known[at].get_or_insert(own);
        }
    }
    known.into_iter().map(|stand| stand.unwrap_or(Stand::Top)).collect()
}

/// All entries of the circle that `start` is in stand at the top.
fn break_circle(start: usize, parents: &[Option<usize>], known: &mut [Option<Stand>]) {
    let mut next = Some(start);
    while let Some(at) = next.filter(|at| known[*at].is_none()) {
        known[at] = Some(Stand::Orphan);
        next = parents[at];
    }
}

/// Reports each entry that does not stand below the parent that it asks for. A file is looked into
/// once, however many of its entries are wrong.
fn warn(entries: &[Loose], stands: &[Stand], root: &Path, reports: &mut Vec<Diagnostic>) {
    let mut places: FxHashMap<&str, Place> = FxHashMap::default();
    for (entry, stand) in entries.iter().zip(stands) {
        let Some(parent) = &entry.parent else { continue };
        let (menu, name) = (&entry.menu, &entry.item.name);
        let (message, hint) = match stand {
            Stand::Orphan => (
                format!("the menu `{menu}` has no entry `{parent}` to stand below"),
                "`parent` names an `identifier`",
            ),
            Stand::TooDeep => (
                format!("`{name}` is nested more than {MENU_DEPTH} deep in the menu `{menu}`"),
                "it stands at the top; give it a `parent` that is less deep",
            ),
            Stand::Top | Stand::Below(_) => continue,
        };
        let place =
            places.entry(&entry.file).or_insert_with(|| Place::find(root, &entry.file, "parent:"));
        reports
            .push(Diagnostic::warning(Code::UnknownParent, message).at(place.clone()).hint(hint));
    }
}

/// The entry `at` with what stands below it; calls itself [`MENU_DEPTH`] deep at most.
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

    fn built(menus: Vec<MenuEntry>) -> (Vec<Menu>, Vec<Diagnostic>) {
        let config = Config { menus, ..Config::default() };
        let mut reports = Vec::new();
        let (root, now) = (PathBuf::new(), Date { seconds: 0, offset: 0 });
        let settings = Settings {
            root,
            config,
            values: crate::value::Map::new(),
            now,
            wanted: Wanted::default(),
        };
        let menus = build(&[], &settings, &mut reports);
        (menus, reports)
    }

    #[test]
    fn entries_are_sorted_nested_and_never_lost() {
        let (menus, reports) = built(vec![
            entry("c", None, None),
            entry("b", Some(2), None),
            entry("a", Some(1), Some("b")),
            entry("x", None, Some("y")),
            entry("y", None, Some("x")),
            entry("z", None, Some("nothing")),
            entry("below", None, Some("x")),
            entry("self", None, Some("self")),
        ]);
        let names: Vec<_> = menus[0].items.iter().map(|item| &*item.name).collect();
        assert_eq!(names, ["b", "c", "self", "x", "y", "z"]);
        assert_eq!(&*menus[0].items[0].children[0].name, "a");
        assert_eq!(&*menus[0].items[3].children[0].name, "below");
        assert_eq!(reports.len(), 4);
    }

    #[test]
    fn menus_may_nest_and_circle_as_they_like() {
        const MANY: usize = 30_000;
        let chain = |at: usize| entry(&format!("{at:05}"), None, Some(&format!("{:05}", at + 1)));
        let (menus, reports) = built((0..MANY).map(chain).collect());
        assert_eq!(menus[0].items.len(), MANY.div_ceil(MENU_DEPTH));
        assert_eq!(reports.len(), menus[0].items.len());
        assert!(reports.iter().all(|report| report.code == Code::UnknownParent));
        let mut entries: Vec<_> = (0..MANY).map(chain).collect();
        entries[MANY - 1].parent = Some("00000".into());
        assert_eq!(built(entries).0[0].items.len(), MANY);
    }
}
