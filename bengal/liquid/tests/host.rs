//! What the program that renders is told of templates and what they include.

mod common;

use std::sync::Mutex;

use bengal_liquid::host::{File, Host, NoSite};
use bengal_liquid::language::Language;
use bengal_liquid::limits::{Budget, Limit};
use bengal_liquid::render::Scene;
use bengal_liquid::template::Template;
use common::{Data, Files, scene};

/// Notes what it is told.
#[derive(Debug, Default)]
struct Notes(Mutex<Vec<String>>);

impl Notes {
    fn note(&self, text: String) {
        self.0.lock().expect("no panic").push(text);
    }
}

impl Host for Notes {
    fn url_of_file(&self, path: &str) -> Option<String> {
        NoSite.url_of_file(path)
    }

    fn url_of_post(&self, name: &str) -> Option<String> {
        NoSite.url_of_post(name)
    }

    fn file_beside(&self, path: &str) -> Result<File, String> {
        NoSite.file_beside(path)
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

    fn enter(&self, template: &Template) {
        self.note(format!("+{}", template.name()));
    }

    fn leave(&self, template: &Template, bytes: usize) {
        self.note(format!("-{} {bytes}", template.name()));
    }
}

/// What is told while `text` is rendered, with the partials `a`, `b` and `deep`.
fn told(text: &str) -> String {
    let language = Language::new();
    let parse = |name: &str, text: &str| language.parse(name, text).expect("it is right");
    let partials = [("a", "1{% include 'b' %}"), ("b", "22"), ("deep", "{% include 'deep' %}")];
    let files = partials.map(|(name, text)| (name.to_owned(), Some(parse(name, text))));
    let (files, nothing) = (Files(files.into()), Data::json("{}"));
    let (template, notes, mut out) = (parse("t", text), Notes::default(), "before".to_owned());
    let scene = Scene { host: &notes, ..scene(&nothing, &nothing, &files, None) };
    // Also what fails is told to its end.
    let _ = template.render(scene, &mut out);
    notes.0.into_inner().expect("no panic").join(" ")
}

#[test]
fn each_rendering_is_told_with_its_bytes() {
    assert_eq!(told("x{% include 'a' %}"), "+t +a +b -b 2 -a 3 -t 4");
    assert_eq!(told("{% render 'b' for (1..2) as i %}"), "+t +b -b 2 +b -b 2 -t 4");
    // What is captured is not written, and has been given all the same.
    assert_eq!(told("{% capture c %}{% include 'b' %}{% endcapture %}"), "+t +b -b 2 -t 0");
}

#[test]
fn what_fails_is_left_as_often_as_it_was_entered() {
    for text in ["{% include 'deep' %}", "x{% include 'a' %}{% include 'none' %}"] {
        let told = told(text);
        let (entered, left) = (told.matches('+').count(), told.matches('-').count());
        assert!(entered == left && entered > 1, "{told}");
        assert!(told.contains("-t "), "{told}");
    }
}
