//! How many pages a build renders: what an edit touches, and no other.

use crate::edit::Tamper;
use crate::recipe::Recipe;

fn page(title: &str, body: &str) -> String {
    format!("---\ntitle: {title}\ndate: 2023-01-0{}\n---\n{body}\n", title.len())
}

/// A home page with all pages, of which it shows URLs, and the pages `a`, `b` and `c`.
fn site(files: &[(&str, &str)]) -> Recipe {
    let pages = [
        ("content/a.md", page("A", "One.")),
        ("content/b.md", page("BB", "Two.")),
        ("content/c.md", page("CCC", "Three.")),
    ];
    let pages = pages.iter().map(|(path, text)| (*path, text.as_str()));
    Recipe::new(&pages.chain(files.iter().copied()).collect::<Vec<_>>())
}

#[test]
fn nothing_where_nothing_changed() {
    site(&[]).build().renders(0).checkout().build().renders(0).age().build().renders(0);
}

#[test]
fn one_page_for_its_body() {
    site(&[]).write("content/b.md", &page("BB", "Other words.")).build().renders(1).rewrites(1);
}

#[test]
fn what_shows_a_title_for_a_title() {
    let neighbours = "{{ page.title }} {{ page.next.title }} {{ content }}";
    site(&[("templates/page.liquid", neighbours)])
        .write("content/b.md", "---\ntitle: New\ndate: 2023-01-02\n---\nTwo.\n")
        .build()
        // Itself, the home page, and the page before it.
        .renders(3);
}

#[test]
fn a_list_no_further_than_it_was_read() {
    let home = "{% for p in site.pages limit: 1 %}{{ p.title }}{% endfor %}";
    site(&[("templates/home.liquid", home)])
        .write("content/a.md", "---\ntitle: Z\ndate: 2023-01-01\n---\nOne.\n")
        .build()
        .renders(1)
        .write("content/c.md", "---\ntitle: Z\ndate: 2023-01-03\n---\nThree.\n")
        .build()
        .renders(2);
}

#[test]
fn the_pages_of_a_template() {
    site(&[]).write("templates/page.liquid", "{{ page.title }}!").build().renders(3);
}

#[test]
fn the_pages_that_read_data() {
    let home = "{{ site.data.x }}";
    site(&[("templates/home.liquid", home), ("data/x.yaml", "1"), ("data/y.yaml", "1")])
        .write("data/y.yaml", "2")
        .build()
        .renders(0)
        .write("data/x.yaml", "2")
        .build()
        .renders(1);
}

#[test]
fn a_page_whose_file_is_gone_or_another() {
    site(&[])
        .tamper(Tamper::Remove, "a/index.html")
        .build()
        .renders(1)
        .tamper(Tamper::Append, "b/index.html")
        .build()
        .renders(1);
}

#[test]
fn everything_for_another_configuration() {
    site(&[]).write("bengal.yaml", "title: Other\n").build().renders(5);
}

#[test]
fn a_page_with_a_warning_each_time() {
    site(&[("content/d.md", "---\ntitle: D\n---\n[gone](gone.md)\n")]).build().renders(1);
}
