//! What bengal keeps: damaged, lost, or of files whose stamps say nothing.

use crate::edit::{Damage, Shape};
use crate::recipe::Recipe;

const PAGES: &[(&str, &str)] = &[
    ("content/docs/a.md", "---\ntitle: Alpha\n---\nSome text.\n"),
    ("content/docs/b.md", "---\ntitle: Beta\ntags: x\n---\n[a](a.md) [no](no.md)\n"),
    ("data/d.yaml", "value: one\n"),
    ("static/s.txt", "static"),
    (
        "templates/home.liquid",
        "{{ site.data.d.value }} {% for p in site.pages %}{{ p.title }}{% endfor %}",
    ),
    ("themes/t/static/t.txt", "theme"),
    ("themes/t/templates/tags/term.liquid", "none"),
    ("bengal.yaml", "theme: t\n"),
];

/// More than bengal keeps files.
const FILES: usize = 8;

/// Edits, builds and damages, file by file; what follows each must be right.
fn after_each(damage: impl Fn(usize) -> Damage) {
    let mut recipe = Recipe::new(PAGES);
    for file in 0..FILES {
        let text = format!("---\ntitle: Number {file}\n---\nSome text.\n");
        recipe = recipe
            .damage(damage(file))
            .build()
            .write("content/docs/a.md", &text)
            .damage(damage(file))
            .build()
            .rename("content/docs/b.md", "content/docs/c.md")
            .damage(damage(file))
            .build()
            .rename("content/docs/c.md", "content/docs/b.md")
            .build();
    }
}

#[test]
fn a_file_that_is_empty() {
    after_each(|file| Damage::Truncate(file, 0));
}

#[test]
fn a_file_that_is_cut_in_half() {
    after_each(|file| Damage::Truncate(file, 500));
}

#[test]
fn a_file_that_lacks_its_end() {
    after_each(|file| Damage::Truncate(file, 990));
}

#[test]
fn a_file_whose_head_is_damaged() {
    after_each(|file| Damage::Flip(file, 0));
}

#[test]
fn a_file_that_is_damaged_in_its_midst() {
    for place in (50..1000).step_by(190) {
        after_each(|file| Damage::Flip(file, place));
    }
}

#[test]
fn a_file_of_somebody_else() {
    after_each(Damage::Garbage);
}

#[test]
fn a_file_that_is_gone() {
    after_each(Damage::Remove);
}

#[test]
fn everything_is_gone() {
    after_each(|_| Damage::All);
}

#[test]
fn the_output_is_gone() {
    after_each(|_| Damage::Output);
}

#[test]
fn two_files_are_gone() {
    let mut recipe = Recipe::new(PAGES);
    for file in 0..FILES {
        recipe = recipe.damage(Damage::Remove(file)).damage(Damage::Remove(file + 1)).build();
    }
}

#[test]
fn a_fresh_clone_changes_nothing() {
    Recipe::new(PAGES).checkout().build().rewrites(0).removes(0);
}

#[test]
fn any_number_of_workers() {
    let jobs = |jobs| Shape { jobs, ..Shape::default() };
    Recipe::new(PAGES)
        .shape(jobs(8))
        .build()
        .rewrites(0)
        .write("content/docs/a.md", "---\ntitle: Other\n---\n")
        .build()
        .shape(jobs(2))
        .build()
        .rewrites(0);
}

/// Files whose sizes and times are as before, right after a build.
#[test]
fn edits_that_stamps_do_not_show() {
    let recipe = Recipe::new(PAGES);
    unseen(recipe);
}

/// The same where the files were old enough for their stamps to be trusted.
#[test]
fn edits_of_old_files_that_stamps_do_not_show() {
    let recipe = Recipe::new(PAGES).age().build().age();
    unseen(recipe);
}

fn unseen(recipe: Recipe) {
    recipe
        .write_unseen("content/docs/a.md", "---\ntitle: Omega\n---\nSome text.\n")
        .build()
        .shows("docs/a/index.html", "page Omega")
        .write_unseen("data/d.yaml", "value: two\n")
        .build()
        .shows("index.html", "two")
        .write_unseen("static/s.txt", "STATIC")
        .build()
        .shows("s.txt", "STATIC")
        .write_unseen("themes/t/static/t.txt", "THEME")
        .build()
        .shows("t.txt", "THEME")
        .write_unseen("themes/t/templates/tags/term.liquid", "NONE")
        .build()
        .shows("tags/x/index.html", "NONE")
        .write_unseen("templates/page.liquid", "PAGE {{ page.title }}\n{{ page.content }}")
        .build()
        .shows("docs/a/index.html", "PAGE Omega")
        .write_unseen("bengal.yaml", "title: t\n")
        .build()
        .lacks("t.txt");
}

/// A file that takes the place of another of its size and time, as `mv` and `rsync --times` leave it.
#[test]
fn a_file_of_the_same_stamp_takes_anothers_place() {
    Recipe::new(
        &[PAGES, &[("content/docs/z.md", "---\ntitle: Omega\n---\nSome text.\n")]].concat(),
    )
    .checkout()
    .build()
    .age()
    .build()
    .remove("content/docs/a.md")
    .rename("content/docs/z.md", "content/docs/a.md")
    .build()
    .shows("docs/a/index.html", "page Omega");
}
