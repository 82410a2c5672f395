//! What random sites are made of. Names are few, so that look-ups find something, miss, and find it later.

/// Folders of pages.
pub const FOLDERS: &[&str] = &["", "docs/", "docs/deep/", "blog/", "notes/"];

/// Names of pages in them.
pub const NAMES: &[&str] =
    &["p0.md", "p1.md", "p2.md", "p3.md", "p4.md", "p5/index.md", "p6/index.md"];

/// Files that are no pages.
pub const FILES: &[&str] = &[
    "content/docs/p5/pic.txt",
    "content/blog/p6/pic.txt",
    "content/docs/part.md.txt",
    "content/notes/loose.txt",
    "static/site.css",
    "static/docs/extra.txt",
    "static/docs/p1/index.html",
    "static/robots.txt",
    "themes/t1/static/site.css",
    "themes/t1/static/theme.js",
];

pub const TITLES: &[&str] =
    &["Alpha", "Beta", "Gamma", "Delta", "alpha", "'1.10'", "\"Zeta: & <z>\"", "Épsilon", "''"];

/// Front matter: fields, and values that they may have.
pub const FIELDS: &[(&str, &[&str])] = &[
    ("title", TITLES),
    ("title", TITLES),
    (
        "date",
        &["2023-01-02", "2023-05-01", "2023-11-20", "2024-03-01", "2023-11-14T23:00:00+01:00"],
    ),
    ("date", &["2023-01-02", "2022-07-01", "2021-02-03"]),
    ("weight", &["1", "2", "3", "-1", "heavy"]),
    ("tags", &["[x]", "[x, y]", "[y]", "[X, z]", "z", "['C', 'C#']", "[]"]),
    ("tags", &["[x]", "[x, y]", "[y, z]"]),
    ("categories", &["[news]", "[news, old]"]),
    ("topics", &["[one]", "[two, one]"]),
    ("draft", &["true", "false", "yes"]),
    ("expiry", &["2023-11-01", "2024-01-01", "2023-11-16"]),
    ("updated", &["2023-06-01", "2023-07-01"]),
    ("description", &["Said of it.", "Said otherwise."]),
    ("summary", &["A summary.", "Another summary."]),
    ("slug", &["s", "t", "A B"]),
    ("url", &["/u/", "/docs/u/", "/u.txt", "/../out"]),
    ("aliases", &["/old/", "[/old/, /older/]", "/docs/p1/", "near"]),
    ("layout", &["special", "plain", "nowhere", "page"]),
    ("type", &["blog", "notes"]),
    ("liquid", &["true", "false"]),
    ("liquid", &["true"]),
    ("menu", &["main", "{main: {weight: 2}}", "{main: {parent: Top}}", "[main, footer]"]),
    ("toc", &["false", "true"]),
    (
        "params",
        &["{color: red}", "{color: blue, box: box}", "{box: card, text: '*a* [p](/docs/p1.md)'}"],
    ),
    ("color", &["red", "green"]),
    ("key", &["people", "deep", "extra"]),
    ("pagination", &["{page_size: 1}", "{page_size: 2}"]),
    ("sitemap", &["false"]),
];

/// What sections hand down.
pub const CASCADES: &[&str] = &[
    "{draft: true}",
    "{tags: [x]}",
    "{weight: 5}",
    "{color: blue}",
    "{layout: special}",
    "{date: 2023-03-03}",
    "{type: notes}",
    "{description: Handed down.}",
    "[{tags: z}, {params: {color: green}}]",
    "{expiry: 2023-11-16}",
];

/// Parts of bodies.
pub const BODY: &[&str] = &[
    "# Heading one\n\n",
    "## Part\n\n",
    "### Below\n\n",
    "Some text *here*.\n\n",
    "Other text, of some more words than that.\n\n",
    "<!--more-->\n\n",
    "[one](/docs/p1.md)\n\n",
    "[beside](p2.md#part)\n\n",
    "[up](../_index.md) [deep](/docs/deep/p0.md)\n\n",
    "[bundle](/docs/p5/index.md) ![pic](pic.txt)\n\n",
    "[missing](/docs/none.md)\n\n",
    "[file](/site.css)\n\n",
    "<b>raw</b>\n\n",
    "- a\n- b\n\n",
    "\"quoted\" -- text...\n\n",
    "```rust\nfn main() {}\n```\n\n",
    "{{ page.title }} by {{ site.title }}\n\n",
    "{% for p in site.pages limit: 3 %}{{ p.title }}, {% endfor %}\n\n",
    "{{ page.next.summary }}{{ page.previous.title }}\n\n",
    "{% include card.html label='body' %}\n\n",
    "{% include_relative part.md.txt %}\n\n",
    "{% link docs/p1.md %} {% post_url p2 %}\n\n",
    "{{ site.data.people.ann.age }} {{ site.data[page.params.key] | size }}\n\n",
    "{% assign r = site.pages | where: 'params.color', 'red' %}{{ r | map: 'title' | join: ', ' }}\n\n",
];

/// Parts of templates that can stand in any.
pub const PARTS: &[&str] = &[
    "{{ page.title }} {{ page.kind }} {{ page.url }} {{ page.permalink }}\n",
    "{{ page.date | date: '%Y-%m-%d' }} {{ page.updated }} {{ page.description }}\n",
    "{{ page.summary }} {{ page.word_count }} {{ page.reading_time }}\n",
    "{% for h in page.toc %}{{ h.id }} {{ h.children | size }};{% endfor %}\n",
    "{{ page.tags | join: ',' }} {% for t in page.taxonomies.tags %}{{ t.url }} {% endfor %}\n",
    "{{ page.params.color }} {{ page.params.text | markdownify }}\n",
    "{{ page.previous.title }} < {{ page.next.title }} {{ page.next.url }}\n",
    "{{ page.next.summary }} {{ page.previous.word_count }}\n",
    "{{ page.section.title }} {{ page.ancestors | map: 'title' | join: ' > ' }}\n",
    "{% for p in page.nearby %}{{ p.title }} {% endfor %}\n",
    "{% for r in page.resources %}{{ r.name }} {{ r.url }} {% endfor %}\n",
    "{% for p in page.pages %}{{ p.title }} {{ p.url }}\n{% endfor %}",
    "{% for p in page.pages %}{{ p.summary }} {{ p.params.color }}\n{% endfor %}",
    "{{ page.pages.first.content }}\n",
    "{% for s in page.sections %}{{ s.title }} {{ s.pages | size }} {% endfor %}\n",
    "{% for t in page.terms %}{{ t.title }} {{ t.pages | size }} {{ t.pages.first.title }} {% endfor %}\n",
    "{% for p in paginator.pages %}{{ p.title }} {% endfor %}{{ paginator.next_url }}\n",
    "{{ site.title }} {{ site.base_url }} {{ site.author }} {{ site.params.mood }} {{ site.language }}\n",
    "{% for p in site.pages limit: 2 %}{{ p.title }} {% endfor %}\n",
    "{{ site.pages | size }} {{ site.pages.first.date }} {{ site.pages.last.url }}\n",
    "{% assign l = site.pages | where: 'kind', 'page' | sort: 'title' %}{% for p in l limit: 3 %}{{ p.url }} {% endfor %}\n",
    "{% assign l = site.pages | where_exp: 'p', 'p.params.color == page.params.color' %}{{ l | map: 'title' | join: '-' }}\n",
    "{% assign l = site.pages | where_exp: 'p', \"p.tags contains 'x'\" | sort: 'weight' %}{{ l | map: 'url' | join: ' ' }}\n",
    "{% assign g = site.pages | group_by: 'section.title' %}{% for x in g %}{{ x.name }}: {{ x.items | size }} {% endfor %}\n",
    "{% assign f = site.pages | find: 'url', '/docs/p1/' %}{{ f.title }} {{ f.word_count }}\n",
    "{{ site.pages | sample: 1 | map: 'title' }}\n",
    "{% for s in site.sections %}{{ s.title }} {{ s.pages.first.title }} {% endfor %}\n",
    "{% for t in site.taxonomies.tags.terms %}{{ t.title }} {{ t.url }} {{ t.pages | size }} {% endfor %}\n",
    "{{ site.taxonomies.topics.url }} {{ site.taxonomies.topics.terms | size }}\n",
    "{% for e in site.menus.main %}{{ e.name }} {{ e.url }}{% for c in e.children %} +{{ c.name }}{% endfor %}; {% endfor %}\n",
    "{{ site.menus.footer | size }}\n",
    "{{ site.data.people.ann.age }} {{ site.data.deep.inner.list | join: ',' }}\n",
    "{% for pair in site.data %}{{ pair[0] }} {% endfor %}{{ site.data.rows[0].name }}\n",
    "{{ site.data.extra.value | default: 'no extra' }} {{ site.data[page.params.key] | size }}\n",
    "{{ 'now' | date: '%Y-%m-%d' }}\n",
    "{{ '/site.css' | relative_url }} {{ '/x' | absolute_url }} {{ site.highlight_css }}\n",
    "{% include card.html label=page.title %}\n",
    "{% render 'item', item: page %}\n",
    "{% for p in page.pages %}{% render 'item', item: p %}{% endfor %}\n",
    "{% if page.params.box %}{% include {{ page.params.box }} %}{% endif %}\n",
    "{{ undefined_name }} {{ page.params.none.such }}\n",
    "{% if page.params.color == 'green' %}{% link docs/p1.md %}{% endif %}\n",
    "{% if page.weight == 3 %}{{ 1 | divided_by: 0 }}{% endif %}\n",
    "{{ page.content | strip_html | truncatewords: 3 }}\n",
];

/// Parts of templates that are wrong until something else is there.
pub const RISKY: &[&str] = &[
    "{% include box %}\n",
    "{% post_url p3 %}\n",
    "{% link notes/p4.md %}\n",
    "{{ page.title | initials }} {% badge 'new' %}\n",
    "{% include report_note %}\n",
    "{% if page.title %}\n",
];

/// Templates by name, and what always stands in them.
pub const TEMPLATES: &[(&str, &str)] = &[
    ("templates/home.liquid", ""),
    ("templates/section.liquid", ""),
    ("templates/page.liquid", "{{ page.content }}"),
    ("templates/taxonomy.liquid", ""),
    ("templates/term.liquid", "{% for p in page.pages %}{{ p.title }} {% endfor %}"),
    ("templates/404.liquid", ""),
];

/// Templates that may stand besides: layouts, those of one section, partials, and the theme's.
pub const MORE_TEMPLATES: &[&str] = &[
    "templates/base.liquid",
    "templates/special.liquid",
    "templates/plain.liquid",
    "templates/docs/page.liquid",
    "templates/docs/section.liquid",
    "templates/blog/page.liquid",
    "templates/tags/term.liquid",
    "templates/tags/taxonomy.liquid",
    "templates/partials/box.liquid",
    "templates/partials/card.html.liquid",
    "templates/partials/item.liquid",
    "templates/card.html.liquid",
    "themes/t1/templates/page.liquid",
    "themes/t1/templates/notes/page.liquid",
    "themes/t1/templates/partials/box.liquid",
    "themes/t1/templates/partials/item.liquid",
];

/// Layouts that templates name.
pub const LAYOUTS: &[&str] = &["base", "special", "plain", "nowhere"];

/// Partials that are there from the start, as other templates need them.
pub const PARTIALS: &[(&str, &str)] = &[
    ("templates/partials/card.html.liquid", "[{{ include.label }} {{ page.title }}]\n"),
    ("templates/partials/item.liquid", "({{ item.title }} {{ item.summary }})\n"),
];

/// Data files, and texts that they may have.
pub const DATA: &[(&str, &[&str])] = &[
    ("data/people.yaml", &["ann: {age: 30}\n", "ann: {age: 31}\nbob: {age: 9}\n", "ann: [\n"]),
    ("data/deep/inner.json", &["{\"list\": [1, 2]}", "{\"list\": [3]}", "{\"list\": "]),
    ("data/extra.toml", &["value = 'toml'\n", "value = 'other'\n"]),
    ("data/extra.yaml", &["value: yaml\n"]),
    ("data/rows.csv", &["name,age\nann,1\n", "name,age\nbob,2\ncy,3\n", "name\nann,1\n"]),
    ("data/deep.yaml", &["inner: {list: [9]}\n"]),
    (
        "rows.csv",
        &["name,title,body\nr1,Row one,Text one.\n", "name,title,body\nr2,Row two,Text.\n", "no\n"],
    ),
];

/// The configuration: keys, and values that they may have.
pub const CONFIG: &[(&str, &[&str])] = &[
    ("title", &["Site", "Other site"]),
    ("author", &["Ada", "Bob"]),
    ("base_url", &["https://x.org", "https://x.org/sub", "/sub"]),
    ("ugly_urls", &["true", "false"]),
    ("timezone", &["Europe/Berlin", "Pacific/Kiritimati"]),
    ("language", &["de", "en"]),
    ("strict", &["true", "false"]),
    ("theme", &["t1"]),
    (
        "markdown",
        &[
            "{unsafe_html: true}",
            "{smart_punctuation: true, highlight: false}",
            "{liquid: true}",
            "{highlight: {line_numbers: true}}",
        ],
    ),
    (
        "taxonomies",
        &["{tags: {}, topics: {}}", "{tags: {pagination: {page_size: 1}}}", "{topics: {}}"],
    ),
    ("pagination", &["{page_size: 1}", "{page_size: 2}"]),
    ("permalinks", &["{docs: '/:year/:slug/'}", "{blog: '/b/:filename/', '': '/p/:title/'}"]),
    (
        "menus",
        &[
            "{main: [{name: Top, url: /top/}]}",
            "{main: [{name: Top, url: /docs/, weight: 1}], footer: []}",
        ],
    ),
    ("params", &["{mood: good}", "{mood: bad, box: 1}"]),
    ("nonsense", &["1"]),
    ("plugins", PLUGINS),
];

/// Plugins that are linked in, and none other.
pub const PLUGINS: &[&str] = &[
    "[{name: robots, options: {disallow: [/docs/]}}]",
    "[{name: robots, options: {disallow: [/blog/, /notes/]}}, {name: sitemap, enabled: false}]",
    "[{name: sitemap, enabled: false}]",
    "[{name: nothing}]",
];

/// Plugins among which are libraries.
pub const LIBRARIES: &[&str] = &[
    "[{path: '@BADGES@'}]",
    "[{path: '@WORD_GOAL@', options: {words: 6}}]",
    "[{path: '@WORD_GOAL@', options: {words: 9}}, {path: '@BUILD_REPORT@'}]",
    "[{path: '@CSV_PAGES@', options: {file: '@SITE@/rows.csv'}}]",
    "[{path: '@CSV_PAGES@', options: {file: '@SITE@/rows.csv', section: docs}}, {path: '@BADGES@'}]",
];

/// Moments that count as now: between them pages come and expire.
pub const MOMENTS: &[i64] =
    &[1_690_000_000, 1_700_000_000, 1_700_200_000, 1_701_000_000, 1_710_000_000];
