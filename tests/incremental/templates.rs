//! Templates: which is found, what it includes and wraps; bodies that are templates.

use crate::edit::Shape;
use crate::recipe::Recipe;

const PAGES: &[(&str, &str)] = &[
    ("content/docs/a.md", "---\ntitle: A\n---\nText.\n"),
    ("content/docs/b.md", "---\ntitle: B\nbox: box\n---\nText.\n"),
    ("content/c.md", "---\ntitle: C\ntags: x\n---\nText.\n"),
];

fn with(files: &[(&str, &str)]) -> Recipe {
    Recipe::new(&[PAGES, files].concat())
}

#[test]
fn a_template_is_for_its_pages() {
    with(&[])
        .write("templates/page.liquid", "new {{ page.title }}")
        .build()
        .rewrites(3)
        .write("templates/term.liquid", "new {{ page.title }}")
        .build()
        .rewrites(1)
        .write("templates/nobody.liquid", "{{ page.title }}")
        .build()
        .rewrites(0);
}

#[test]
fn a_sections_template_stands_before_the_general_one() {
    with(&[])
        .write("templates/docs/page.liquid", "docs {{ page.title }}")
        .build()
        .rewrites(2)
        .write("templates/tags/term.liquid", "tag {{ page.title }}")
        .build()
        .rewrites(1)
        .remove("templates/docs")
        .build()
        .rewrites(2)
        .shows("docs/a/index.html", "page A");
}

#[test]
fn a_type_looks_for_the_template_of_another_section() {
    with(&[("templates/notes/page.liquid", "note {{ page.title }}")])
        .write("content/c.md", "---\ntitle: C\ntags: x\ntype: notes\n---\n")
        .build()
        .rewrites(1)
        .remove("templates/notes")
        .build()
        .rewrites(1);
}

#[test]
fn what_is_included_two_deep() {
    with(&[
        ("templates/page.liquid", "{% include one %}"),
        ("templates/partials/one.liquid", "{% render 'two', title: page.title %}"),
        ("templates/partials/two.liquid", "two {{ title }}"),
    ])
    .write("templates/partials/two.liquid", "changed {{ title }}")
    .build()
    .rewrites(3);
}

#[test]
fn an_include_that_was_missing_comes() {
    with(&[("templates/docs/page.liquid", "{% include box %}")])
        .write("templates/partials/box.liquid", "box of {{ page.title }}")
        .build()
        .ends_with(0)
        .rewrites(2)
        .write("templates/box.liquid", "nearer box")
        .build()
        .shows("docs/a/index.html", "nearer box")
        .remove("templates/box.liquid")
        .remove("templates/partials/box.liquid")
        .build()
        .ends_with(1)
        .lacks("docs/a/index.html");
}

#[test]
fn an_include_whose_name_is_a_value() {
    let page =
        "{{ page.title }}{% if page.params.box %}{% include {{ page.params.box }} %}{% endif %}";
    with(&[("templates/page.liquid", page)])
        .write("templates/partials/box.liquid", "!")
        .build()
        .ends_with(0)
        .shows("docs/b/index.html", "B!")
        .write("content/docs/b.md", "---\ntitle: B\nbox: other\n---\nText.\n")
        .build()
        .ends_with(1);
}

#[test]
fn layouts_wrap_layouts() {
    with(&[
        ("templates/page.liquid", "---\nlayout: inner\n---\n{{ page.title }}"),
        ("templates/inner.liquid", "---\nlayout: outer\n---\n({{ content }})"),
        ("templates/outer.liquid", "<{{ content }}>"),
    ])
    .write("templates/outer.liquid", "[{{ content }}]")
    .build()
    .rewrites(3)
    .shows("c/index.html", "[(C)]")
    .write("templates/inner.liquid", "({{ content }})")
    .build()
    .rewrites(3)
    .write("templates/outer.liquid", "unused")
    .build()
    .rewrites(0);
}

#[test]
fn a_layout_is_missing_wraps_itself_and_is_right() {
    with(&[("templates/page.liquid", "---\nlayout: outer\n---\n{{ page.title }}")])
        .write("templates/outer.liquid", "<{{ content }}>")
        .build()
        .rewrites(3)
        .write("templates/outer.liquid", "---\nlayout: page\n---\n<{{ content }}>")
        .build()
        .ends_with(1)
        .remove("templates/outer.liquid")
        .build()
        .ends_with(0);
}

#[test]
fn a_template_is_wrong_and_its_pages_are_gone_until_it_is_right() {
    with(&[])
        .write("templates/page.liquid", "{% if %}")
        .build()
        .ends_with(1)
        .lacks("c/index.html")
        .write("content/c.md", "---\ntitle: Z\n---\n")
        .build()
        .write("templates/page.liquid", "{{ page.title }}")
        .build()
        .ends_with(0)
        .shows("c/index.html", "Z");
}

#[test]
fn one_fault_of_a_template_on_many_pages_is_counted() {
    let page = "{% if page.params.box %}{{ 1 | divided_by: 0 }}{% endif %}{{ page.title }}";
    let boxed = |title: &str| format!("---\ntitle: {title}\nbox: box\n---\n");
    with(&[("templates/page.liquid", page)])
        .write("content/docs/a.md", &boxed("A"))
        .build()
        .write("content/c.md", &boxed("C"))
        .build()
        .remove("content/docs/a.md")
        .build()
        .write("content/docs/b.md", "---\ntitle: B\n---\n")
        .build()
        .ends_with(1)
        .write("content/c.md", "---\ntitle: C\n---\n")
        .build()
        .ends_with(0);
}

#[test]
fn names_that_strict_mode_misses() {
    let strict = Shape { strict: true, ..Shape::default() };
    with(&[("templates/page.liquid", "{{ page.params.color }} {{ site.params.mood }}")])
        .shape(strict)
        .build()
        .ends_with(1)
        .write("content/c.md", "---\ntitle: C\ncolor: red\n---\n")
        .build()
        .write("bengal.yaml", "params: {mood: good}\n")
        .build()
        .shape(Shape::default())
        .build()
        .ends_with(0);
}

#[test]
fn a_theme_stands_behind_the_site() {
    with(&[
        ("themes/t/templates/docs/page.liquid", "theme {{ page.title }}"),
        ("themes/t/templates/partials/foot.liquid", "theme's foot"),
        ("themes/t/static/t.css", "theme"),
        ("templates/docs/section.liquid", "{% include foot %}"),
    ])
    .write("bengal.yaml", "theme: t\n")
    .build()
    .shows("docs/a/index.html", "theme A")
    .write("templates/partials/foot.liquid", "own foot")
    .build()
    .rewrites(1)
    .write("static/t.css", "own")
    .build()
    .rewrites(1)
    .remove("static/t.css")
    .write("themes/t/templates/docs/page.liquid", "theme's {{ page.title }}")
    .build()
    .rewrites(3)
    .write("bengal.yaml", "")
    .build()
    .lacks("t.css")
    .shows("docs/a/index.html", "page A");
}

#[test]
fn the_embedded_theme_goes_with_its_base() {
    Recipe::bare(PAGES)
        .write("templates/base.liquid", "{{ content }}")
        .build()
        .lacks("style.css")
        .write("templates/partials/footer.liquid", "foot")
        .build()
        .remove("templates/base.liquid")
        .build()
        .shows("c/index.html", "foot");
}

#[test]
fn the_embedded_theme_shows_what_changes() {
    Recipe::bare(PAGES)
        .write("content/docs/a.md", "---\ntitle: Other\n---\n## Part\n\n```rust\nfn x() {}\n```\n")
        .build()
        .write("content/docs/_index.md", "---\ntitle: Guide\nmenu: main\n---\n")
        .build()
        .write("bengal.yaml", "title: Mine\nmarkdown: {highlight: {dark: Nord}}\n")
        .build()
        .remove("content/docs/a.md")
        .build();
}

#[test]
fn a_body_that_is_a_template_sees_other_pages() {
    let body = "---\ntitle: C\nliquid: true\n---\n{% for p in site.pages %}{{ p.title }}{{ p.summary }}{% endfor %}\n";
    with(&[])
        .write("content/c.md", body)
        .build()
        .write("content/docs/a.md", "---\ntitle: Alpha\n---\nNew.\n")
        .build()
        .rewrites(2)
        .shows("c/index.html", "Alpha")
        // Of a body that is a template, no other sees a summary.
        .write("content/docs/a.md", "---\ntitle: Alpha\nliquid: true\n---\nNew.\n")
        .build();
}

#[test]
fn a_summary_of_a_body_that_is_a_template() {
    let home = "{% for p in site.pages %}{{ p.summary }}{% endfor %}";
    let body = "---\ntitle: C\nliquid: true\n---\n{{ site.data.a.value }} {% include note %}\n";
    with(&[("templates/home.liquid", home), ("templates/partials/note.liquid", "note")])
        .write("content/c.md", body)
        .build()
        .write("data/a.yaml", "value: shown\n")
        .build()
        .rewrites(2)
        .shows("index.html", "shown note")
        .write("templates/partials/note.liquid", "remark")
        .build()
        .rewrites(2);
}

#[test]
fn a_file_beside_the_page_is_missing_comes_and_goes() {
    let body = "---\ntitle: D\nliquid: true\n---\n{% include_relative part.txt %}\n";
    with(&[("content/docs/d.md", body)])
        .write("content/docs/part.txt", "The part of {{ page.title }}.\n")
        .build()
        .ends_with(0)
        .shows("docs/d/index.html", "The part of D.")
        .write("content/docs/part.txt", "Another.\n")
        .build()
        .rewrites(2)
        .remove("content/docs/part.txt")
        .build()
        .ends_with(1);
}

#[test]
fn a_tag_links_to_what_comes_and_goes() {
    let body = "---\ntitle: D\nliquid: true\n---\n{% link docs/e.md %} {% post_url f %}\n";
    with(&[("content/d.md", body)])
        .write("content/docs/e.md", "e\n")
        .build()
        .write("content/docs/f.md", "f\n")
        .build()
        .ends_with(0)
        .shows("d/index.html", "/docs/e/ /docs/f/")
        .rename("content/docs/f.md", "content/f.md")
        .build()
        .shows("d/index.html", "/docs/e/ /f/")
        .remove("content/f.md")
        .build()
        .ends_with(1);
}

#[test]
fn a_body_becomes_a_template_and_plain_again() {
    with(&[])
        .write("content/c.md", "---\ntitle: C\n---\n{{ page.title }} {{ site.pages | size }}\n")
        .build()
        .write("bengal.yaml", "markdown: {liquid: true}\n")
        .build()
        .shows("c/index.html", "C 3")
        .write("content/c.md", "---\ntitle: C\nliquid: false\n---\n{{ page.title }}\n")
        .build()
        .write("bengal.yaml", "")
        .build()
        .shows("c/index.html", "{{ page.title }}");
}

#[test]
fn markdown_that_a_template_makes_links_to_pages() {
    with(&[("templates/page.liquid", "{{ '[a](/docs/a.md)' | markdownify }}")])
        .write("content/docs/a.md", "---\nslug: z\n---\n")
        .build()
        .rewrites(5)
        .remove("content/docs/a.md")
        .build();
}
