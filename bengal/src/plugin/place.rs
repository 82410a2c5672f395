//! Where a diagnostic of a plugin's points.

use std::fs;
use std::path::Path;

use bengal_plugin::abi;

use super::call::{Call, Role};
use crate::diagnostic::Place;
use crate::pipeline::Item;
use crate::site::content_path;

/// The place of a diagnostic: `Some(None)` for none. `None` when its item is not the call's, which fails.
pub(super) fn place(
    call: &mut Call<'_>,
    raw: &abi::Diagnostic,
    file: &str,
) -> Option<Option<Place>> {
    let mut text = None;
    let mut name = file.to_owned();
    if raw.item != 0 {
        let place = call.item(raw.item)?;
        if let Role::Stage(desk) = &call.role {
            let (of_item, own) = source_of(&desk.items[place].item, call);
            if file.is_empty() {
                (name, text) = (of_item, own);
            }
        }
    }
    if name.is_empty() {
        return Some(None);
    }
    if raw.line == 0 && raw.offset < 0 {
        return Some(Some(Place::file(&name)));
    }
    let root = &call.shared.root;
    let text = text.or_else(|| text_of(&root.join(&name)));
    let place = match (text, usize::try_from(raw.offset), raw.line) {
        (Some(text), Ok(offset), 0) => Place::at_offset(&name, &text, offset),
        (Some(text), _, line) => Place::in_text(&name, &text, line as usize, raw.column as usize),
        (None, _, line) => {
            Place { line: line as usize, column: raw.column as usize, ..Place::file(&name) }
        }
    };
    Some(Some(place))
}

/// The text of a file, but of no pipe or device, which may have no end.
fn text_of(file: &Path) -> Option<String> {
    file.metadata().is_ok_and(|found| found.is_file()).then_some(())?;
    fs::read_to_string(file).ok()
}

/// The file of an item as messages name it, and its text where the item has it with it.
fn source_of(item: &Item, call: &Call<'_>) -> (String, Option<String>) {
    let name = |id| Some(call.world?.site?.name_of(id));
    let page = |id| name(id).unwrap_or_default();
    match item {
        Item::Source(source) => {
            (content_path(&source.path), source.text.as_deref().map(str::to_owned))
        }
        Item::DataSource(source) => {
            (format!("data/{}", source.path), source.text.as_deref().map(str::to_owned))
        }
        Item::Page(page) => (content_path(&page.path), None),
        Item::Data(data) => (format!("data/{}", data.path), None),
        Item::File(file) => match &file.resource {
            Some(path) => (content_path(path), None),
            None => (Path::new("static").join(&*file.to).to_string_lossy().into_owned(), None),
        },
        Item::Render(render) => (page(render.page), None),
        Item::Output(output) => match output.page {
            Some(id) => (page(id), None),
            None => (output.path.to_string(), None),
        },
    }
}
