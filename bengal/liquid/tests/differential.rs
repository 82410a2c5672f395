//! Random templates, read and rendered by bengal's Liquid and by the crate `liquid`, give the same.
//!
//! They keep to what both have. What differs on purpose, as bengal's Liquid follows Ruby's, and is
//! therefore not made here:
//!
//! * an undefined name, which is an error of the crate's but in a condition;
//! * a list, an object or a range in an output, and floats there: `1.0` is `1` for the crate;
//! * comparing what has no order, such as a text with a number, and `nil` with anything by `<`;
//! * `nil` and `false` in filters of texts;
//! * filters that the crate has otherwise: `url_encode` of spaces, `capitalize` of capitals,
//!   `truncatewords` of white space, `round`, `divided_by` and `modulo` of floats and of
//!   what is below 0, `truncate` to less than its
//!   ellipsis, `split` with empty parts at the end, `sort` of what has no order, `date` of texts;
//! * the white space of blocks in which nothing is shown, which Ruby's Liquid and bengal's leave out;
//! * `case` after a value has fitted: later parts that fit are rendered too;
//! * loops whose `offset` and `limit` go beyond the list, for which the crate takes rounds without items;
//! * loops with `offset: continue` and `forloop` within `tablerow`.

mod common;

use bengal_liquid::language::Language;
use common::{Data, Files, scene};
use proptest::prelude::*;

const DATA: &str = r#"{"text": "Some <b>text</b>, and more", "word": "word", "n": 7, "m": -2,
    "yes": true, "no": false, "numbers": [3, 1, 2], "words": ["b", "a", "c", "a"],
    "page": {"title": "A title", "weight": 3, "tags": ["x", "y"]},
    "pages": [{"t": "one", "w": 2}, {"t": "two", "w": 1}, {"t": "three", "w": 3}]}"#;

fn text() -> impl Strategy<Value = String> {
    let value = "('[a-z]{1,4}( [a-z]{1,3})?'|text|word|page\\.title|words\\[[0-3]\\]|words\\.first|page\\['title'\\])";
    let filter = prop_oneof![
        "(upcase|downcase|strip|lstrip|rstrip|escape|escape_once|strip_html|newline_to_br)",
        "(append|prepend|remove|remove_first): '[a-z]{1,3}'",
        "(replace|replace_first): '[a-z]{1,2}', '[A-Z]{0,2}'",
        "truncate: (9|20)",
        "slice: (0|1), (1|3)",
        "strip_newlines",
        "default: 'd'",
    ];
    chain(value, filter)
}

fn number() -> impl Strategy<Value = String> {
    let value = "(0|7|-3|n|m|page\\.weight|numbers\\[[0-2]\\]|numbers\\.size|words\\.size)";
    let filter = prop_oneof!["(plus|minus|times): (1|2|n|m)", "abs", "at_(most|least): [1-5]"];
    chain(value, filter)
}

fn chain(
    value: &'static str,
    filter: impl Strategy<Value = String>,
) -> impl Strategy<Value = String> {
    (value, prop::collection::vec(filter, 0..4)).prop_map(|(value, filters)| {
        std::iter::once(value).chain(filters).collect::<Vec<_>>().join(" | ")
    })
}

fn condition() -> impl Strategy<Value = String> {
    let term = prop_oneof![
        "(yes|no|nil|page|page\\.none|text|n)",
        "(n|m|3|page\\.weight) (==|!=|<|<=|>|>=) (n|m|3|page\\.weight)",
        "(word|'a'|page\\.title) (==|!=) (word|'a'|page\\.title)",
        "(text contains 'b'|words contains 'a'|words contains word|page\\.tags contains 'x')",
    ];
    let join = prop::sample::select(vec!["and", "or"]);
    (term.clone(), prop::option::of((join, term))).prop_map(|(first, more)| match more {
        Some((join, second)) => format!("{first} {join} {second}"),
        None => first,
    })
}

fn list() -> impl Strategy<Value = String> {
    "(words|numbers|page\\.tags|\\(1\\.\\.3\\)|\\(n\\.\\.9\\))( limit: [1-3]| offset: [0-2])?( reversed)?"
}

fn template() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[a-z<>&\\n ]{1,8}".prop_map(|text| format!(".{text}.")),
        text().prop_map(|made| format!("{{{{ {made} }}}}")),
        number().prop_map(|made| format!("{{{{- {made} -}}}}")),
        ("[v-z]", text()).prop_map(|(name, made)| format!("{{% assign {name} = {made} %}}{{{{ {name} }}}}")),
        "[c-f]".prop_map(|name| format!("{{% increment {name} %}}{{% decrement {name}{name} %}}")),
        "[0-9]{1,2} \\| (divided_by|modulo): [1-9]".prop_map(|made| format!("{{{{ {made} }}}}")),
        Just("{% raw %}{{ raw }}{% endraw %}{% comment %} {{ x }} {% endcomment %}".to_owned()),
        Just("{% assign s = pages | map: 't' | sort | join: ',' %}{{ s }}{{ pages | where: 't', 'two' | size }}".to_owned()),
        Just("{{ words | sort | uniq | reverse | join: '+' }}{{ words | first }}{{ words | last }}".to_owned()),
    ];
    let nested = leaf.prop_recursive(3, 24, 4, |inner| {
        let inner = prop::collection::vec(inner, 1..4).prop_map(|parts| parts.concat());
        prop_oneof![
            (condition(), inner.clone(), inner.clone(), "(if|unless)").prop_map(|(test, a, b, tag)| {
                format!("{{% {tag} {test} %}}.{a}{{% else %}}.{b}{{% end{tag} %}}")
            }),
            (list(), inner.clone()).prop_map(|(list, a)| format!(
                "{{% for i in {list} %}}{{{{ i }}}}{{{{ forloop.index }}}}{{{{ forloop.last }}}}{{% cycle 'p', 'q' %}}{a}{{% endfor %}}"
            )),
            inner.clone().prop_map(|a| format!("{{% capture c %}}{a}{{% endcapture %}}[{{{{ c }}}}]")),
            (number(), inner).prop_map(|(_, a)| format!("{{% case n %}}{{% when 1, 2 %}}.{{% when 7 %}}.{a}{{% else %}}-{{% endcase %}}")),
        ]
    });
    prop::collection::vec(nested, 1..4).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..Default::default() })]

    #[test]
    fn both_give_the_same(text in template()) {
        let parser = liquid::ParserBuilder::with_stdlib().build().expect("a parser");
        let json: serde_json::Value = serde_json::from_str(DATA).expect("JSON");
        let objects: liquid::Object = liquid::model::to_object(&json).expect("objects");
        let theirs = parser.parse(&text).and_then(|template| template.render(&objects));
        // What the crate refuses is none of this test's business.
        let Ok(theirs) = theirs else { return Err(TestCaseError::reject("an error of the crate's")) };
        let template = Language::new().parse("t", &text).expect(&text);
        let (data, nothing, files) = (Data::json(DATA), Data::json("{}"), Files::default());
        let mut ours = String::new();
        template.render(scene(&nothing, &data, &files, None), &mut ours).expect(&text);
        prop_assert_eq!(ours, theirs, "{}", text);
    }
}
