//! The embedded theme: what no golden site is large enough to show.

use crate::support::Site;

/// A site with the pages `page 1` … of each folder.
fn site(config: &str, folders: &[(&str, usize)]) -> Site {
    let site = Site::bare(&[("bengal.yaml", config)]);
    for (folder, pages) in folders {
        for page in 1..=*pages {
            let text = format!("---\ntitle: Page {page}\nweight: {page}\n---\nText.\n");
            site.write(&format!("content/{folder}/p{page}.md"), text);
        }
    }
    site
}

/// The side navigation of the page at `path` in the output.
fn side(site: &Site, path: &str) -> String {
    let html = String::from_utf8(site.output()[path].clone()).unwrap();
    let (_, side) = html.split_once("<nav class=\"side\"").unwrap_or_else(|| panic!("{html}"));
    side.split("</nav>").next().unwrap().to_owned()
}

#[test]
fn the_side_navigation_of_a_large_section_is_short_and_has_the_page_in_it() {
    let site = site("strict: true\n", &[("docs", 100), ("docs/below", 2)]);
    let run = site.build(&[]);
    assert_eq!((run.code, run.diagnostics()), (Some(0), Vec::new()));
    for (page, from, to) in [(1, 1, 40), (20, 1, 40), (70, 50, 89), (100, 61, 100)] {
        let side = side(&site, &format!("docs/p{page}/index.html"));
        assert!(side.contains(&format!("href=\"/docs/p{page}/\" aria-current=\"page\"")), "{side}");
        let shown = |page: &usize| side.contains(&format!("href=\"/docs/p{page}/\""));
        assert_eq!((1..=100).filter(shown).collect::<Vec<_>>(), (from..=to).collect::<Vec<_>>());
        assert!(side.contains("href=\"/docs/below/\"") && side.contains(">All of Docs<"), "{side}");
    }
}

#[test]
fn the_side_navigation_is_open_along_the_way_to_the_page() {
    let folders = [("a", 1), ("a/b", 1), ("a/b/c", 1), ("a/d", 1), ("e", 1)];
    let site = site("strict: true\n", &folders);
    assert_eq!(site.build(&[]).code, Some(0));
    let side = side(&site, "a/b/c/index.html");
    let shown = ["a", "a/p1", "a/b", "a/b/p1", "a/b/c", "a/b/c/p1", "a/d"];
    for url in shown.map(|path| format!("href=\"/{path}/\"")) {
        assert_eq!(side.matches(&url).count(), 1, "{url} in {side}");
    }
    assert_eq!(side.matches("<li>").count() + 1, shown.len(), "{side}");
    assert_eq!(side.matches("aria-current").count(), 1, "{side}");
}

#[test]
fn nothing_is_asked_of_another_server() {
    let config = "title: T\nbase_url: https://example.org/sub\n";
    let site = site(config, &[("docs", 3)]);
    assert_eq!(site.build(&[]).code, Some(0));
    for (path, bytes) in site.output() {
        let text = String::from_utf8(bytes).unwrap();
        let fetched = ["src=\"", "url(", "@import", "rel=\"stylesheet\" href=\"", "fetch("];
        for rest in fetched.iter().flat_map(|start| text.split(start).skip(1)) {
            assert!(rest.starts_with("/sub/"), "{path}: {:.80}", rest);
        }
    }
}

#[test]
fn what_an_author_writes_is_text_in_every_place() {
    let evil = "\"'><x-evil>&amp;";
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let text = quoted(&format!("T {evil}"));
    let config = [
        format!("title: {text}\ndescription: {text}\nauthor: {text}\nlanguage: {text}"),
        "base_url: https://example.org/sub\npagination: {page_size: 2}".to_owned(),
        format!("menus: {{main: [{{name: {text}, url: {}}},", quoted(&format!("/m{evil}"))),
        format!("  {{name: {text}, url: {}, identifier: n}},", quoted(&format!("https://m{evil}"))),
        format!("  {{name: {text}, url: {}, parent: n}}]}}", quoted(&format!("/n{evil}"))),
        format!(
            "params: {{edit_url: {text}, repository_url: {text}, stylesheet: {text}, image: {text}}}"
        ),
    ];
    let site = site(&config.join("\n"), &[("a", 1)]);
    let front = format!(
        "title: {text}\ndescription: {text}\ntags: [{text}]\ncategories: [{text}]\nimage: {text}"
    );
    site.write("content/docs/_index.md", format!("---\n{front}\n---\n"));
    for page in 1..=3 {
        let fence = format!("```{evil} title={text} {{1}}\n{evil}\n```\n");
        let head = format!("---\n{front}\ndate: 2020-01-0{page}\n---\nLine\nby line `{evil}`.\n");
        site.write(
            &format!("content/docs/it's {page} & #%.md"),
            format!("{head}\n## `{evil}`\n\n## B\n\n{fence}"),
        );
    }
    site.write("content/docs/url.md", format!("---\n{front}\nurl: /a&lt;b/it's/\n---\n"));
    let run = site.build(&[]);
    assert_eq!((run.code, run.diagnostics()), (Some(0), Vec::new()));
    let mut pages = 0;
    for (path, bytes) in site.output() {
        let Some(html) = String::from_utf8(bytes).ok().filter(|_| path.ends_with(".html")) else {
            continue;
        };
        assert!(!html.contains("<x-evil") && !html.contains("evil>&amp;\""), "{path}: {html}");
        assert!(!html.contains("href=\"/sub/a&lt;b/"), "{path}: {html}");
        pages += 1;
    }
    assert!(pages > 10, "{pages}");
    let page = site.read("docs/its-1/index.html");
    assert!(page.contains("content=\"T &quot;&#39;&gt;&lt;x-evil&gt;&amp;amp;\""), "{page}");
    assert!(page.contains("docs/it%27s%201%20%26%20%23%25.md\">Edit this page"), "{page}");
}

#[test]
fn a_description_made_of_the_text_has_spaces_where_its_lines_end() {
    let site = Site::bare(&[("content/a.md", "One\ntwo  \n*three* & four.\n\nNo more.\n")]);
    assert_eq!(site.build(&[]).code, Some(0));
    let page = site.read("a/index.html");
    assert!(page.contains("content=\"One two three &amp; four.\""), "{page}");
}
