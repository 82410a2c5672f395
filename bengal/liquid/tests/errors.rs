//! What is wrong with templates: every fault of one, where it stands, and what was perhaps meant.

mod common;

use bengal_liquid::error::{Fault, Hint, RenderError};
use bengal_liquid::filters::JEKYLL;
use bengal_liquid::language::Language;
use bengal_liquid::render::Scene;
use common::{Data, Files, scene};

fn language() -> Language {
    let mut language = Language::new();
    language.add_builtins(JEKYLL);
    language.set_partials(["nav".to_owned(), "footer".to_owned()]);
    language
}

/// The name that a hint gives, or how it says that something is written.
fn said(hint: &Hint) -> Option<&str> {
    match hint {
        Hint::Nearest(name) => Some(name),
        Hint::Instead(text) => Some(text),
        Hint::MissingTemplate(_, near) => near.as_deref(),
    }
}

/// Each fault: the text from where it stands, its message, and what was perhaps meant. `^` is taken out of
/// the template, and marks where the fault stands.
fn check(marked: &str, message: &str, nearest: Option<&str>) {
    let text = marked.replace('^', "");
    let faults = language().parse("t", &text).expect_err(&text);
    let found: Vec<_> = faults
        .iter()
        .map(|fault| (fault.offset, &*fault.message, fault.hint.as_ref().and_then(said)))
        .collect();
    assert_eq!(found, [(marked.find('^').expect("a mark"), message, nearest)], "{text}");
}

#[test]
fn faults_stand_where_they_are() {
    for (marked, message, nearest) in [
        ("{{ a | ^upcas }}", "no filter is named `upcas`", Some("upcase")),
        ("ä{{ a | ^sort_naturl: 'b' }}", "no filter is named `sort_naturl`", Some("sort_natural")),
        ("{{ a | ^zzzzzz }}", "no filter is named `zzzzzz`", None),
        ("{% ^fro a in b %}", "no tag is named `fro`", Some("for")),
        ("{% include ^'nva' %}", "no template is named `nva`", Some("nav")),
        ("{% render ^'foter', a: 1 %}", "no template is named `foter`", Some("footer")),
        ("{{ a | ^append }}", "`append` takes 1 argument, and 0 are given", None),
        ("{{ a | ^upcase: 1 }}", "`upcase` takes no arguments, and 1 are given", None),
        (
            "{{ a | ^default: 1, allow_flase: true }}",
            "`default` has no argument `allow_flase`",
            Some("allow_false"),
        ),
        ("{% for a in b ^limt: 2 %}{% endfor %}", "`for` has no argument `limt`", Some("limit")),
        ("a {^{ b", "no `}}` closes this output", None),
        ("a ^{% b", "no `%}` closes this tag", None),
        ("{{ ^'a }}", "no `'` closes this text", None),
        ("x^{% if a %}", "no `endif` closes this", None),
        ("^{% raw %}", "no `endraw` closes this", None),
        ("{% comment %}^{% raw %}{% endcomment %}", "no `endraw` closes this", None),
        ("{% if a %}^{% endfor %}{% endif %}", "`endfor` does not belong in `if`", None),
        ("^{% endif %}", "`endif` closes nothing here", None),
        ("^{% else %}", "`else` closes nothing here", None),
        ("{% if ^= 1 %}{% endif %}", "a value belongs here, not `=`", None),
        (
            "{% if a ^= 1 %}{% endif %}",
            "`= 1` does not belong here",
            Some("`==` compares two values"),
        ),
        ("{% if a ==^ %}{% endif %}", "a value belongs here", None),
        ("{{ a. ^}}", "a name belongs behind this `.`", None),
        ("{{ a^[1 }}", "no `]` closes this", None),
        ("{{ ^(1..2 }}", "no `)` closes this range", None),
        ("{{ a ^b }}", "`b` does not belong here", None),
        ("{{ a | ^}}", "a filter's name belongs here", None),
        ("{% assign^ %}", "`assign` is written `assign name = value`", None),
        ("{% for^ %}{% endfor %}", "`for` is written `for item in list`", None),
        ("{{ ^99999999999999999999 }}", "this is no number, or one beyond 64 bits", None),
        ("{% # a\n ^b %}", "each line of an inline comment begins with `#`", None),
        (
            "{{ a | where_exp: 'p', 'p.b ^=> 2' }}",
            "`=> 2` does not belong here",
            Some("`>=` is how it is written here"),
        ),
        (
            "{% if a ^&& b %}{% endif %}",
            "`&& b` does not belong here",
            Some("`and` is how it is written here"),
        ),
        (
            "{% for p in a ^| sort %}{% endfor %}",
            "`| sort` does not belong here",
            Some("filters stand in outputs and in `assign`: give their result a name first"),
        ),
        (
            "{% if ^!a %}{% endif %}",
            "a value belongs here, not `!`",
            Some("`unless`, or `== false`, is how it is written here"),
        ),
        (
            "{% if ^(a or b) and c %}{% endif %}",
            "a range is written `(1..5)`",
            Some("conditions have no brackets: nest `if`s, or `assign` a part first"),
        ),
        ("{% render ^n{{ a }} %}", "no template is named `n{{`", None),
        ("{% include n^{{ a %}", "no `}}` closes this", None),
        ("{{ a | ^json }}", "no filter is named `json`", Some("jsonify")),
        (
            "{{ a | ^where_exp: 'p' }}",
            "`where_exp` takes the name of a variable and an expression, each in quotes",
            None,
        ),
        ("{% liquid\n  assign a = 1\n  ^nope\n%}", "no tag is named `nope`", None),
    ] {
        // A mark before a brace is before the output.
        let marked = marked.replace("{^{", "^{{");
        check(&marked, message, nearest);
    }
}

#[test]
fn every_fault_of_a_template_is_found_in_order() {
    let text =
        "{{ a | upcas }}\n{% if b = 1 %}{{ c. }}{% else %}{% fro %}{% endif %}\n{{ d | downcas }}";
    let faults = language().parse("t", text).expect_err("it is wrong");
    let places: Vec<_> = faults.iter().map(|fault| &text[fault.offset..][..3]).collect();
    assert_eq!(places, ["upc", "= 1", "}}{", "fro", "dow"]);
}

fn render(
    text: &str,
    partials: &[(&str, &str)],
    strict: bool,
) -> Result<Vec<String>, Box<RenderError>> {
    let mut language = Language::new();
    language.add_builtins(JEKYLL);
    let files =
        partials.iter().map(|(name, text)| ((*name).to_owned(), language.parse(name, text).ok()));
    let files = Files(files.collect());
    let template = language.parse("t", text).expect("a template");
    let data = Data::json(r#"{"page": {"title": "x", "nothing": null}, "list": [1, 2]}"#);
    let nothing = Data::json("{}");
    let scene = Scene { strict, ..scene(&nothing, &data, &files, None) };
    let undefined = template.render(scene, &mut String::new())?;
    Ok(undefined
        .into_iter()
        .map(|at| format!("{}:{} {}", at.template, at.offset, at.path))
        .collect())
}

#[test]
fn a_failure_names_every_template_on_the_way_to_it() {
    let partials =
        [("a", "1{% render 'b' %}"), ("b", "22{{ 1 | divided_by: 0 }}"), ("w", "{% if %}")];
    let error = render("{% include 'a' %}", &partials, false).expect_err("it fails");
    let place = |at: &bengal_liquid::error::Place| format!("{}:{}", at.template, at.offset);
    assert_eq!(place(&error.place), "b:9");
    assert_eq!(error.included_from.iter().map(place).collect::<Vec<_>>(), ["a:1", "t:0"]);
    assert!(matches!(&error.kind, Fault::Argument { name, .. } if name == "divided_by"));
    let missing = render("{% include 'x' %}", &partials, false).expect_err("it fails").kind;
    assert_eq!(missing, Fault::MissingTemplate("x".to_owned()));
    let wrong = render("{% include 'w' %}", &partials, false).expect_err("it fails").kind;
    assert_eq!(wrong, Fault::WrongTemplate("w".to_owned()));
}

#[test]
fn undefined_names_are_noted_where_they_stand_and_only_on_request() {
    let partials = [("p", "{{ y }}{{ given }}")];
    for (text, undefined) in [
        ("{{ x }}{{ page.titel }}{{ page.nothing }}", &["t:3 x", "t:10 page.titel"][..]),
        ("{% for i in (1..3) %}{{ x }}{% endfor %}", &["t:24 x"]),
        ("{% if x %}{% elsif x == nil %}{% endif %}{{ x | default: 1 }}", &[]),
        ("{% if x == 1 %}{% endif %}", &["t:6 x"]),
        ("{% render 'p', given: 1 %}", &["p:3 y"]),
        (
            "{{ list[5] }}{{ page['x'] }}{{ list.first }}{{ page.size }}",
            &["t:3 list[5]", "t:16 page['x']"],
        ),
    ] {
        assert_eq!(render(text, &partials, true).expect(text), undefined, "{text}");
        assert!(render(text, &partials, false).expect(text).is_empty());
    }
}
