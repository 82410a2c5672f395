//! Whatever a template can do again and again takes from one budget: each of these ends when it is spent.

use jiff::tz::TimeZone;

use super::{Partial, Partials, Scene};
use crate::date::Date;
use crate::error::{Fault, SyntaxError};
use crate::filters::JEKYLL;
use crate::host::{File, Host, NoSite};
use crate::language::Language;
use crate::limits::{Budget, Limit};
use crate::tags;
use crate::template::Template;
use crate::value::{Object, Value};

#[derive(Debug)]
struct Names(Value<'static>);

impl Object for Names {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.0.field(name)
    }

    fn names<'s>(&'s self, _each: &mut dyn FnMut(&'s str)) {}
}

/// A page's folder in which every path is one file.
#[derive(Debug)]
struct Folder {
    text: &'static str,
    template: Result<Template, SyntaxError>,
}

impl Folder {
    fn new(text: &'static str) -> Self {
        let parsed = language().parse("f.md", text);
        let template = parsed.map_err(|faults| faults.into_iter().next().expect("a fault"));
        Self { text, template }
    }
}

impl Host for Folder {
    fn url_of_file(&self, path: &str) -> Option<String> {
        Some(path.to_owned())
    }

    fn url_of_post(&self, name: &str) -> Option<String> {
        Some(name.to_owned())
    }

    fn file_beside(&self, path: &str) -> Result<File, String> {
        match path {
            "missing.md" => Err("it is not there".to_owned()),
            _ => Ok(File { name: "f.md".to_owned(), text: self.text.to_owned() }),
        }
    }

    fn highlight(
        &self,
        code: &str,
        language: &str,
        numbered: bool,
        budget: &Budget,
    ) -> Result<String, Limit> {
        NoSite.highlight(code, language, numbered, budget)
    }

    fn markdown(&self, text: &str, budget: &Budget) -> Result<String, Limit> {
        NoSite.markdown(text, budget)
    }
}

impl Partials for Folder {
    fn partial(&self, _name: &str) -> Partial<'_> {
        Partial::Missing
    }

    fn keep(&self, _file: File) -> Result<&Template, SyntaxError> {
        self.template.as_ref().map_err(Clone::clone)
    }
}

fn language() -> Language {
    let mut language = Language::new();
    language.add_builtins(JEKYLL);
    tags::jekyll().into_iter().for_each(|tag| language.add_tag(tag));
    language
}

/// What `text` gives with a folder in which every file is `file`, and so much work.
fn render(
    text: &str,
    file: &'static str,
    work: u64,
) -> Result<String, Box<crate::error::RenderError>> {
    let template = language().parse("t", text).expect(text);
    let fields: serde_json::Map<String, serde_json::Value> =
        (0..1_000).map(|number| (number.to_string(), number.into())).collect();
    let data = serde_json::json!({"object": fields, "page": {"kind": "note"}});
    let (globals, nothing) = (Names(Value::from_json(&data)), Names(Value::Nil));
    let folder = Folder::new(file);
    let scene = Scene {
        lasting: &nothing,
        globals: &globals,
        partials: &folder,
        memo: None,
        now: Date::default(),
        zone: &TimeZone::UTC,
        seed: "",
        host: &folder,
        watch: crate::watch::Watch::NONE,
        strict: false,
    };
    let mut out = String::new();
    template.render_within(scene, Budget::of_work(work), &mut out).map(|_| out)
}

#[test]
fn all_that_is_dear_takes_from_one_budget() {
    // A text of 16 KiB; the same with large letters; a list that holds one of 2,000 numbers.
    let before = "{% assign a = 'abcdefgh' %}{% for i in (1..11) %}{% assign a = a | append: a %}{% endfor %}\
        {% assign n = (1..2000) | reverse %}{% assign b = '' | split: '' | push: n %}\
        {% assign t = '' | split: '' %}{% for i in (1..9) %}{% assign t = t | push: a %}{% endfor %}";
    let each = [
        "{{ a | markdownify | size }}",
        "{% highlight x %}{{ a }}{% endhighlight %}",
        "{% link x.md %}{% post_url x %}",
        "{% include_relative x.md %}",
        "{{ n | jsonify | size }}",
        "{% if a.size > 1 %}{% endif %}",
        "{% if object.size > 1 %}{% endif %}",
        "{% if object.first %}{% endif %}",
        "{% for x in object limit: 1 %}{% endfor %}",
        "{{ object | size }}",
        "{% if b == b %}{% endif %}",
        "{% if b contains n %}{% endif %}",
        "{% if 'a' contains b %}{% endif %}",
        "{% case b %}{% when b %}{% endcase %}",
        "{{ b | compact | size }}",
        "{{ b | sum }}",
        "{{ t | where: 'x', b | size }}",
        "{{ b | number_of_words }}",
        "{{ b | push: 1 | size }}",
        "{{ t | sort | size }}",
        "{{ t | sort_natural | size }}",
        "{{ t | sort: nil, 'last' | size }}",
        "{{ t | uniq | size }}",
        "{{ t | map: 'zz' | size }}",
        "{{ t | group_by: 'a' | size }}",
        "{{ n | where_exp: 'x', 'x == 1' | size }}",
        "{{ n | group_by_exp: 'x', 'x' | size }}",
        "{{ '' | replace: a, '' }}",
        "{{ page[a] }}{{ [a] }}",
        "{% capture c %}{{ a }}{% endcapture %}",
        "{% ifchanged %}{{ a }}{% endifchanged %}",
        "{% cycle i: 1, 2 %}{% cycle a: 1, 2 %}",
    ];
    for each in each {
        let text = format!("{before}{{% for i in (1..4000000) %}}{each}{{% endfor %}}");
        let error = render(&text, "x", 1 << 24).expect_err(each);
        assert_eq!(error.kind, Fault::Limit(Limit::Work), "{each}");
        let once = format!("{before}{{% for i in (1..2) %}}{each}{{% endfor %}}");
        assert!(render(&once, "x", 1 << 24).is_ok(), "{each}");
    }
}

#[test]
fn a_loop_around_much_markup_is_more_work_than_one_around_little() {
    for many in [
        "{{ x }}".repeat(500),
        format!("{{{{ 1{} }}}}", " | plus: 1".repeat(500)),
        format!("{{{{ x{} }}}}", ".y".repeat(1_000)),
        format!("{{% if x{} %}}{{% endif %}}", " or x".repeat(500)),
        format!("{{% if x %}}{}{{% endif %}}", "{% elsif x %}".repeat(500)),
        format!("{{% case x %}}{}{{% endcase %}}", "{% when 1 %}".repeat(500)),
    ] {
        let looped = |body: &str| {
            let text = format!("{{% for i in (1..1000) %}}{body}{{% endfor %}}");
            render(&text, "", 1 << 20).map(drop).map_err(|error| error.kind)
        };
        assert_eq!(looped(&many), Err(Fault::Limit(Limit::Work)), "{}", &many[..40]);
        assert_eq!(looped("{{ x }}"), Ok(()));
    }
}

#[test]
fn variables_end() {
    let many = |tag: &str| -> String {
        (0..2_001).map(|number| tag.replace('N', &number.to_string())).collect()
    };
    for tag in ["{% assign aN = 1 %}", "{% capture aN %}{% endcapture %}", "{% increment aN %}"] {
        let error = render(&many(tag), "", 1 << 30).expect_err(tag);
        assert_eq!(error.kind, Fault::Limit(Limit::Variables), "{tag}");
    }
}

#[test]
fn files_that_include_themselves_end() {
    for file in
        ["{% include_relative f.md %}", "{% include_relative f.md %}{% include_relative f.md %}"]
    {
        let error = render(file, file, 1 << 30).expect_err(file);
        assert_eq!(error.kind, Fault::Limit(Limit::IncludeDepth), "{file}");
    }
}

#[test]
fn a_file_beside_the_page_sees_the_variables_there_and_leaves_its_own() {
    for (text, file, expected) in [
        ("{% assign x = 1 %}{% include_relative f.md %}", "[{{ x }}]", "[1]"),
        (
            "{% include_relative f.md a='b' c=page.kind %}",
            "{{ include.a }}{{ include.c }}",
            "bnote",
        ),
        ("{% include_relative 'f.md' %}{{ y }}", "{% assign y = 2 %}", "2"),
        ("{% include_relative {{ page.kind }}s/f-{{ 1 }}.md a='x' %}", "{{ include.a }}", "x"),
        (
            "{% for i in (1..2) %}{% include_relative f.md %}{% endfor %}",
            "{{ i }}{{ forloop.last }}",
            "1false2true",
        ),
        (
            "{% include_relative f.md a=\"say \\\"hi\\\" 'x'\" %}",
            "{{ include.a }}",
            "say \"hi\" 'x'",
        ),
    ] {
        assert_eq!(render(text, file, 1 << 30).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_wrong_in_a_file_beside_the_page_stands_there() {
    let error =
        render("ab{% include_relative f.md %}", "x{% nope %}", 1 << 30).expect_err("it is wrong");
    assert_eq!(error.kind, Fault::Syntax("no tag is named `nope`".to_owned()));
    assert_eq!((&*error.place.template, error.place.offset), ("f.md", 4));
    assert_eq!((&*error.included_from[0].template, error.included_from[0].offset), ("t", 2));
    let error =
        render("{% include_relative missing.md %}", "", 1 << 30).expect_err("it is not there");
    assert_eq!(error.kind.to_string(), "include_relative: it is not there");
}
