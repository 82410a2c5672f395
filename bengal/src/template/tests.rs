//! Templates rendered against plain values: what bengal's own tags, scopes and filters do.

use bengal_liquid::date::Date;
use bengal_liquid::host::NoSite;
use bengal_liquid::render::Scene;
use bengal_liquid::value::{Object, Value};
use bengal_liquid::watch::Watch;
use serde_json::json;

use super::{TemplateSource, Templates};
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic};

/// The names of a page that is none of a site's.
#[derive(Debug)]
struct Names(Value<'static>);

impl Object for Names {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.0.field(name)
    }

    fn names<'s>(&'s self, _each: &mut dyn FnMut(&'s str)) {}
}

fn source((name, text): &(&str, &str)) -> TemplateSource {
    let (name, text) = ((*name).to_owned(), (*text).to_owned());
    TemplateSource { file: name.clone(), name, text }
}

/// What the template `t` of `sources` gives with a page of a few fields; and what was wrong.
fn rendered(sources: &[(&str, &str)]) -> (String, Vec<Diagnostic>) {
    let page = json!({
        "title": "T",
        "list": [1, 2, 3],
        "items": [{"n": "a"}, {"n": "b"}],
        "empty": [],
    });
    let names = Names(Value::from_json(&json!({"page": page, "content": "C"})));
    let site = Names(Value::from_json(&json!({"site": {"title": "S"}})));
    let config = Config { base_url: "https://e.org/sub".into(), strict: true, ..Config::default() };
    let mut reports = Vec::new();
    let templates = Templates::new(
        sources.iter().map(source).collect(),
        &config,
        super::Additions::default(),
        &mut reports,
    );
    assert_eq!(reports, []);
    let scene = Scene {
        lasting: &site,
        globals: &names,
        partials: &templates,
        memo: None,
        now: Date::default(),
        zone: &config.timezone,
        seed: "",
        host: &NoSite,
        watch: Watch::NONE,
        strict: true,
    };
    let mut out = String::new();
    let compiled = &templates.all["t"];
    let done = templates.render_with(compiled, scene, "p.md", &mut out, &mut reports);
    if let Err(super::RenderError::Failed(diagnostic)) = done {
        reports.push(*diagnostic);
    }
    (out, reports)
}

/// What `text` gives with these partials; and what was undefined.
fn render_with(text: &str, partials: &[(&str, &str)]) -> (String, Vec<String>) {
    let sources: Vec<_> = partials.iter().copied().chain([("t", text)]).collect();
    let (out, reports) = rendered(&sources);
    let named = |report: &Diagnostic| {
        assert_eq!(report.code, Code::UndefinedVariable, "{report:?}");
        report.message.split('`').nth(1).unwrap().to_owned()
    };
    (out, reports.iter().map(named).collect())
}

fn render(text: &str) -> String {
    render_with(text, &[]).0
}

#[test]
fn undefined_is_nothing_everywhere_and_is_noted() {
    for text in [
        "{{ nope }}",
        "{{ page.nope }}",
        "{{ page.nope.deeper }}",
        "{{ page.list[9] }}",
        "{{ nope | upcase }}",
        "{{ nope | join: ',' }}",
        "{{ nope | first }}",
        "{{ nope | where: 'a', 'b' }}",
        "{{ nope | sort }}",
        "{% for x in nope %}x{% endfor %}",
        "{% for x in page.items %}{{ x.nope.deeper }}{% endfor %}",
        "{% assign x = nope %}{{ x }}{{ x.y }}",
        "{% assign y = page.items | reverse %}{% for x in y %}{{ x.nope }}{% endfor %}",
        "{% if nope %}x{% endif %}",
        "{% if nope == 'a' %}x{% endif %}",
        "{% unless nope == nil %}x{% endunless %}",
    ] {
        assert_eq!(render(text), "", "{text}");
    }
    let twice = "{% for x in (1..2) %}{{ page.titel }}{{ page.title }}{% endfor %}";
    assert_eq!(render_with(twice, &[]).1, ["page.titel"]);
    let many = "{% for x in (1..2000) %}{{ page[x] }}{% endfor %}";
    assert_eq!(render_with(many, &[]).1, ["page[x]"]);
}

#[test]
fn loops_know_where_they_are() {
    for (text, expected) in [
        (
            "{% for x in page.list %}{{ forloop.index }}/{{ forloop.length }} {% endfor %}",
            "1/3 2/3 3/3 ",
        ),
        ("{% for x in page.list reversed %}{{ x }}{% endfor %}", "321"),
        ("{% for x in page.list limit: 1 offset: 1 %}{{ x }}{% endfor %}", "2"),
        ("{% for x in page.list, limit: 2 %}{{ x }}{% endfor %}", "12"),
        ("{% for x in page.empty %}x{% else %}none{% endfor %}", "none"),
        ("{% for x in page.list offset: 9 %}x{% else %}none{% endfor %}", "none"),
        ("{% for x in (2..4) %}{{ x }}{% endfor %}", "234"),
        ("{% for x in (4..2) %}{{ x }}{% endfor %}", ""),
        ("{% for x in page.list %}{% if x == 2 %}{% break %}{% endif %}{{ x }}{% endfor %}.", "1."),
        (
            "{% for x in page.list %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% endfor %}",
            "13",
        ),
        (
            "{% for x in page.list %}{% for y in page.items %}{{ forloop.parentloop.index }}{{ y.n }}{% endfor %}{% endfor %}",
            "1a1b2a2b3a3b",
        ),
        ("{% for x in page.items[0] %}{{ x[0] }}={{ x[1] }}{% endfor %}", "n=a"),
    ] {
        assert_eq!(render(text), expected, "{text}");
    }
}

#[test]
fn tables_are_written_as_shopify_writes_them() {
    for (text, expected) in [
        (
            "{% tablerow x in page.list cols: 2 %}{{ x }}{{ tablerowloop.row }}{{ nope }}{% endtablerow %}",
            "<tr class=\"row1\">\n<td class=\"col1\">11</td><td class=\"col2\">21</td></tr>\n\
             <tr class=\"row2\"><td class=\"col1\">32</td></tr>\n",
        ),
        (
            "{% tablerow x in (1..9000000000000) limit: 2 offset: 1 %}{{ x }}{{ tablerowloop.col_first }}{{ tablerowloop.rindex }}{% endtablerow %}",
            "<tr class=\"row1\">\n<td class=\"col1\">2true2</td><td class=\"col2\">3false1</td></tr>\n",
        ),
        ("{% tablerow x in nope %}x{% endtablerow %}", ""),
        (
            "{% tablerow x in page.list cols: 0 %}{% break %}{% endtablerow %}",
            "<tr class=\"row1\">\n<td class=\"col1\"></td></tr>\n",
        ),
    ] {
        assert_eq!(render(text), expected, "{text}");
    }
}

#[test]
fn partials_take_arguments_both_ways_and_render_sees_no_variables() {
    let partials = [
        ("partials/jekyll.html", "[{{ include.a }}{{ x }}]"),
        ("shopify", "[{{ a }}{{ x }}]"),
        ("each", "[{{ forloop.index }}{{ each }}]"),
        ("named", "[{{ it }}]"),
        ("titled", "[{{ page.title }}{{ page.n }}]"),
        ("assigns", "{% assign x = 'inner' %}{{ x }}{{ page.title }}"),
        ("aliases", "{% assign all = page.list %}{{ all.size }}"),
    ];
    for (text, expected) in [
        ("{% assign x = 1 %}{% include jekyll.html a='A' %}", "[A1]"),
        ("{% include je{{ 'kyll' }}.html a='A' %}", "[A]"),
        ("{% include {{ page.title | downcase | replace: 't', 'jekyll' }}.html a='A' %}", "[A]"),
        ("{% include jekyll.html a='say \\'A\\'' %}", "[say 'A']"),
        ("{% assign x = 1 %}{% include 'shopify', a: 'A' %}", "[A1]"),
        ("{% assign x = 1 %}{% render 'shopify', a: 'A' %}", "[A]"),
        ("{% assign name = 'shopify' %}{% include name %}", "[]"),
        ("{% render 'each' for page.list %}", "[11][22][33]"),
        ("{% render 'named' with page.title as it %}", "[T]"),
        ("{% assign x = 'outer' %}{% render 'assigns' %}{{ x }}", "innerTouter"),
        ("{% assign x = 'outer' %}{% include 'assigns' %}{{ x }}", "innerTinner"),
        ("{% for page in page.items %}{% render 'titled' %}{% endfor %}", "[T][T]"),
        ("{% for page in page.items %}{% include 'titled' %}{% endfor %}", "[a][b]"),
        ("{% assign page = 'p' %}{% render 'titled' %}", "[T]"),
        ("{% render 'titled', page: page.items[0] %}", "[a]"),
        ("{% increment page %}{% render 'titled' %}", "0[T]"),
        ("{% render 'aliases' %}{{ all.size }}", "3"),
        ("{% include 'aliases' %}{{ all.size }}", "33"),
    ] {
        assert_eq!(render_with(text, &partials).0, expected, "{text}");
    }
}

#[test]
fn an_assigned_list_is_the_list_itself_whatever_its_name_meant_elsewhere() {
    for (text, expected) in [
        (
            "{% assign all = page.list %}{{ all | join: '-' }}{{ all.size }}{{ all[1] }}{{ all.first }}",
            "1-2-3321",
        ),
        ("{% assign all = page.items %}{% for x in all %}{{ x.n }}{% endfor %}", "ab"),
        ("{% assign all = page %}{{ all.title }}{{ all.list.last }}", "T3"),
        ("{% assign all = page.list %}{% assign all = 'x' %}{{ all }}", "x"),
        ("{% assign all = page.list %}{% capture all %}y{% endcapture %}{{ all }}", "y"),
        ("{% assign a = page.list %}{% assign b = a %}{{ b.size }}", "3"),
        (
            "{% for page in page.items %}{% assign own = page %}{% endfor %}{{ own.n }}{{ own.title }}",
            "b",
        ),
        ("{% assign x = page.list | reverse %}{{ x.first }}", "3"),
    ] {
        assert_eq!(render(text), expected, "{text}");
    }
}

#[test]
fn url_filters_put_the_sites_place_in_front_of_its_own_urls_only() {
    for (url, expected) in [
        ("/a/", "/sub/a/"),
        ("a/b.css", "/sub/a/b.css"),
        ("/", "/sub/"),
        ("#a", "#a"),
        ("?a", "?a"),
        ("//x.org/", "//x.org/"),
        ("https://x.org/", "https://x.org/"),
        ("mailto:a@b.c", "mailto:a@b.c"),
        ("", ""),
    ] {
        assert_eq!(render(&format!("{{{{ '{url}' | relative_url }}}}")), expected, "{url}");
    }
    assert_eq!(render("{{ '/a/' | absolute_url }}"), "https://e.org/sub/a/");
    assert_eq!(render("{{ nope | relative_url }}"), "");
}

#[test]
fn what_fails_is_reported_where_it_stands_with_the_includes_that_led_there() {
    let (_, reports) = rendered(&[
        ("t", "\n{% include 'a' %}"),
        ("a", "\n\n{% render 'b' %}"),
        ("b", "{% if true %}\n {{ 1 | divided_by: 0 }}{% endif %}"),
    ]);
    let place = reports[0].place.as_ref().unwrap();
    assert_eq!((&*place.file, place.line, place.column), ("b", 2, 9));
    let hint = "included from a:3; included from t:2; while p.md was rendered; it is left out";
    assert_eq!(reports[0].hint.as_deref(), Some(hint));
}

#[test]
fn a_template_that_is_missing_is_reported_with_where_it_was_looked_for() {
    let (_, reports) = rendered(&[("t", "{% include note-{{ page.title }}.html %}")]);
    assert_eq!(reports[0].message, "no template is named `note-T.html`");
    let hint = "it was looked for as note-T.html.liquid and partials/note-T.html.liquid among the templates; \
                while p.md was rendered; it is left out";
    assert_eq!(reports[0].hint.as_deref(), Some(hint));
    let (_, reports) = rendered(&[("t", "{% include {{ page.empty.first }} %}")]);
    assert_eq!(reports[0].message, "`include`: the template's name is empty");
}

#[test]
fn a_limit_is_reported_where_the_page_begins_to_go_over_it() {
    let (_, reports) = rendered(&[("t", "\n{% include 'a' %}"), ("a", "{% include 'a' %}")]);
    let place = reports[0].place.as_ref().unwrap();
    assert_eq!((&*place.file, place.line), ("t", 2));
    assert!(reports[0].message.contains("64 deep"), "{}", reports[0].message);
}

#[test]
fn dates_are_formatted_whatever_form_they_are_written_in() {
    for (date, expected) in [
        ("2024-05-06", "06.05.2024 00:00"),
        ("2024-05-06T07:08:09Z", "06.05.2024 07:08"),
        ("May 6, 2024", "06.05.2024 00:00"),
        ("soon", "soon"),
    ] {
        let text = format!("{{{{ '{date}' | date: '%d.%m.%Y %H:%M' }}}}");
        assert_eq!(render(&text), expected, "{date}");
    }
    assert_eq!(render("{{ nope | date: '%Y' }}"), "");
}
