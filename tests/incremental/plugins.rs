//! Plugins: those that bengal has, and libraries.

use crate::recipe::Recipe;

const PAGES: &[(&str, &str)] = &[
    ("content/docs/a.md", "---\ntitle: Ada A\n---\nSome text.\n"),
    ("content/b.md", "---\ntitle: B\n---\nText.\n"),
];

fn with(config: &str, files: &[(&str, &str)]) -> Recipe {
    Recipe::new(&[PAGES, files, &[("bengal.yaml", config)]].concat())
}

#[test]
fn a_sitemap_knows_what_is_there() {
    with("base_url: https://x.org\n", &[])
        .write("content/docs/a.md", "---\ntitle: Ada A\n---\nOther text.\n")
        .build()
        .rewrites(1)
        .write("content/c.md", "---\ntitle: C\nupdated: 2023-01-01\n---\n")
        .build()
        .shows("sitemap.xml", "https://x.org/c/")
        .write("content/c.md", "---\ntitle: C\nupdated: 2023-01-02\n---\n")
        .build()
        .rewrites(1)
        .shows("sitemap.xml", "2023-01-02")
        .write("content/c.md", "---\ntitle: C\nsitemap: false\n---\n")
        .build()
        .remove("content/b.md")
        .build();
}

#[test]
fn a_site_has_robots_of_its_own() {
    with("base_url: https://x.org\n", &[])
        .write("static/robots.txt", "own\n")
        .build()
        .shows("robots.txt", "own")
        .remove("static/robots.txt")
        .build()
        .shows("robots.txt", "Sitemap:");
}

#[test]
fn options_of_a_plugin_change() {
    let config = |paths: &str| {
        format!(
            "base_url: https://x.org\nplugins: [{{name: robots, options: {{disallow: {paths}}}}}]\n"
        )
    };
    with(&config("[/docs/]"), &[])
        .write("bengal.yaml", &config("[/docs/, /b/]"))
        .build()
        .rewrites(1)
        .shows("robots.txt", "/b/")
        .write("bengal.yaml", &config("[none]"))
        .build()
        .ends_with(2)
        .write(
            "bengal.yaml",
            "base_url: https://x.org\nplugins: [{name: sitemap, enabled: false}]\n",
        )
        .build()
        .lacks("sitemap.xml");
}

#[test]
fn filters_and_tags_of_a_library() {
    let page = "{{ page.title | initials }}{% badge 'new' %}";
    with("plugins: [{path: '@BADGES@'}]\n", &[("templates/page.liquid", page)])
        .write("content/docs/a.md", "---\ntitle: Ada B C\n---\nSome text.\n")
        .build()
        .rewrites(1)
        .shows("docs/a/index.html", "ABC")
        .write("bengal.yaml", "")
        .build()
        .ends_with(1)
        .lacks("docs/a/index.html");
}

#[test]
fn a_stage_of_a_library_warns_of_pages_that_do_not_change() {
    let page = "{{ page.params.word_goal }}";
    let config =
        |words: u8| format!("plugins: [{{path: '@WORD_GOAL@', options: {{words: {words}}}}}]\n");
    with(&config(4), &[("templates/page.liquid", page)])
        .write("content/b.md", "---\ntitle: B\n---\nText, more of it than before.\n")
        .build()
        .rewrites(1)
        .shows("docs/a/index.html", "50")
        .write("bengal.yaml", &config(8))
        .build()
        .shows("docs/a/index.html", "25")
        .remove("bengal.yaml")
        .build();
}

#[test]
fn a_library_makes_pages_of_a_file() {
    let config = "plugins: [{path: '@CSV_PAGES@', options: {file: '@SITE@/rows.csv'}}]\n";
    let rows = "name,title,tags,body\nr1,One,x,Text one.\nr2,Two,y,Text two.\n";
    with(config, &[("rows.csv", rows), ("content/c.md", "[one](rows/r1.md)\n")])
        .write("rows.csv", &rows.replace("Text one", "Other text"))
        .build()
        .rewrites(1)
        .shows("rows/r1/index.html", "Other text.")
        .write("rows.csv", "name,title,tags,body\nr2,Two,x,Text two.\n")
        .build()
        .lacks("rows/r1/index.html")
        .remove("rows.csv")
        .build()
        .ends_with(3)
        .write("rows.csv", rows)
        .build()
        .ends_with(0);
}

#[test]
fn values_and_templates_of_a_library() {
    let page = "{% include report_note %}{{ page.title }}";
    with("plugins: [{path: '@BUILD_REPORT@'}]\n", &[("templates/page.liquid", page)])
        .write("templates/report_note.liquid", "own note ")
        .build()
        .rewrites(2)
        .remove("templates/report_note.liquid")
        .build()
        .shows("b/index.html", "reported by");
}
