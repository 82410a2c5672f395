//! Data files as one value, and where the files beside pages go.

use std::collections::HashMap;
use std::sync::Arc;

use super::FileLink;
use super::assemble::Builder;
use super::claims::Owner;
use super::tree::nearest;
use crate::content::page::Kind;
use crate::diagnostic::{Code, Diagnostic};
use crate::pipeline::item::{Data, FileBytes, FileCopy};
use crate::value::{Map, Text, Value};

/// The data files as one map: folders are maps, a file's name without its extension is its key.
pub fn data(mut files: Vec<Data>, reports: &mut Vec<Diagnostic>) -> Map {
    // Two of one path, as a stage may make, are told apart by what stands in them.
    let facts = |data: &Data| format!("{:?}", data.value);
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path).then_with(|| facts(a).cmp(&facts(b))));
    let mut root = Map::new();
    for file in files {
        let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        let key = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let mut map = &mut root;
        for part in folder.split('/').filter(|part| !part.is_empty()) {
            let entry = map.entry(part.into()).or_insert_with(|| Value::Map(Map::new()));
            if !matches!(entry, Value::Map(_)) {
                *entry = Value::Map(Map::new());
                reports.push(replaced(part, &file.path));
            }
            let Value::Map(below) = entry else { unreachable!("it was just made a map") };
            map = below;
        }
        if map.insert(key.into(), file.value).is_some() {
            reports.push(replaced(key, &file.path));
        }
    }
    root
}

fn replaced(key: &str, path: &str) -> Diagnostic {
    let message = format!("this takes the place of another `{key}` in the site's data");
    let diagnostic = Diagnostic::warning(Code::DuplicateKey, message);
    diagnostic.in_file(&format!("data/{path}")).hint("rename one of them")
}

/// Says where each file goes; gives those that have a place, and the URLs of those beside pages, in
/// the order of their paths. A file whose place is taken is reported and left out.
pub fn place(
    builder: &mut Builder<'_>,
    mut files: Vec<FileCopy>,
    left_out: &[String],
) -> (Vec<FileCopy>, Vec<FileLink>) {
    // Of two of one path, one on the disk goes before one that a stage has made.
    let key = |file: &FileCopy| match &file.from {
        FileBytes::Path(path) => (false, path.as_os_str().as_encoded_bytes().to_vec()),
        FileBytes::Memory(bytes) => (true, bytes.to_vec()),
    };
    files.sort_by(|a, b| {
        let alike = (a.resource.as_ref(), &a.to).cmp(&(b.resource.as_ref(), &b.to));
        alike.then_with(|| key(a).cmp(&key(b)))
    });
    let bundles = Bundles::new(builder, left_out);
    let mut placed = Vec::with_capacity(files.len());
    let mut links = Vec::new();
    for mut file in files {
        let owner = match &file.resource {
            Some(path) => {
                let Some(url) = bundles.url_of(builder, path) else { continue };
                file.to = url.trim_start_matches('/').into();
                links.push(FileLink { path: (&**path).into(), url });
                Owner::Content(Arc::clone(path))
            }
            None => Owner::other(format!("static/{}", file.to)),
        };
        match builder.claims.claim(file.to.to_string(), &owner) {
            Ok(()) => placed.push(file),
            Err(other) => {
                let message = format!("{other} has the output path {} already", file.to);
                let diagnostic = Diagnostic::error(Code::UrlConflict, message);
                builder
                    .reports
                    .push(diagnostic.in_file(&owner.to_string()).hint("rename one of them"));
            }
        }
    }
    give_resources(builder, &bundles, &links);
    (placed, links)
}

/// The folders that are bundles, and which page each is; `None` for one that is left out.
struct Bundles {
    folders: HashMap<String, Option<usize>>,
}

impl Bundles {
    fn new(builder: &Builder<'_>, left_out: &[String]) -> Self {
        let folder = |(index, page): (usize, &super::Page)| {
            let folder = page.path.as_deref()?.strip_suffix("/index.md")?;
            (page.kind == Kind::Page).then(|| (folder.to_owned(), Some(index)))
        };
        let built = builder.pages.iter().enumerate().filter_map(folder);
        Self {
            folders: left_out.iter().map(|folder| (folder.clone(), None)).chain(built).collect(),
        }
    }

    /// The bundle that the file at `path` belongs to: the folder, and the page.
    fn of<'a>(&self, path: &'a str) -> Option<(&'a str, Option<usize>)> {
        let folder = path.rsplit_once('/')?.0;
        let page = nearest(folder, |at| self.folders.get(at).copied())?;
        let length = nearest(folder, |at| self.folders.contains_key(at).then_some(at.len()))?;
        Some((&folder[..length], page))
    }

    /// Where the file at `path` goes: beside the page of its bundle, else of its section. `None` when its
    /// bundle is left out.
    fn url_of(&self, builder: &Builder<'_>, path: &str) -> Option<Text> {
        let (folder, url) = match self.of(path) {
            Some((folder, page)) => (folder.len(), &builder.pages[page?].url),
            None => {
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                let find = |at: &str| builder.sections.get(at).map(|id| (at.len(), *id));
                let (length, id) = nearest(folder, find).unwrap_or((0, builder.home));
                (length, &builder.pages[id.index()].url)
            }
        };
        let base = &url[..url.rfind('/').map_or(0, |slash| slash + 1)];
        Some(format!("{base}{}", path[folder..].trim_start_matches('/')).into())
    }
}

/// Gives each bundle its files.
fn give_resources(builder: &mut Builder<'_>, bundles: &Bundles, links: &[FileLink]) {
    let mut lists: std::collections::BTreeMap<usize, Vec<FileLink>> = Default::default();
    for link in links {
        if let Some((folder, Some(page))) = bundles.of(&link.path) {
            let path = link.path[folder.len()..].trim_start_matches('/').into();
            lists.entry(page).or_default().push(FileLink { path, url: link.url.clone() });
        }
    }
    for (page, list) in lists {
        builder.pages[page].resources = list;
    }
}
