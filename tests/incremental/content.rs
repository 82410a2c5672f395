//! Pages that come, change, move and go.

use crate::recipe::Recipe;

/// Two pages of a section and one beside it; the home page and the section list URLs.
const PAGES: &[(&str, &str)] = &[
    ("content/docs/a.md", "---\ntitle: A\ndate: 2023-01-01\n---\nText.\n"),
    ("content/docs/b.md", "---\ntitle: B\ndate: 2023-02-01\n---\nText.\n"),
    ("content/c.md", "---\ntitle: C\n---\n[a](docs/a.md)\n"),
];

/// Lists that show titles.
const TITLES: (&str, &str) =
    ("templates/home.liquid", "{% for p in site.pages %}{{ p.title }} {% endfor %}");

/// Neighbours on each page.
const NEIGHBOURS: (&str, &str) = (
    "templates/page.liquid",
    "{{ page.previous.title }} < {{ page.title }} > {{ page.next.title }}",
);

fn with(files: &[(&str, &str)]) -> Recipe {
    Recipe::new(&[PAGES, files].concat())
}

#[test]
fn a_body_is_in_one_file() {
    with(&[])
        .write("content/docs/a.md", "---\ntitle: A\ndate: 2023-01-01\n---\nOther text.\n")
        .build()
        .rewrites(1);
}

#[test]
fn a_title_is_where_it_is_shown() {
    with(&[TITLES])
        .write("content/docs/a.md", "---\ntitle: Z\ndate: 2023-01-01\n---\nText.\n")
        .build()
        .rewrites(2)
        .shows("index.html", "Z");
}

#[test]
fn a_date_changes_the_order_of_lists_or_nothing() {
    with(&[])
        .write("content/docs/a.md", "---\ntitle: A\ndate: 2023-01-02\n---\nText.\n")
        .build()
        .rewrites(0)
        .write("content/docs/a.md", "---\ntitle: A\ndate: 2023-03-01\n---\nText.\n")
        .build()
        .rewrites(2);
}

#[test]
fn a_weight_changes_neighbours() {
    with(&[NEIGHBOURS, ("content/docs/d.md", "---\ntitle: D\n---\n")])
        .write("content/docs/d.md", "---\ntitle: D\nweight: 1\n---\n")
        .build()
        // The home page too: two pages in its list have no date.
        .rewrites(5)
        .shows("docs/b/index.html", "D < B > A");
}

#[test]
fn a_neighbour_that_goes_leaves_the_next_one_beside() {
    with(&[NEIGHBOURS, ("content/docs/d.md", "---\ntitle: D\n---\n")])
        .remove("content/docs/a.md")
        .build()
        .removes(1)
        .shows("docs/b/index.html", " < B > D")
        .shows("docs/d/index.html", "B < D > ");
}

#[test]
fn a_neighbours_summary_is_its_body() {
    let page = "{{ page.next.summary }}|{{ page.next.word_count }}";
    with(&[("templates/page.liquid", page)])
        .write("content/docs/a.md", "---\ntitle: A\ndate: 2023-01-01\n---\nOther text.\n")
        .build()
        .rewrites(1)
        .shows("docs/b/index.html", "<p>Other text.</p>");
}

#[test]
fn what_is_behind_the_summary_shows_on_the_page_alone() {
    let home = "{% for p in site.pages %}{{ p.summary }}{% endfor %}";
    let page = |rest: &str| format!("---\ntitle: A\n---\nFirst.\n\n<!--more-->\n\n{rest}\n");
    with(&[("templates/home.liquid", home)])
        .write("content/docs/a.md", &page("Second."))
        .build()
        .write("content/docs/a.md", &page("Other."))
        .build()
        .rewrites(1);
}

#[test]
fn a_table_of_contents_is_shown_elsewhere() {
    let home = "{% for p in site.pages %}{{ p.toc | map: 'title' | join: ' ' }}{% endfor %}";
    with(&[("templates/home.liquid", home)])
        .write("content/docs/a.md", "---\ntitle: A\ndate: 2023-01-01\n---\n## Head\n")
        .build()
        .rewrites(2)
        .shows("index.html", "Head");
}

#[test]
fn a_title_may_be_a_heading_of_the_body() {
    with(&[TITLES, ("content/d.md", "# One\n")])
        .write("content/d.md", "# Two\n")
        .build()
        .rewrites(2)
        .shows("index.html", "Two");
}

#[test]
fn a_draft_goes_and_comes() {
    with(&[])
        .write("content/docs/a.md", "---\ntitle: A\ndraft: true\n---\nText.\n")
        .build()
        .removes(1)
        .lacks("docs/a/index.html")
        .write("content/docs/a.md", "---\ntitle: A\ndraft: false\n---\nText.\n")
        .build()
        .shows("docs/a/index.html", "page A");
}

#[test]
fn links_follow_their_page_and_break_with_it() {
    with(&[])
        .write("content/docs/a.md", "---\ntitle: A\nslug: z\n---\nText.\n")
        .build()
        .shows("c/index.html", "/docs/z/")
        .rename("content/docs/a.md", "content/docs/e.md")
        .build()
        .rename("content/docs/e.md", "content/docs/a.md")
        .build()
        .shows("c/index.html", "/docs/z/");
}

#[test]
fn a_missing_links_target_comes() {
    with(&[("content/d.md", "[no](notes/no.md) [other](other.md#part)\n")])
        .write("content/notes/no.md", "now\n")
        .build()
        .shows("d/index.html", "/notes/no/")
        .write("content/other.md", "---\nurl: /elsewhere/\n---\n")
        .build()
        .shows("d/index.html", "/elsewhere/#part")
        .remove("content/notes")
        .build();
}

#[test]
fn of_two_pages_with_one_url_the_second_takes_over() {
    with(&[("content/d.md", "---\ntitle: D\nurl: /u/\n---\n")])
        .write("content/e.md", "---\ntitle: E\nurl: /u/\n---\n")
        .build()
        .ends_with(1)
        .shows("u/index.html", "page D")
        .remove("content/d.md")
        .build()
        .ends_with(0)
        .shows("u/index.html", "page E");
}

#[test]
fn an_alias_comes_moves_and_yields_to_a_page() {
    with(&[])
        .write("content/c.md", "---\ntitle: C\naliases: [/old/, /docs/d/]\n---\n")
        .build()
        .shows("old/index.html", "/c/")
        .write("content/docs/d.md", "---\ntitle: D\n---\n")
        .build()
        .ends_with(1)
        .shows("docs/d/index.html", "page D")
        .remove("content/docs/d.md")
        .build()
        .shows("docs/d/index.html", "/c/")
        .rename("content/c.md", "content/f.md")
        .build()
        .shows("old/index.html", "/f/")
        .write("content/f.md", "---\ntitle: C\n---\n")
        .build()
        .lacks("old/index.html");
}

#[test]
fn a_section_comes_with_its_first_page_and_goes_with_its_last() {
    let home = "{% for s in site.sections %}{{ s.title }} {{ s.pages | size }}; {% endfor %}";
    with(&[("templates/home.liquid", home)])
        .write("content/news/deep/n.md", "new\n")
        .build()
        .shows("index.html", "News 0")
        .shows("news/deep/index.html", "/news/deep/n/")
        .remove("content/news/deep/n.md")
        .build()
        .lacks("news/index.html");
}

#[test]
fn a_section_gets_a_page_of_its_own_and_loses_it() {
    let page = "{{ page.section.title }} {{ page.ancestors | map: 'title' | join: '/' }}";
    with(&[("templates/page.liquid", page)])
        .write("content/docs/_index.md", "---\ntitle: The documents\n---\n")
        .build()
        .shows("docs/a/index.html", "The documents")
        .remove("content/docs/_index.md")
        .build()
        .shows("docs/a/index.html", "Docs");
}

#[test]
fn a_bundles_files_come_change_and_go() {
    let page = "{% for r in page.resources %}{{ r.name }} {% endfor %}{{ page.content }}";
    with(&[("templates/page.liquid", page), ("content/b/index.md", "![p](pic.txt)\n")])
        .write("content/b/pic.txt", "pic")
        .build()
        .rewrites(2)
        .write("content/b/pic.txt", "cip")
        .build()
        .rewrites(1)
        .rename("content/b/pic.txt", "content/b/picture.txt")
        .build()
        .lacks("b/pic.txt");
}

#[test]
fn a_bundle_that_becomes_a_folder_lets_its_files_go() {
    with(&[("content/b/index.md", "---\nurl: /x/\n---\n"), ("content/b/pic.txt", "pic")])
        .rename("content/b/index.md", "content/b/page.md")
        .build()
        .rename("content/b/page.md", "content/b/index.md")
        .build()
        .shows("x/pic.txt", "pic");
}

#[test]
fn a_folder_is_renamed() {
    with(&[])
        .rename("content/docs", "content/guide")
        .build()
        .removes(3)
        .lacks("docs")
        .shows("guide/a/index.html", "page A");
}

#[test]
fn a_page_becomes_a_folder_of_one_url() {
    with(&[("content/d.md", "---\ntitle: D\n---\nText.\n")])
        .rename("content/d.md", "content/d/index.md")
        .build()
        .rewrites(0)
        .rename("content/d/index.md", "content/D.md")
        .build()
        .rewrites(0);
}

#[test]
fn a_file_becomes_a_folder_of_its_name() {
    with(&[])
        .remove("content/c.md")
        .write("content/c.md/d.md", "below\n")
        .build()
        .remove("content/c.md")
        .write("content/c.md", "---\ntitle: C\n---\n[a](docs/a.md)\n")
        .build()
        .shows("c/index.html", "page C");
}

#[test]
fn two_pages_change_places() {
    with(&[NEIGHBOURS])
        .rename("content/docs/a.md", "content/aside.md")
        .rename("content/docs/b.md", "content/docs/a.md")
        .rename("content/aside.md", "content/docs/b.md")
        .build()
        .shows("docs/a/index.html", "< B > A");
}

#[test]
fn what_was_there_before_comes_back() {
    with(&[TITLES])
        .write("content/c.md", "---\ntitle: Other\n---\n")
        .build()
        .write("content/c.md", "---\ntitle: C\n---\n[a](docs/a.md)\n")
        .build()
        .rewrites(2)
        .shows("index.html", "C");
}

#[test]
fn front_matter_is_put_in_order_and_nothing_changes() {
    with(&[])
        .write("content/docs/a.md", "---\ndate: 2023-01-01\ntitle: \"A\"\n---\nText.\n")
        .build()
        .rewrites(0);
}

#[test]
fn front_matter_is_wrong_and_right_again() {
    with(&[])
        .write("content/docs/a.md", "---\ntitle: A: B\n---\nText.\n")
        .build()
        .ends_with(1)
        .lacks("docs/a/index.html")
        .write("content/c.md", "---\ntitle: C\n---\n")
        .build()
        .ends_with(1)
        .write("content/docs/a.md", "---\ntitle: A\n---\nText.\n")
        .build()
        .ends_with(0);
}

#[test]
fn warnings_of_pages_that_do_not_change_stay() {
    with(&[("content/d.md", "---\nweight: heavy\ndate: soon\n---\n[no](no.md) <b>raw</b>\n")])
        .write("content/c.md", "---\ntitle: C\n---\n")
        .build()
        .write("content/d.md", "---\n---\n[no](no.md)\n")
        .build();
}

#[test]
fn a_cascade_comes_changes_and_goes() {
    let page = "{{ page.title }} {{ page.params.color }} {{ page.tags | join: ',' }}";
    let index = |cascade: &str| format!("---\ntitle: Docs\ncascade: {cascade}\n---\n");
    with(&[("templates/page.liquid", page)])
        .write("content/docs/_index.md", &index("{color: red, tags: [x]}"))
        .build()
        .shows("docs/a/index.html", "A red x")
        .shows("tags/x/index.html", "/docs/a/")
        .write("content/docs/_index.md", &index("{color: blue, tags: [x]}"))
        .build()
        .rewrites(2)
        .write("content/docs/_index.md", &index("{draft: true}"))
        .build()
        .lacks("docs/b/index.html")
        .remove("content/docs/_index.md")
        .build()
        .shows("docs/b/index.html", "B");
}

#[test]
fn a_nearer_cascade_stands_before_one_above() {
    let page = "{{ page.params.color }}";
    with(&[
        ("templates/page.liquid", page),
        ("content/_index.md", "---\ncascade: {color: red}\n---\n"),
        ("content/docs/deep/d.md", "deep\n"),
    ])
    .write("content/docs/_index.md", "---\ncascade: {color: blue}\n---\n")
    .build()
    .shows("docs/deep/d/index.html", "blue")
    .shows("c/index.html", "red")
    .write("content/docs/deep/d.md", "---\ncolor: own\n---\n")
    .build()
    .write("content/_index.md", "---\ncascade: {color: green}\n---\n")
    .build()
    .shows("c/index.html", "green")
    .remove("content/docs/_index.md")
    .build()
    .shows("docs/a/index.html", "green");
}

#[test]
fn a_page_names_another_template_and_none() {
    with(&[("templates/special.liquid", "special {{ page.title }}")])
        .write("content/c.md", "---\ntitle: C\nlayout: special\n---\n")
        .build()
        .rewrites(1)
        .write("content/c.md", "---\ntitle: C\nlayout: missing\n---\n")
        .build()
        .write("templates/missing.liquid", "no longer missing")
        .build()
        .shows("c/index.html", "no longer missing")
        .remove("templates/missing.liquid")
        .build()
        .shows("c/index.html", "page C");
}

#[test]
fn a_menu_is_made_of_pages() {
    let page = "{% for e in site.menus.main %}{{ e.name }} {{ e.url }};{% endfor %}";
    with(&[("templates/page.liquid", page)])
        .write("content/c.md", "---\ntitle: C\nmenu: main\n---\n")
        .build()
        .shows("docs/a/index.html", "C /c/")
        .write("content/c.md", "---\ntitle: D\nmenu: {main: {parent: none}}\n---\n")
        .build()
        .rewrites(3)
        .write("content/c.md", "---\ntitle: D\n---\n")
        .build()
        .rewrites(3);
}
