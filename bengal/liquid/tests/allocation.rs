//! What rendering allocates: nothing, for values that the model holds.

#![expect(unsafe_code, reason = "a global allocator")]

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use bengal_liquid::language::Language;
use bengal_liquid::memo::Memo;
use common::{Files, Globals, Lasting, Site, scene};

thread_local! {
    /// Allocations of this thread.
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: `System` does the work; counting touches nothing of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: as this function's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as this function's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations of rendering `text` for a second time into one buffer.
fn allocations(text: &str) -> u64 {
    let site = Site::new(20);
    let (lasting, files, memo) = (Lasting(Site::new(20)), Files::default(), Memo::new());
    let globals = Globals(&site.pages[1]);
    let template = Language::new().parse("t", text).expect("a template");
    let mut out = String::new();
    for _ in 0..2 {
        out.clear();
        template
            .render(scene(&lasting, &globals, &files, Some(&memo)), &mut out)
            .expect("it renders");
    }
    out.clear();
    let before = COUNT.get();
    template.render(scene(&lasting, &globals, &files, Some(&memo)), &mut out).expect("it renders");
    assert!(!out.is_empty());
    COUNT.get() - before
}

#[test]
fn what_the_model_holds_is_rendered_without_an_allocation() {
    for text in [
        "{{ page.title }} {{ page.weight }} {{ page.tags.size }} {{ page.tags[0] }} {{ 1.5 }}",
        "{% for p in site.pages %}{{ forloop.index }} {{ p.url }}{% for tag in p.tags %}
         {{ forloop.last }}{{ tag }}{% cycle 'a', 'b' %}{% endfor %}{% endfor %}",
        "{% if page.kind == 'page' and page.tags contains 'rust' %}{% assign t = page.title %}{{ t }}
         {% endif %}{% case page.kind %}{% when 'page' %}x{% endcase %}{% increment n %}",
        "{{ page.title | default: 'none' }}{{ page.tags | first }}{{ page.weight | plus: 2 }}",
        "{% assign all = site.pages | where: 'kind', 'page' | sort: 'date' | reverse %}
         {% for p in all limit: 5 %}{{ p.title }}{% endfor %}",
        "{% tablerow tag in page.tags %}{{ tag }}{% endtablerow %}",
    ] {
        let most = u64::from(text.contains("tablerow"));
        let count = allocations(text);
        assert!(count <= most, "{count} allocations, not {most}: {text}");
    }
}

#[test]
fn a_text_that_a_filter_makes_takes_two_allocations() {
    // The text as it grows, and as it is shared.
    assert!(allocations("{{ page.title | upcase }}") <= 2);
    // What goes out as it came in takes none.
    assert_eq!(allocations("{{ page.url | strip | escape | downcase }}"), 0);
}

#[test]
fn a_remembered_result_costs_its_key() {
    let text = "{% assign near = site.pages | where: 'kind', page.kind %}{{ near.size }}";
    assert!(allocations(text) <= 4);
}
