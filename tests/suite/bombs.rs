//! What would take for ever, or all memory, or bring the program down: documents and templates.
//!
//! **Invariant:** each limit that stops one is a diagnostic, and the rest of the site is built.

use std::fs;

use crate::faults::{build_around, site};

#[test]
fn bombs_do_not_go_off() {
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for level in 1..=9 {
        let inner = vec![format!("*a{}", level - 1); 9].join(",");
        bomb.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
    }
    let site = site(&[]);
    site.write("content/bomb.md", format!("---\n{bomb}---\n"));
    site.write("data/bomb.yaml", &bomb);
    site.write("content/deep.md", format!("---\na: {}\n---\n", "[".repeat(100_000)));
    site.write("data/deep.json", "[".repeat(100_000));
    site.write("data/deep.toml", format!("a = {}", "[".repeat(100_000)));
    site.write("templates/bomb.liquid", format!("---\n{bomb}---\n"));
    let run = build_around(&site, 1);
    for file in
        ["content/bomb.md", "data/bomb.yaml", "content/deep.md", "data/deep.json", "data/deep.toml"]
    {
        run.expect(&["error[", "-syntax]", file]);
    }
}

#[test]
fn markdown_may_nest_as_it_likes() {
    let site = site(&[]);
    let nests = [
        "> ".repeat(20_000),
        "[".repeat(50_000),
        "*a **b ".repeat(20_000),
        "- ".repeat(5_000),
        format!("{}x{}", "![".repeat(20_000), "](y.md)".repeat(20_000)),
        "<div>".repeat(20_000),
        "`".repeat(50_001),
        "[a]: b\n".repeat(20_000),
        format!("| {} |\n| {} |\n", "a |".repeat(5_000), "- |".repeat(5_000)),
        "&#x10ffff;".repeat(10_000),
        "[^a]: [^a]\n".repeat(2_000),
    ];
    for (number, nest) in nests.iter().enumerate() {
        site.write(&format!("content/n{number}.md"), nest);
    }
    build_around(&site, 0);
}

#[test]
fn code_may_be_what_the_patterns_of_its_language_are_worst_at() {
    let site = site(&[]);
    let line = |text: &str| format!("{}\n", text.repeat(900 / text.len()));
    let bombs = [
        ("cs", line("a").repeat(2_000)),
        ("md", line("[a](").repeat(1_000)),
        ("json", format!("[{}]\n", "{\"a\": [1]},".repeat(50_000))),
        ("rust", "\n".repeat(60_000)),
        ("rust", "((((((((((\n".repeat(20_000)),
        ("html", "<a <script>{{\n".repeat(20_000)),
        ("no-such", line("x").repeat(1_000)),
    ];
    for (number, (language, code)) in bombs.iter().enumerate() {
        let page = format!("~~~~ {language} {{linenos}}\n{code}~~~~\n");
        site.write(&format!("content/c{number}.md"), page);
    }
    let options = format!("~~~~ rust {{{}\nlet x;\n~~~~\n", "1-9,".repeat(50_000));
    site.write("content/options.md", options);
    site.write("content/many.md", "```rust\nlet x;\n```\n\n".repeat(5_000));
    site.write("content/languages.md", "```x1 y=[\n```\n\n".repeat(5_000));
    build_around(&site, 0);
}

#[test]
fn templates_may_nest_as_they_like() {
    let site = site(&[]);
    let nest =
        |open: &str, close: &str, depth| format!("{}x{}", open.repeat(depth), close.repeat(depth));
    let templates = [
        nest("{% if true %}", "{% endif %}", 2_000),
        nest("{% for i in (1..1) %}", "{% endfor %}", 2_000),
        nest("{% capture x %}", "{% endcapture %}", 500),
        format!("{{{{ x{} }}}}", " | upcase".repeat(5_000)),
        format!("{{{{ x{} }}}}", ".y".repeat(5_000)),
        format!("{{{{ x{} }}}}", "[0]".repeat(5_000)),
        "{".repeat(50_000),
        "{% if".repeat(5_000),
    ];
    for (number, template) in templates.iter().enumerate() {
        site.write(&format!("templates/t{number}.liquid"), template);
        site.write(&format!("content/p{number}.md"), format!("---\nlayout: t{number}\n---\n"));
    }
    build_around(&site, 1);
}

#[test]
fn a_huge_page_is_a_page() {
    let site = site(&[]);
    site.write("content/huge.md", "Some words, *and* more of them.\n\n".repeat(120_000));
    site.write("content/line.md", "word ".repeat(800_000));
    site.write("static/huge.bin", vec![1; 8 << 20]);
    build_around(&site, 0);
    assert!(site.read("huge/index.html").len() > 4 << 20);
    assert_eq!(fs::metadata(site.path("public/huge.bin")).unwrap().len(), 8 << 20);
}

#[test]
fn a_template_that_makes_its_engine_panic_is_an_error_of_its_pages() {
    let site = site(&[
        ("content/a.md", "---\nlayout: parse\n---\n"),
        ("content/b.md", "---\nlayout: over\n---\n"),
        ("content/c.md", "---\nlayout: least\n---\n"),
        ("templates/parse.liquid", "{{ 99999999999999999999999 }}"),
        ("templates/over.liquid", "{{ 9223372036854775807 | plus: 1 }}{{ 1 | divided_by: 0 }}"),
        (
            "templates/least.liquid",
            "{{ -9223372036854775808 | abs }}{{ \"é\" | slice: 1, 9223372036854775807 }}",
        ),
    ]);
    let run = build_around(&site, 1);
    run.expect(&["error[template-syntax]", "templates/parse.liquid"]);
    assert!(!site.path("public/a/index.html").exists());
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
}

#[test]
fn a_template_that_includes_itself_is_an_error_of_its_pages() {
    let site = site(&[
        ("content/a.md", "---\nlayout: self\n---\n"),
        ("content/b.md", "---\nlayout: one\n---\n"),
        ("content/c.md", "---\nlayout: twice\n---\n"),
        ("templates/self.liquid", "{% include \"self\" %}"),
        ("templates/one.liquid", "{% render \"two\" %}"),
        ("templates/two.liquid", "{% render \"one\" %}"),
        ("templates/twice.liquid", "{% include \"twice\" %}{% include \"twice\" %}"),
    ]);
    let run = build_around(&site, 1);
    for file in ["templates/self.liquid", "templates/one.liquid", "templates/twice.liquid"] {
        run.expect(&["error[template-render]", file, "deep"]);
    }
}

/// Each limit that stops a template which would go on for ever, or take all memory.
fn comes_to_an_end(templates: &[(&str, &str)]) {
    let site = site(&[("content/a.md", "---\nlayout: endless\n---\n")]);
    templates.iter().for_each(|(path, text)| site.write(path, text));
    let run = site.build_in_memory(4 << 20);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    run.expect(&["error[template-render]", templates[0].0]);
    assert_eq!(site.read("fine/index.html"), "page Fine\n<p>Text.</p>\n");
}

#[test]
fn an_endless_loop_comes_to_an_end() {
    let text = "{% for i in (1..9000000000000000000) %}{% assign x = i %}{% endfor %}";
    comes_to_an_end(&[("templates/endless.liquid", text)]);
}

#[test]
fn loops_within_loops_come_to_an_end() {
    let text = "{% for i in (1..10000000) %}".repeat(4) + &"{% endfor %}".repeat(4);
    comes_to_an_end(&[("templates/endless.liquid", &text)]);
}

#[test]
fn an_endless_table_comes_to_an_end() {
    let text = "{% tablerow i in (1..9000000000000000) %}{{ i }}{% endtablerow %}";
    comes_to_an_end(&[("templates/endless.liquid", text)]);
}

#[test]
fn a_text_that_doubles_comes_to_an_end() {
    let text = "{% assign x = \"xxxxxxxx\" %}{% for i in (1..60) %}{% assign x = x | append: x %}{% endfor %}";
    comes_to_an_end(&[("templates/endless.liquid", text)]);
}

#[test]
fn an_output_without_end_comes_to_an_end() {
    let text = "{% for i in (1..1000000) %}{% for p in site.pages %}{{ content }}{{ \"x\" | append: \"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\" }}{% for j in (1..100) %}0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789{% endfor %}{% endfor %}{% endfor %}";
    comes_to_an_end(&[("templates/endless.liquid", text)]);
}

#[test]
fn includes_that_branch_without_end_come_to_an_end() {
    let branch = "{% assign m = n | plus: 1 %}{% if n < 40 %}{% render \"branch\", n: m %}{% render \"branch\", n: m %}{% endif %}";
    comes_to_an_end(&[
        ("templates/endless.liquid", "{% render \"branch\", n: 1 %}"),
        ("templates/branch.liquid", branch),
    ]);
}
