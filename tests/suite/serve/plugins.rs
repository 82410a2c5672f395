//! Plugins under `bengal serve`: what they read, and their libraries, may change while it runs.

use std::fs;

use crate::libraries::library;
use crate::plugins::compiled;
use crate::support::{Site, tree};

use super::client::Server;

fn site() -> Site {
    Site::new(&[
        ("content/a.md", "---\ntitle: A\n---\n"),
        ("templates/page.liquid", "{{ page.title }}\n"),
    ])
}

#[test]
fn files_that_plugins_declare_are_watched_wherever_they_are() {
    let site = site();
    let rows = site.parent().join("rows.csv");
    fs::write(&rows, "name,title\none,One\n").unwrap();
    let option = format!("csv-pages.file={}", rows.display());
    let csv_pages = library("csv-pages");
    let arguments = ["--plugin", csv_pages.to_str().unwrap(), "--plugin-option", &option];
    let server = Server::start(&site, &arguments);
    assert!(server.get("/rows/one/").text().starts_with("One"));
    fs::write(&rows, "name,title\none,First\ntwo,Two\n").unwrap();
    server.built_until(|| server.get("/rows/two/").status() == 200);
    assert!(server.get("/rows/one/").text().starts_with("First"));
    // One that is missing was looked for: its coming is a change too.
    fs::remove_file(&rows).unwrap();
    while server.built()["exit_code"] != 3 {}
    assert!(server.get("/rows/one/").text().starts_with("First"), "the last build is served");
    fs::write(&rows, "name,title\nthree,Three\n").unwrap();
    server.built_until(|| server.get("/rows/three/").status() == 200);
}

/// The bytes of a library whose stage sets every page's title.
#[cfg(target_os = "linux")]
fn titled(title: &str) -> Option<Vec<u8>> {
    let scratch = site();
    let act = format!(
        "-DACT=host->item_set(call, items[0], BENGAL_TEXT(\"title\"), \
         host->make_text(call, BENGAL_TEXT(\"{title}\")))"
    );
    let library = compiled(&scratch, "titled", "tests/plugins/broken.c", &[&act])?;
    Some(fs::read(library).unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn a_library_that_has_changed_is_loaded_anew_and_the_old_one_does_no_harm() {
    let site = site();
    let (Some(one), Some(two)) = (titled("one"), titled("two")) else { return };
    let library = site.parent().join("plugins/libtitled.so");
    site.write("../plugins/libtitled.so", &one);
    site.write("bengal.yaml", "plugins: [{path: ../plugins/libtitled.so}]\n");
    let mut server = Server::start(&site, &[]);
    let title = || server.get("/a/").text();
    assert!(title().starts_with("one"));
    // Over what is open, as `cp` does: not a file of another inode.
    for (bytes, shown) in [(&two, "two"), (&one, "one"), (&two, "two")] {
        fs::write(&library, bytes).unwrap();
        server.built_until(|| title().starts_with(shown));
    }
    fs::write(&library, &one[..one.len() / 2]).unwrap();
    while server.built()["exit_code"] != 2 {}
    assert!(title().starts_with("two"), "the last build is served");
    fs::remove_file(&library).unwrap();
    while server.built()["exit_code"] != 2 {}
    fs::write(&library, &one).unwrap();
    server.built_until(|| title().starts_with("one"));
    assert_eq!(server.stop("-INT"), Some(0));
    assert_eq!(tree(server.temporary.path()).len(), 0);
}
