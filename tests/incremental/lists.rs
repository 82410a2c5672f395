//! Lists: what they select, sort, group and show in pages; terms.

use crate::recipe::Recipe;

fn page(title: &str, more: &str) -> String {
    format!("---\ntitle: {title}\n{more}\n---\nText.\n")
}

/// Pages `a`, `b`, `c` with a colour, tags and a date each, and a home page of this template.
fn site(home: &str) -> Recipe {
    Recipe::new(&[
        ("templates/home.liquid", home),
        ("content/a.md", &page("A", "color: red\ntags: [x]\ndate: 2023-01-01")),
        ("content/b.md", &page("B", "color: blue\ntags: [x, y]\ndate: 2023-02-01")),
        ("content/c.md", &page("C", "color: red\ntags: [z]\ndate: 2023-03-01")),
    ])
}

#[test]
fn a_selection_sees_what_comes_into_it_and_leaves_it() {
    site("{{ site.pages | where: 'params.color', 'red' | map: 'title' | join: ',' }}")
        .write("content/b.md", &page("B", "color: red\ntags: [x, y]\ndate: 2023-02-01"))
        .build()
        .rewrites(1)
        .shows("index.html", "C,B,A")
        .write("content/a.md", &page("A", "tags: [x]\ndate: 2023-01-01"))
        .build()
        .rewrites(1)
        .shows("index.html", "C,B");
}

#[test]
fn a_condition_reads_more_than_what_is_shown() {
    site("{{ site.pages | where_exp: 'p', \"p.word_count > 1\" | map: 'url' | join: ' ' }}")
        .write("content/a.md", "---\ntitle: A\ntags: [x]\n---\nSome more words.\n")
        .build()
        .shows("index.html", "/a/");
}

#[test]
fn a_sorted_list_is_sorted_anew() {
    site("{% assign l = site.pages | sort: 'title' | reverse %}{{ l | map: 'url' | join: ' ' }}")
        .write("content/a.md", &page("Z", "color: red\ntags: [x]\ndate: 2023-01-01"))
        .build()
        .rewrites(2)
        .shows("index.html", "/a/ /c/ /b/");
}

#[test]
fn a_list_is_read_as_far_as_its_limit() {
    site("{% for p in site.pages limit: 1 %}{{ p.title }}{% endfor %}")
        .write("content/a.md", &page("Z", "color: red\ntags: [x]\ndate: 2023-01-01"))
        .build()
        .rewrites(1)
        .write("content/a.md", &page("Z", "color: red\ntags: [x]\ndate: 2023-04-01"))
        .build()
        .shows("index.html", "Z");
}

#[test]
fn groups_come_and_go() {
    site("{% assign g = site.pages | group_by: 'params.color' %}{% for x in g %}{{ x.name }}{{ x.size }} {% endfor %}")
        .write("content/b.md", &page("B", "color: green\ndate: 2023-02-01"))
        .build()
        .shows("index.html", "green1")
        .remove("content/b.md")
        .build();
}

#[test]
fn what_was_not_found_is_found_later() {
    site("{% assign f = site.pages | find: 'url', '/d/' %}{{ f.title | default: 'nothing' }}")
        .write("content/d.md", &page("D", ""))
        .build()
        .shows("index.html", "D")
        .rename("content/d.md", "content/e.md")
        .build()
        .shows("index.html", "nothing");
}

#[test]
fn ends_and_sizes_of_lists() {
    site("{{ site.pages | size }} {{ site.pages.first.title }} {{ site.pages.last.url }} {{ site.pages[1].title }}")
        .write("content/d.md", &page("D", "date: 2022-01-01"))
        .build()
        .shows("index.html", "4 C /d/ B")
        .remove("content/c.md")
        .build()
        .shows("index.html", "3 B /d/ A");
}

#[test]
fn chance_depends_on_the_page_and_the_list() {
    site("{{ site.pages | sample: 2 | map: 'title' | join: ' ' }}")
        .write("content/d.md", &page("D", ""))
        .build()
        .remove("content/d.md")
        .build();
}

#[test]
fn a_result_remembered_for_one_page_is_an_input_of_the_next() {
    let page_template = "{% include red %} {{ page.title }}";
    site("home")
        .write(
            "templates/partials/red.liquid",
            "{{ site.pages | where: 'params.color', 'red' | map: 'title' | join: ',' }}",
        )
        .write("templates/page.liquid", page_template)
        .build()
        .write("content/b.md", &page("B", "color: red\ntags: [x, y]\ndate: 2023-02-01"))
        .build()
        .rewrites(3)
        .shows("a/index.html", "C,B,A A");
}

#[test]
fn pages_of_a_list_come_and_go() {
    let section = "{% for p in paginator.pages %}{{ p.title }} {% endfor %}{{ paginator.index }}/{{ paginator.total_pages }} {{ paginator.next_url }}";
    site("home")
        .write("templates/section.liquid", section)
        .write("content/_index.md", "---\npagination: {page_size: 2}\n---\n")
        .write("templates/home.liquid", section)
        .build()
        .write("content/d.md", &page("D", "date: 2023-02-15"))
        .build()
        .shows("page/2/index.html", "B A 2/2")
        .write("content/e.md", &page("E", "weight: 1"))
        .build()
        .shows("page/3/index.html", "3/3")
        .remove("content/a.md")
        .remove("content/b.md")
        .remove("content/c.md")
        .build()
        .lacks("page/2/index.html")
        .write("content/_index.md", "home\n")
        .build();
}

#[test]
fn terms_come_and_go() {
    site(
        "{% for t in site.taxonomies.tags.terms %}{{ t.title }} {{ t.pages | size }} {% endfor %}",
    )
    .write("content/c.md", &page("C", "color: red\ntags: [w, x]\ndate: 2023-03-01"))
    .build()
    .lacks("tags/z/index.html")
    .shows("tags/w/index.html", "/c/")
    .shows("index.html", "w 1 x 3 y 1")
    .remove("content/a.md")
    .remove("content/b.md")
    .remove("content/c.md")
    .build()
    .lacks("tags/x/index.html");
}

#[test]
fn terms_that_differ_by_case_are_called_as_first_met() {
    site("home")
        .write("content/d.md", &page("D", "tags: [Y]"))
        .build()
        .write("content/d.md", &page("D", "tags: [Y]\nweight: 1"))
        .build()
        .shows("tags/index.html", "Y")
        .remove("content/b.md")
        .build()
        .shows("tags/y/index.html", "term Y");
}

#[test]
fn terms_of_one_slug_are_numbered_anew() {
    site("home")
        .write("content/d.md", &page("D", "tags: ['C#']"))
        .build()
        .shows("tags/c/index.html", "term C#")
        .write("content/e.md", &page("E", "tags: ['C', 'C++']"))
        .build()
        .shows("tags/c-2/index.html", "term C#")
        .remove("content/e.md")
        .build()
        .lacks("tags/c-2/index.html");
}

#[test]
fn a_term_has_a_page_of_its_own() {
    site("home")
        .write("content/tags/x/_index.md", "---\ntitle: The X\n---\nAbout.\n")
        .build()
        .shows("tags/x/index.html", "The X")
        .remove("content/tags")
        .build()
        .shows("tags/x/index.html", "term x");
}

#[test]
fn navigation_around_a_page() {
    let page_template = "{% for p in page.nearby %}{{ p.title }} {% endfor %}";
    site("home")
        .write("templates/page.liquid", page_template)
        .build()
        .write("content/d.md", &page("D", "weight: 1"))
        .build()
        .shows("a/index.html", "D C B A")
        .remove("content/b.md")
        .build();
}
