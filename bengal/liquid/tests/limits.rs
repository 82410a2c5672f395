//! Limits, reached by templates made for them: each ends, with the name of the limit. What takes from the
//! one budget of work is tested in `src/render/tests.rs`.

mod common;

use bengal_liquid::error::{Fault, RenderError};
use bengal_liquid::filters::JEKYLL;
use bengal_liquid::language::Language;
use bengal_liquid::limits::{Limit, NESTING};
use common::{Data, Files, scene};

fn language() -> Language {
    let mut language = Language::new();
    language.add_builtins(JEKYLL);
    language
}

fn render(text: &str, partials: &[(&str, &str)]) -> Result<String, Box<RenderError>> {
    let language = language();
    let parse = |name: &str, text: &str| language.parse(name, text).expect("a template");
    let files = partials.iter().map(|(name, text)| ((*name).to_owned(), Some(parse(name, text))));
    let files = Files(files.collect());
    let template = parse("t", text);
    let nothing = Data::json("{}");
    let mut out = String::new();
    template.render(scene(&nothing, &nothing, &files, None), &mut out).map(|_| out)
}

fn limit(text: &str, partials: &[(&str, &str)]) -> Limit {
    match render(text, partials) {
        Err(error) => match error.kind {
            Fault::Limit(limit) => limit,
            other => panic!("{other}: {text}"),
        },
        Ok(out) => panic!("{} bytes: {text}", out.len()),
    }
}

#[test]
fn loops_end() {
    assert_eq!(limit("{% for a in (1..100000000) %}{% endfor %}", &[]), Limit::LoopRounds);
}

#[test]
fn partials_end() {
    let text = "{% for a in (1..1000000) %}{% include 'p' %}{% endfor %}";
    assert_eq!(limit(text, &[("p", "")]), Limit::Includes);
    for tag in ["{% include 'p' %}", "{% render 'p' %}"] {
        assert_eq!(limit(tag, &[("p", tag)]), Limit::IncludeDepth);
    }
}

const DOUBLED: &str = "{% assign a = '0123456789abcdef' %}
    {% for i in (1..20) %}{% assign a = a | append: a %}{% endfor %}";

#[test]
fn texts_and_output_end() {
    let grown = DOUBLED.replace("20", "24");
    assert_eq!(limit(&format!("{grown}{{{{ a }}}}"), &[]), Limit::TextBytes);
    let shown = format!("{DOUBLED}{{% for i in (1..9) %}}{{{{ a }}}}{{% endfor %}}");
    assert_eq!(limit(&shown, &[]), Limit::OutputBytes);
    let captured = format!("{DOUBLED}{{% capture b %}}{{{{ a }}}}{{{{ a }}}}{{% endcapture %}}");
    assert_eq!(limit(&captured, &[]), Limit::TextBytes);
    let half = DOUBLED.replace("20", "19");
    let made =
        format!("{half}{{% for i in (1..200) %}}{{% assign b = a | append: 'x' %}}{{% endfor %}}");
    assert_eq!(limit(&made, &[]), Limit::MadeBytes);
}

/// A list of 1,000 times a text of 16 MB, which takes no memory to speak of.
#[test]
fn a_short_list_of_long_texts_is_not_shown_without_end() {
    let list = format!(
        "{DOUBLED}{{% assign l = '' | split: '' %}}\
         {{% for i in (1..1000) %}}{{% assign l = l | push: a %}}{{% endfor %}}"
    );
    assert!(matches!(limit(&format!("{list}{{{{ l }}}}"), &[]), Limit::OutputBytes | Limit::Walk));
    assert_eq!(limit(&format!("{list}{{{{ l | join: ',' }}}}"), &[]), Limit::TextBytes);
    assert_eq!(limit(&format!("{list}{{% cycle l: 1, 2 %}}"), &[]), Limit::TextBytes);
    // Taken for a text it is cut, and compared it is unequal; both end.
    assert!(
        render(&format!("{list}{{% if 'a' contains l %}}x{{% endif %}}{{{{ [l] }}}}"), &[]).is_ok()
    );
}

#[test]
fn lists_end() {
    assert_eq!(limit("{{ (1..100000000) | reverse }}", &[]), Limit::ListItems);
}

/// In a debug build, on the threads that build sites and on small ones.
#[test]
fn the_deepest_templates_fit_on_the_stack() {
    const MIB: usize = 1 << 20;
    let deep =
        |open: &str, close: &str, depth: usize| open.repeat(depth) + "x" + &close.repeat(depth);
    let blocks = [
        deep("{% if true %}", "{% endif %}", NESTING),
        deep("{% for i in (1..1) %}", "{% endfor %}", NESTING),
        deep("{% case 1 %}{% when 1 %}", "{% endcase %}", NESTING),
        deep("{% capture a %}", "{% endcapture %}x", NESTING),
        deep("{% tablerow i in (1..1) %}", "{% endtablerow %}", NESTING),
        deep("{% ifchanged %}", "{% endifchanged %}x", NESTING),
    ];
    let brackets = format!("{{{{ {}1{} }}}}x", "a[".repeat(NESTING - 1), "]".repeat(NESTING - 1));
    for (size, texts) in [(2 * MIB, &[brackets.clone()][..]), (8 * MIB, &blocks[..])] {
        for text in texts {
            let text = text.clone();
            let run = move || render(&text, &[]).expect("it renders").contains('x');
            let thread = std::thread::Builder::new().stack_size(size).spawn(run).expect("a thread");
            assert!(thread.join().expect("no overflow"));
        }
    }
}

#[test]
fn blocks_within_partials_end() {
    let text = "{% if true %}".repeat(90) + "{% include 'p' %}" + &"{% endif %}".repeat(90);
    let inner = text.clone();
    let run = move || limit(&text, &[("p", &inner)]);
    let thread = std::thread::Builder::new().stack_size(8 << 20).spawn(run).expect("a thread");
    assert_eq!(thread.join().expect("no overflow"), Limit::Depth);
}

#[test]
fn wide_templates_and_long_ones_are_read_at_once() {
    for text in [
        "{% if true %}{% endif %}".repeat(50_000),
        format!("{{{{ a{} }}}}", ".b".repeat(100_000)),
        format!("{{{{ 'a'{} }}}}", " | upcase".repeat(20_000)),
        format!("{{% if a{} %}}{{% endif %}}", " and a".repeat(50_000)),
        "{{ ".repeat(50_000) + " }}",
        "{%".repeat(100_000),
    ] {
        drop(language().parse("t", &text));
    }
}

/// What is remembered counts for each page that uses it, so that no page depends on another's coming first.
#[test]
fn what_is_remembered_counts_against_the_limits() {
    let text = "{% for i in (1..5000) %}{% assign n = a | size %}{% endfor %}";
    let template = language().parse("t", text).expect("a template");
    let (nothing, files) = (Data::json("{}"), Files::default());
    let pages = Data::json(&format!(r#"{{"a": [{}]}}"#, vec!["1"; 100_000].join(",")));
    let memo = bengal_liquid::memo::Memo::new();
    for memo in [None, Some(&memo), Some(&memo)] {
        let error = template.render(scene(&pages, &nothing, &files, memo), &mut String::new());
        assert_eq!(error.expect_err("it is too much").kind, Fault::Limit(Limit::Work));
    }
}
