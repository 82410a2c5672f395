//! Odd forms that real templates have, with the results of Liquid 5 for Ruby.

mod common;

use bengal_liquid::language::Language;
use common::{Data, Files, scene};

const DATA: &str = r#"{"a": [1, 2, 3], "h": {"x": 1, "y": 2}, "s": "héllo", "n": null, "f": 3.5, "t": true,
    "e": "", "sp": "  ", "el": [], "eh": {}, "k": "x", "nested": [[1, 2], [3]],
    "page": {"first": "F", "size": "S", "last": "L", "a-b": 7, "x y": 1}}"#;
const PARTIALS: [(&str, &str); 4] = [
    ("p", "({{ x }}{{ p }})"),
    ("set", "{% assign y = 'Y' %}{% assign w = 'W' %}"),
    ("fl", "[{{ forloop.index }}{{ i }}]"),
    ("brk", "{% break %}"),
];

fn render(text: &str) -> Result<String, String> {
    let language = Language::new();
    let partials = PARTIALS.map(|(name, text)| (name.to_owned(), language.parse(name, text).ok()));
    let files = Files(partials.into_iter().collect());
    let template = language.parse("t", text).map_err(|faults| faults[0].to_string())?;
    let (data, nothing) = (Data::json(DATA), Data::json("{}"));
    let mut out = String::new();
    template
        .render(scene(&nothing, &data, &files, None), &mut out)
        .map_err(|error| error.to_string())?;
    Ok(out)
}

fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(render(text).as_deref(), Ok(*expected), "{text}");
    }
}

#[test]
fn paths() {
    check(&[
        (
            "{{- a.first -}}|{{ h.first }}|{{ s.first }}|{{ s.size }}|{{ h.size }}|{{ n.size }}",
            "1|x1||5|2|",
        ),
        ("{{ page.first }}{{ page.size }}{{ page.last }}{{ page.a-b }}{{ page['x y'] }}", "FSL71"),
        ("{{ a[-1] }}{{ a[-4] }}{{ a[9] }}{{ s[0] }}{{ a['first'] }}{{ h['x'] }}", "31"),
        ("{{ [k] }}|{{ ['k'] }}|{{ h[k] }}|{{ h[['k']] }}", "|x|1|1"),
        ("{% assign é = 1 %}{{ é }}{% assign a-b = 5 %}{{ a-b }}", "15"),
        ("{{ true }}{{ nil }}{{ empty }}{{ blank }}{{ true.x }}{{ nil.x }}", "true"),
        ("{{ (1..5) }}{{ (1.9..4.2) | join: '-' }}", "1..51-2-3-4"),
    ]);
}

#[test]
fn loops() {
    check(&[
        ("{% for i in a limit: nil %}{{ i }}{% endfor %}", "123"),
        ("{% for i in a limit: '2' %}{{ i }}{% endfor %}", "12"),
        ("{% for i in a limit: 2.7 %}{{ i }}{% endfor %}", "12"),
        ("{% for i in a limit: -1 %}{{ i }}{% else %}none{% endfor %}", "none"),
        ("{% for i in a reversed limit: 2 %}{{ i }}{% endfor %}", "21"),
        ("{% for i in a, limit: 2, offset: 1 %}{{ i }}{% endfor %}", "23"),
        (
            "{% for i in s %}[{{ i }}]{% endfor %}{% for i in e %}x{% else %}E{% endfor %}",
            "[héllo]E",
        ),
        ("{% for i in h %}{{ i[0] }}={{ i[1] }};{% endfor %}", "x=1;y=2;"),
        (
            "{% for i in a limit: 1 %}{{ i }}{% endfor %}{% for i in a limit: 1 offset: continue %}{{ i }}\
          {% endfor %}{% for i in a offset: continue %}{{ i }}{% endfor %}",
            "123",
        ),
        (
            "{% for i in (1..f) %}{{ i }}{% endfor %}{% for i in ('1'..'3') %}{{ i }}{% endfor %}",
            "123123",
        ),
        ("{% for i in (3..1) %}{{ i }}{% else %}no{% endfor %}", "no"),
        (
            "{% for i in (1..2) %}{% for j in a limit: 1 %}{{ forloop.parentloop.index }}{% assign o = forloop %}\
          {% endfor %}{{ o.parentloop.index }}{{ o.length }}{{ forloop.parentloop }}{% endfor %}",
            "111221",
        ),
        (
            "{% for i in a %}{% assign o = forloop %}{{ o.index }}{% endfor %}{{ o.index }}{{ forloop }}",
            "1233",
        ),
        (
            "{% tablerow i in a cols: 2 %}{{ i }}{{ tablerowloop.col_last }}{% endtablerow %}",
            "<tr class=\"row1\">\n<td class=\"col1\">1false</td><td class=\"col2\">2true</td></tr>\n\
          <tr class=\"row2\"><td class=\"col1\">3false</td></tr>\n",
        ),
        ("{% tablerow i in n %}{{ i }}{% endtablerow %}|", "|"),
        ("{% break %}x", ""),
    ]);
}

#[test]
fn tags() {
    check(&[
        (
            "{% cycle 'g': 1, 2 %}{% cycle 'g': 1, 2 %}{% cycle 'h': 1, 2 %}{% cycle 1, 2 %}{% cycle 1, 2 %}",
            "12112",
        ),
        (
            "{% increment c %}{% assign c = 9 %}{{ c }}{% increment c %}{{ c }}{% decrement c %}",
            "09191",
        ),
        ("{% case 1 %}{% when 2 or 1 %}A{% when 1 %}B{% else %}C{% endcase %}", "AB"),
        ("{% case k %}{% when 'x', 'x' %}A{% endcase %}", "AA"),
        ("{% if false and false or true %}1{% else %}0{% endif %}", "0"),
        ("{% if true or false and false %}1{% else %}0{% endif %}", "1"),
        ("{% if k=='x'%}1{%endif%}{%if k!='x'or t%}2{%endif%}", "12"),
        ("{% if a < 1 %}x{% else %}y{% endif %}{% if n < 1 %}x{% else %}y{% endif %}", "yy"),
        (
            "{% if a contains 2 %}1{% endif %}{% if h contains 'x' %}3{% endif %}{% if n contains 'x' %}4{% endif %}\
          {% if '123' contains 2 %}6{% endif %}{% if f contains 3 %}7{% endif %}",
            "136",
        ),
        (
            "{% if empty == e %}1{% endif %}{% if el == empty %}2{% endif %}{% if empty == eh %}3{% endif %}\
          {% if n == empty %}4{% endif %}{% if blank == sp %}6{% endif %}{% if empty == blank %}9{% endif %}",
            "1236",
        ),
        (
            "{% liquid\nassign z = 1\nif z == 1\necho 'yes'\ncomment\n foo\nendcomment\nendif\n# note\nfor i in a\n  echo i\nendfor %}",
            "yes123",
        ),
        ("! {%- raw -%} {{ y }} {%- endraw -%} !", "! {{ y }} !"),
        (
            "{% comment %}{% comment %}x{% endcomment %}{% raw %}{% endcomment %}{% endraw %}{% endcomment %}Z",
            "Z",
        ),
        ("{% if true %}  {% assign q = 1 %}  {% endif %}|{% for i in a %} {% endfor %}|", "||"),
        ("{% unless t %}a{% elsif t %}b{% else %}c{% endunless %}", "b"),
        ("{% # a\n  # b -%} z", "z"),
    ]);
}

#[test]
fn partials() {
    check(&[
        (
            "{% include 'p' %}|{% include 'p', x: 1 %}|{% include 'p' with k as x %}|{% include 'p' for a as x %}",
            "()|(1)|(x)|(1)(2)(3)",
        ),
        (
            "{% render 'p', x: 1 %}|{% render 'p' with k as x %}|{% render 'p' for (1..2) as x %}",
            "(1)|(x)|(1)(2)",
        ),
        (
            "{% assign x = 4 %}{% render 'p' %}{% include 'p' %}{% include 'set' %}{{ y }}{% render 'set' %}{{ w }}",
            "()(4)YW",
        ),
        (
            "{% for i in a %}{% render 'fl' %}{% endfor %}|{% render 'fl' for a as i %}",
            "[][][]|[11][22][33]",
        ),
        ("{% for i in a %}{% include 'brk' %}{{ i }}{% endfor %}|", "|"),
    ]);
}

#[test]
fn filters() {
    check(&[
        (
            "{{ a | join: ', ', }}|{{ nested | first | last }}|{{ nested | concat: a | size }}",
            "1, 2, 3|2|6",
        ),
        (
            "{{ 5 | divided_by: 2 }}|{{ 5.0 | divided_by: 2 }}|{{ '5.5' | plus: '1' }}|{{ 3 | times: 1.1 }}",
            "2|2.5|6.5|3.3",
        ),
        (
            "{{ 'abc' | slice: -2, 1 }}|{{ 'a,b,,c,,' | split: ',' | size }}|{{ 2.5 | round }}",
            "b|4|3",
        ),
        (
            "{{ false | default: 1, allow_false: true }}|{{ el | default: 2 }}|{{ 0 | default: 3 }}",
            "false|2|0",
        ),
    ]);
}

#[test]
fn what_ruby_refuses_is_refused() {
    for text in [
        "{{ a | nope }}",
        "{% if %}{% endif %}",
        "{% if a == %}{% endif %}",
        "{% assign x %}",
        "{{ 'a }}",
        "{{ a",
        "{% if a %}",
        "{% endif %}",
        "{% for i a %}{% endfor %}",
        "{% cycle %}",
        "{{ a[ }}",
        "{{ a. }}",
        "{{ 5 | divided_by: 0 }}",
        "{{ 5 | modulo: 0 }}",
        "{{ a | concat: nil }}",
        "{% if 1 < '2' %}x{% endif %}",
        "{% for i in a limit: 'x' %}{% endfor %}",
        "{% # a\n b %}",
        "{% render %}",
        "{% include 'nope' %}",
        "{% case %}{% when 1 %}{% endcase %}",
        "{% capture %}{% endcapture %}",
        "{% if t %}{% endfor %}{% endif %}",
        "{% raw %}x",
        "{% comment %}x",
        "{% nope %}",
        "{% tablerow i in a foo: 1 %}{% endtablerow %}",
    ] {
        assert!(render(text).is_err(), "{text}");
    }
}
