//! The output directory: what others do to it, and what stands in the way there.

use crate::edit::{Damage, Tamper};
use crate::recipe::Recipe;

const PAGES: &[(&str, &str)] = &[
    ("content/docs/a.md", "---\ntitle: A\n---\nText.\n"),
    ("content/b/index.md", "---\ntitle: B\naliases: /old/\ntags: x\n---\n"),
    ("content/b/pic.txt", "pic"),
    ("static/s.txt", "static"),
];

/// A page, a file of a bundle, an alias, a term, a static file.
const OUTPUTS: &[&str] =
    &["docs/a/index.html", "b/pic.txt", "old/index.html", "tags/x/index.html", "s.txt"];

fn every_output_after(tamper: Tamper) {
    let mut recipe = Recipe::new(PAGES);
    for path in OUTPUTS {
        recipe = recipe.tamper(tamper, path).build();
    }
    let all = OUTPUTS.iter().fold(recipe, |recipe, path| recipe.tamper(tamper, path));
    all.build().rewrites(5).removes(0);
}

#[test]
fn what_was_appended_is_gone() {
    every_output_after(Tamper::Append);
}

#[test]
fn other_bytes_of_the_same_number_and_time_are_gone() {
    every_output_after(Tamper::Unseen);
}

#[test]
fn what_was_cut_is_whole() {
    every_output_after(Tamper::Truncate);
}

#[test]
fn what_was_removed_is_there() {
    every_output_after(Tamper::Remove);
}

#[test]
fn an_empty_folder_makes_way() {
    every_output_after(Tamper::Folder);
}

#[test]
fn a_link_to_elsewhere_is_a_file_again() {
    every_output_after(Tamper::Link);
}

#[test]
fn a_folder_that_was_removed_is_there() {
    Recipe::new(PAGES)
        .tamper(Tamper::RemoveFolder, "b/pic.txt")
        .build()
        .rewrites(2)
        .damage(Damage::Output)
        .build()
        .shows("s.txt", "static");
}

#[test]
fn what_was_tampered_with_goes_with_its_page() {
    Recipe::new(PAGES)
        .tamper(Tamper::Append, "docs/a/index.html")
        .remove("content/docs")
        .build()
        .lacks("docs")
        .tamper(Tamper::Remove, "b/pic.txt")
        .remove("content/b/pic.txt")
        .build()
        .tamper(Tamper::Folder, "s.txt")
        .remove("static/s.txt")
        .build()
        .lacks("s.txt");
}

#[test]
fn what_was_edited_and_tampered_with_is_as_edited() {
    Recipe::new(PAGES)
        .tamper(Tamper::Append, "docs/a/index.html")
        .write("content/docs/a.md", "---\ntitle: AA\n---\nText.\n")
        .build()
        .rewrites(1)
        .shows("docs/a/index.html", "page AA");
}

#[test]
fn what_others_put_there_stays() {
    Recipe::new(PAGES)
        .mine("CNAME")
        .mine("docs/mine.txt")
        .mine("docs/a/mine.html")
        .build()
        .remove("content/docs")
        .build()
        .removes(2)
        .shows("docs/mine.txt", "mine")
        .damage(Damage::All)
        .build()
        .shows("docs/a/mine.html", "mine");
}

#[test]
fn what_others_put_in_the_way_is_reported_until_it_is_gone() {
    Recipe::new(PAGES)
        .remove("static/s.txt")
        .build()
        .mine("s.txt/mine.txt")
        .write("static/s.txt", "static")
        .build()
        .ends_with(1)
        .write("content/docs/a.md", "---\ntitle: Z\n---\nText.\n")
        .build()
        .ends_with(1)
        .remove("public/s.txt")
        .build()
        .ends_with(0)
        .shows("s.txt", "static");
}

#[test]
fn a_file_becomes_a_folder_and_a_file_again() {
    Recipe::new(PAGES)
        .write("content/docs/a.md", "---\nurl: /x.y\n---\n")
        .build()
        .write("content/docs/a.md", "---\nurl: /x.y/\n---\n")
        .build()
        .write("content/docs/a.md", "---\nurl: /x.y\n---\n")
        .build()
        .shows("x.y", "page");
}

#[test]
fn a_page_takes_the_place_of_a_file_of_the_same_bytes() {
    Recipe::new(PAGES)
        .write("templates/page.liquid", "static")
        .build()
        .remove("static/s.txt")
        .write("content/docs/a.md", "---\nurl: /s.txt\n---\n")
        .build()
        // The lists; not the page.
        .rewrites(2)
        .removes(1)
        .remove("content/docs/a.md")
        .write("static/s.txt", "static")
        .build()
        .rewrites(1)
        .shows("s.txt", "static");
}
