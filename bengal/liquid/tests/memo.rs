//! Whether results are remembered does not show: not in what is rendered, nor in what is undefined.

mod common;

use bengal_liquid::error::Undefined;
use bengal_liquid::filters::JEKYLL;
use bengal_liquid::language::Language;
use bengal_liquid::memo::Memo;
use bengal_liquid::render::Scene;
use bengal_liquid::template::Template;
use common::{Data, Files, scene};
use proptest::prelude::*;

const LASTING: &str = r#"{"site": {"pages": [
    {"title": "b", "kind": "page", "w": 2, "tags": ["x"]},
    {"title": "a", "kind": "home", "w": 1, "date": "2024-01-02"},
    {"title": "c", "kind": "page"}], "by": {"page": [1, 2], "home": []}, "n": 2}}"#;
const PAGES: [&str; 3] = [
    r#"{"page": {"title": "a", "kind": "page", "w": 1}}"#,
    r#"{"page": {"title": "c", "kind": "home", "w": null, "n": 2}}"#,
    r#"{"page": {"kind": 7}, "site2": 1}"#,
];

fn render<'m>(
    template: &'m Template,
    (lasting, page): (&'m Data, &'m Data),
    files: &'m Files,
    memo: Option<&'m Memo<'m>>,
) -> (String, Result<Vec<Undefined>, String>) {
    let mut out = String::new();
    let scene = Scene { strict: true, ..scene(lasting, page, files, memo) };
    let done = template.render(scene, &mut out).map_err(|error| error.to_string());
    let sorted = done.map(|mut undefined| {
        undefined.sort();
        undefined
    });
    (out, sorted)
}

fn language() -> Language {
    let mut language = Language::new();
    language.add_builtins(JEKYLL);
    language
}

/// How many results are remembered when every page is rendered with `text`, twice.
fn check(text: &str) -> usize {
    let template = language().parse("t", text).expect(text);
    let (lasting, files) = (Data::json(LASTING), Files::default());
    let pages = PAGES.map(Data::json);
    let memo = Memo::new();
    for page in pages.iter().chain(&pages) {
        let data = (&lasting, page);
        let plain = render(&template, data, &files, None);
        assert_eq!(plain, render(&template, data, &files, Some(&memo)), "{text}");
    }
    memo.len()
}

#[test]
fn results_are_remembered_by_what_they_depend_on() {
    for (text, remembered) in [
        ("{% assign a = site.pages | where: 'kind', 'page' %}{{ a.size }}", 1),
        ("{{ site.pages | where: 'kind', page.kind | size }}", 3),
        ("{% assign a = site.pages | sort: 'title' %}{{ a | map: 'title' | join: page.title }}", 4),
        ("{{ site.pages | where_exp: 'p', 'p.kind == page.kind' | size }}", 3),
        // What is looked up in the page by what each item holds is no one value.
        ("{{ site.pages | where_exp: 'p', 'page[p.kind] == page.w' | size }}", 0),
        ("{{ site.pages | where_exp: 'p', 'site.by[p.kind].size == 2' | size }}", 1),
        ("{{ site.by[page.kind] | size }}", 3),
        // What a name of the page hides is not what lasts.
        ("{% assign site = page %}{{ site | size }}", 0),
        ("{% for site in site.pages %}{{ site.tags | size }}{% endfor %}", 0),
        ("{{ site.pages | sample }}", 0),
        ("{{ page.title | size }}", 0),
    ] {
        assert_eq!(check(text), remembered, "{text}");
    }
}

#[test]
fn undefined_names_of_remembered_results_are_noted_for_each_page_where_they_stand() {
    let text = "{{ site.pages | where_exp: 'p', 'p.kind == page.knd' | map: nope | size }}";
    assert!(check(text) > 0);
    let template = language().parse("t", text).expect("a template");
    let (lasting, page, files) = (Data::json(LASTING), Data::json(PAGES[0]), Files::default());
    let memo = Memo::new();
    for _ in 0..2 {
        let (_, undefined) = render(&template, (&lasting, &page), &files, Some(&memo));
        let undefined = undefined.expect("it renders");
        let places: Vec<_> =
            undefined.iter().map(|at| (&*at.path, &text[at.offset..][..4])).collect();
        assert_eq!(places, [("page.knd", "page"), ("nope", "nope")]);
    }
}

fn value() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "'page'",
        "page.kind",
        "page.title",
        "page.w",
        "page.nope",
        "nope",
        "1",
        "nil",
        "site.n",
        "x",
        "empty",
        "page[x]",
        "forloop.index",
        "(1..2)",
    ])
}

fn filter() -> impl Strategy<Value = String> {
    let test = prop::sample::select(vec![
        "p.kind == page.kind",
        "p.w > site.n",
        "p.tags contains page.title",
        "p",
        "page.nope and p.nope",
        "p[page.title] == page[p.title]",
        "p.title != x",
        "site.by[p.kind].size > 1",
        "p.w == nope.a",
    ]);
    prop_oneof![
        (value(), value()).prop_map(|(a, b)| format!("where: {a}, {b}")),
        ("(title|kind|w)", value()).prop_map(|(a, b)| format!("where: '{a}', {b}")),
        test.prop_map(|test| format!("where_exp: 'p', \"{test}\"")),
        "(title|kind)".prop_map(|name| format!("map: '{name}'")),
        "(title|w|nope)".prop_map(|name| format!("sort: '{name}'")),
        "(title|kind)".prop_map(|name| format!("group_by: '{name}'")),
        "(reverse|size|uniq|compact|first|last|inspect)",
        value().prop_map(|value| format!("join: {value}")),
        value().prop_map(|value| format!("default: {value}")),
        value().prop_map(|value| format!("push: {value}")),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    let root =
        prop::sample::select(vec!["site.pages", "site", "a", "b", "site.by[page.kind]", "page.w"]);
    (root, prop::collection::vec(filter(), 0..4)).prop_map(|(root, filters)| {
        std::iter::once(root.to_owned()).chain(filters).collect::<Vec<_>>().join(" | ")
    })
}

fn template() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        expression().prop_map(|made| format!("{{{{ {made} }}}}")),
        ("(a|b|x|site|page)", expression())
            .prop_map(|(name, made)| format!("{{% assign {name} = {made} %}}")),
        expression().prop_map(|made| format!(
            "{{% for x in (1..2) %}}{{{{ {made} | inspect }}}}{{% endfor %}}"
        )),
        ("(a|b)", "(x|page|b)").prop_map(|(list, name)| format!(
            "{{% for {name} in {list} %}}{{{{ {name}.title }}}}{{% endfor %}}"
        )),
    ];
    prop::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn memory_does_not_show(text in template()) {
        check(&text);
    }
}

/// A list that counts how often its items are asked for.
#[derive(Debug)]
struct Counted(Vec<Data>, std::sync::atomic::AtomicUsize);

impl bengal_liquid::value::List for Counted {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Option<bengal_liquid::value::Value<'_>> {
        self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.0.get(index).map(|page| page.0.clone())
    }
}

impl bengal_liquid::value::Object for Counted {
    fn get(&self, name: &str) -> Option<bengal_liquid::value::Value<'_>> {
        (name == "pages").then_some(bengal_liquid::value::Value::List(self))
    }

    fn names<'s>(&'s self, _each: &mut dyn FnMut(&'s str)) {}
}

/// How many items are looked at when a site of so many pages is rendered, each with `text`.
fn looked_at(text: &str, pages: usize) -> usize {
    let page = |number: usize| {
        let page = format!(
            r#"{{"title": "{number}", "kind": "page", "section": {{"url": "{}"}}}}"#,
            number % 4
        );
        Data(Data::json(&page).0)
    };
    let site = Counted((0..pages).map(page).collect(), 0.into());
    let (template, files, memo) =
        (language().parse("t", text).expect(text), Files::default(), Memo::new());
    for page in &site.0 {
        let page = Data::json(&format!(r#"{{"page": {}}}"#, section_of(&page.0)));
        let mut out = String::new();
        template.render(scene(&site, &page, &files, Some(&memo)), &mut out).expect(text);
        assert!(!out.is_empty());
    }
    site.1.into_inner()
}

fn section_of(page: &bengal_liquid::value::Value<'_>) -> String {
    let url = page.field("section").and_then(|section| section.field("url"));
    format!(r#"{{"section": {{"url": "{}"}}}}"#, url.unwrap_or_default())
}

#[test]
fn a_list_of_the_site_in_every_page_costs_the_same_for_each() {
    for text in [
        "{% assign near = pages | where: 'kind', 'page' | sort: 'title' | reverse %}\
         {% for p in near limit: 5 %}{{ p.title }}{% endfor %}",
        "{% assign near = pages | where_exp: 'p', 'p.section.url == page.section.url' | sort: 'title' %}\
         {% for p in near limit: 5 %}{{ p.title }}{% endfor %}",
        "{% assign all = pages %}{% assign near = all | where: 'kind', 'page' %}{{ near | map: 'title' | size }}",
    ] {
        let (few, many) = (looked_at(text, 200), looked_at(text, 400));
        assert!(few >= 200 && many <= few * 2, "{few} {many}: {text}");
    }
}
