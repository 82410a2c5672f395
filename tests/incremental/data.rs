//! Data, static files and the configuration.

use crate::recipe::Recipe;

const PAGES: &[(&str, &str)] = &[
    ("content/a.md", "---\ntitle: A\nkey: people\n---\nText.\n"),
    ("content/b.md", "---\ntitle: B\n---\nText.\n"),
];

/// A site whose home page is this, with data.
fn site(home: &str) -> Recipe {
    let own = [("templates/home.liquid", home), ("data/people.yaml", "ann: {age: 30}\n")];
    Recipe::new(&[PAGES, &own].concat())
}

#[test]
fn a_value_is_where_it_is_read() {
    site("{{ site.data.people.ann.age }}")
        .write("data/people.yaml", "ann: {age: 31}\n")
        .build()
        .rewrites(1)
        .write("data/others.yaml", "bob: {age: 9}\n")
        .build()
        .rewrites(0);
}

#[test]
fn a_key_that_was_missing_comes_and_goes() {
    site("{{ site.data.extra.value | default: 'nothing' }}")
        .write("data/extra.toml", "value = 'toml'\n")
        .build()
        .rewrites(1)
        .shows("index.html", "toml")
        .write("data/extra.yaml", "value: yaml\n")
        .build()
        .remove("data/extra.toml")
        .build()
        .shows("index.html", "yaml")
        .remove("data")
        .build()
        .shows("index.html", "nothing");
}

#[test]
fn all_data_are_counted() {
    site("{% for pair in site.data %}{{ pair[0] }} {% endfor %}{{ site.data | size }}")
        .write("data/deep/inner.json", "{\"list\": [1]}")
        .build()
        .rewrites(1)
        .shows("index.html", "2")
        .write("data/deep.yaml", "inner: {list: [2]}\n")
        .build()
        .rename("data/deep/inner.json", "data/deep/other.json")
        .build();
}

#[test]
fn a_key_may_be_a_value() {
    let page = "{{ site.data[page.params.key] | size }}";
    site("home")
        .write("templates/page.liquid", page)
        .build()
        .write("data/people.yaml", "ann: {age: 30}\nbob: {age: 9}\n")
        .build()
        .rewrites(1)
        .write("content/b.md", "---\ntitle: B\nkey: rows\n---\nText.\n")
        .write("data/rows.csv", "name,age\nann,1\nbob,2\ncy,3\n")
        .build()
        .shows("b/index.html", "3");
}

#[test]
fn data_are_wrong_and_right_again() {
    site("{{ site.data.people.ann.age }}")
        .write("data/people.yaml", "ann: [\n")
        .build()
        .ends_with(1)
        .write("content/a.md", "---\ntitle: Z\n---\nText.\n")
        .build()
        .ends_with(1)
        .write("data/people.yaml", "ann: {age: 32}\n")
        .build()
        .ends_with(0)
        .shows("index.html", "32");
}

#[test]
fn static_files_come_change_and_go() {
    site("home")
        .write("static/s/t.txt", "one")
        .build()
        .rewrites(1)
        .write("static/s/t.txt", "two")
        .build()
        .rewrites(1)
        .remove("static/s")
        .build()
        .removes(1)
        .lacks("s");
}

#[test]
fn a_static_file_takes_a_pages_place_and_gives_it_back() {
    site("home")
        .write("static/a/index.html", "static")
        .build()
        .ends_with(1)
        .remove("static/a/index.html")
        .build()
        .ends_with(0)
        .shows("a/index.html", "page A");
}

#[test]
fn a_title_of_the_site_is_where_it_is_shown() {
    site("{{ site.title }} {{ site.params.mood }}")
        .write("bengal.yaml", "title: Mine\nparams: {mood: good}\n")
        .build()
        .shows("index.html", "Mine good")
        .write("bengal.yaml", "title: Mine\nparams: {mood: bad}\n")
        .build()
        .shows("index.html", "Mine bad")
        .remove("bengal.yaml")
        .build();
}

#[test]
fn urls_move_with_the_configuration() {
    site("{% for p in site.pages %}{{ p.url }} {{ p.permalink }}{% endfor %}")
        .write("bengal.yaml", "ugly_urls: true\n")
        .build()
        .lacks("a/index.html")
        .write("bengal.yaml", "permalinks: {'': '/p/:title/'}\n")
        .build()
        .shows("p/b/index.html", "page B")
        .write("bengal.yaml", "base_url: https://x.org/sub\n")
        .build()
        .shows("index.html", "https://x.org/sub/a/");
}

#[test]
fn taxonomies_are_named_and_forgotten() {
    site("{{ site.taxonomies.topics.terms | size }}")
        .write("content/a.md", "---\ntitle: A\ntopics: [one, two]\n---\nText.\n")
        .build()
        .lacks("topics")
        .write("bengal.yaml", "taxonomies: {topics: {pagination: {page_size: 1}}}\n")
        .build()
        .shows("topics/two/index.html", "/a/")
        .shows("index.html", "2")
        .write("bengal.yaml", "")
        .build()
        .lacks("topics");
}

#[test]
fn menus_of_the_configuration() {
    site("{% for e in site.menus.main %}{{ e.name }} {{ e.children | size }} {% endfor %}")
        .write("bengal.yaml", "menus: {main: [{name: Top, url: /top/}]}\n")
        .build()
        .write("content/a.md", "---\ntitle: A\nmenu: {main: {parent: Top}}\n---\n")
        .build()
        .shows("index.html", "Top 1")
        .write("bengal.yaml", "")
        .build()
        .shows("index.html", "A 0");
}

#[test]
fn markdown_is_read_in_another_way() {
    site("home")
        .write("content/a.md", "\"Quoted\" <b>raw</b>\n\n```rust\nlet x;\n```\n")
        .build()
        .write("bengal.yaml", "markdown: {unsafe_html: true, smart_punctuation: true}\n")
        .build()
        .shows("a/index.html", "<b>raw</b>")
        .write("bengal.yaml", "markdown: {highlight: false}\n")
        .build()
        .lacks("highlight.css");
}

#[test]
fn a_configuration_that_is_refused_leaves_all_as_it_was() {
    site("home")
        .write("content/a.md", "---\ntitle: Z\n---\n")
        .write("bengal.yaml", "ugly_urls: perhaps\n")
        .build()
        .ends_with(2)
        .shows("a/index.html", "page A")
        .write("bengal.yaml", "nonsense: 1\n")
        .build()
        .ends_with(0)
        .shows("a/index.html", "page Z")
        .write("content/b.md", "---\ntitle: Y\n---\n")
        .build();
}
