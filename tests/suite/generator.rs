//! Random small sites that are as wrong as sites can be: names that collide, front matter of the wrong
//! types, templates that look for what is not there.

use proptest::prelude::*;
use proptest::sample::select;

/// A random site: the files by path.
#[derive(Clone, Debug)]
pub struct Random {
    pub files: Vec<(String, String)>,
    /// Which of them is taken away for the second build.
    pub removed: usize,
}

pub fn sites() -> impl Strategy<Value = Random> {
    let files = prop::collection::vec((paths(), pages()), 1..9);
    (files, configurations(), templates(), any::<prop::sample::Index>()).prop_map(
        |(mut files, config, template, removed)| {
            let removed = removed.index(files.len());
            files.push(("bengal.yaml".to_owned(), config));
            files.push(("templates/section.liquid".to_owned(), template));
            Random { files, removed }
        },
    )
}

/// Few names, so that they collide: by case, by slug, as page, folder and bundle.
pub fn paths() -> impl Strategy<Value = String> {
    let folder =
        select(vec!["", "a/", "A/", "b/", "a/b/", "tags/", "tags/x/", "a b/", "é/", "con/"]);
    let name = select(vec![
        "a.md",
        "b.md",
        "A.md",
        "a b.md",
        "a-b.md",
        "index.md",
        "_index.md",
        "404.md",
        "é.md",
        "e\u{301}.md",
        "pic.png",
        "page.md",
        "2.md",
        "_x.md",
        ".md",
        "x.y.md",
    ]);
    let top = select(vec!["content/", "content/", "content/", "content/", "static/", "data/"]);
    (top, folder, name).prop_map(|(top, folder, name)| format!("{top}{folder}{name}"))
}

pub fn pages() -> impl Strategy<Value = String> {
    (prop::option::weighted(0.8, front_matter()), body()).prop_map(|(front, body)| match front {
        Some(front) => format!("---\n{front}---\n{body}"),
        None => body,
    })
}

fn front_matter() -> impl Strategy<Value = String> {
    let line = select(vec![
        "title: T",
        "title: 1.10",
        "title: [x]",
        "weight: 1",
        "weight: -3",
        "weight: x",
        "date: 2023-01-02",
        "date: 2099-01-01",
        "date: soon",
        "draft: yes",
        "draft: false",
        "tags: [x, X, y]",
        "tags: x",
        "tags: [C, 'C#', '']",
        "categories: {a: 1}",
        "slug: s",
        "slug: ../x",
        "slug: A B",
        "url: /u/",
        "url: /u",
        "url: /u.txt",
        "url: /u.txt/v/",
        "url: /../x",
        "url: x",
        "aliases: [/old/, rel, ../up]",
        "aliases: /a/",
        "layout: page",
        "layout: nowhere",
        "type: tags",
        "menu: main",
        "menu: {main: {parent: x, weight: 2}}",
        "cascade: {draft: true}",
        "cascade: [{weight: 2, tags: z}]",
        "pagination: {page_size: 1}",
        "toc: false",
        "summary: S",
        "expiry: 2020-01-01",
        "params: {a: {b: c}}",
        "params: 3",
        "a: b: c",
        "- x",
        "x: &a [*a]",
        "\u{7f}: 1",
        "? [k] : v",
    ]);
    prop::collection::vec(line, 0..6)
        .prop_map(|lines| lines.iter().map(|line| format!("{line}\n")).collect())
}

fn body() -> impl Strategy<Value = String> {
    let part = select(vec![
        "# Heading\n\n",
        "## Heading\n\n",
        "Text *and* more.\n\n",
        "[a](a.md) ",
        "[b](../b.md#x) ",
        "[up](/a/_index.md)\n\n",
        "[no](no.md) ",
        "![p](pic.png) ",
        "<!--more-->\n\n",
        "<b>raw</b> ",
        "```rust\nfn x() {}\n```\n\n",
        "- [ ] task\n",
        "[^n] and\n\n[^n]: note\n\n",
        "> [!NOTE]\n> x\n\n",
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n",
        "{{ page.title }} ",
        "{% if %} ",
        "\r\n",
        "\u{feff}",
        "\0",
        "é\u{301} ",
        "---\n",
        "https://x.org ",
        "[r]\n\n[r]: b.md\n\n",
    ]);
    prop::collection::vec(part, 0..7).prop_map(|parts| parts.concat())
}

fn configurations() -> impl Strategy<Value = String> {
    let line = select(vec![
        "title: Site",
        "base_url: https://x.org/sub",
        "ugly_urls: true",
        "pagination: {page_size: 1}",
        "timezone: Europe/Berlin",
        "markdown: {unsafe_html: true, smart_punctuation: true}",
        "taxonomies: {tags: {}, a: {}}",
        "permalinks: {a: '/:year/:slug/'}",
        "permalinks: {'': '/p/:filename/'}",
        "menus: {main: [{name: x, url: /x/, parent: y}, {name: y, parent: x}]}",
        "nonsense: 1",
        "strict: true",
    ]);
    prop::collection::btree_map(0..9_u8, line, 0..3).prop_map(|lines| {
        let mut lines: Vec<_> = lines.into_values().collect();
        lines.sort_unstable();
        lines.dedup();
        lines.iter().map(|line| format!("{line}\n")).collect()
    })
}

fn templates() -> impl Strategy<Value = String> {
    let part = select(vec![
        "{% for p in page.pages %}{{ p.url }} {{ p.summary }}{% endfor %}\n",
        "{% for p in site.pages %}{{ p.next.title }}{% endfor %}\n",
        "{{ paginator.next_url }}{{ page.ancestors.last.url }}\n",
        "{% for t in site.taxonomies.tags.terms %}{{ t.title }}{% endfor %}\n",
        "{{ page.params.a.b | upcase }}{{ site.data | size }}\n",
        "{% include nothing %}\n",
        "{% assign x = page %}{{ x.title }}\n",
        "{% for m in site.menus.main %}{{ m.url | relative_url }}{% endfor %}\n",
        "{{ 'now' | date: '%Y' }}\n",
    ]);
    prop::collection::vec(part, 0..3).prop_map(|parts| parts.concat())
}
