//! What is looked at before a template is parsed: the crate reads and renders by recursion, and would
//! overflow the stack on a template that nests too deep.

use liquid_core::Language;

/// How deep blocks may nest in a template.
const NESTING_DEPTH: usize = 100;

/// How many `elsif` the blocks that one place is within may have: each nests in the one before it, and
/// takes some 3 KiB of stack to read in an unoptimized build. (`when` does not nest.)
const BRANCHES: usize = 400;

/// How many `and` and `or` a tag may have: each nests in the one before it.
const TERMS: usize = 500;

/// Why `text` cannot be parsed on the stack there is, if so. A block that is never closed counts to the
/// end.
pub(super) fn too_deep(text: &str, language: &Language) -> Option<String> {
    let mut open = Open::default();
    for tag in text.split("{%").skip(1) {
        let tag = tag.split("%}").next().unwrap_or_default();
        let tag = tag.trim_start_matches('-').trim_start();
        let name = tag.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        open.pass(name, language);
        if open.branches.len() > NESTING_DEPTH {
            return Some(format!("blocks are nested over {NESTING_DEPTH} deep"));
        }
        if open.total > BRANCHES {
            return Some(format!("a block has over {BRANCHES} `elsif`"));
        }
        let terms = tag.split_ascii_whitespace().filter(|word| matches!(*word, "and" | "or"));
        if terms.count() > TERMS {
            return Some(format!("a condition has over {TERMS} terms"));
        }
    }
    None
}

/// The blocks that a place is within.
#[derive(Default)]
struct Open {
    /// The branches of each so far.
    branches: Vec<usize>,
    /// Those of all.
    total: usize,
}

impl Open {
    /// Goes on behind the tag `name`.
    fn pass(&mut self, name: &str, language: &Language) {
        if language.blocks.get(name).is_some() {
            self.branches.push(0);
        } else if name.starts_with("end") {
            self.total -= self.branches.pop().unwrap_or(0);
        } else if let ("elsif", Some(branches)) = (name, self.branches.last_mut()) {
            *branches += 1;
            self.total += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::language::language;
    use super::super::scope::Root;
    use super::super::{TemplateSource, Templates};
    use super::*;
    use crate::config::Config;
    use liquid_core::model::Object;
    use liquid_core::runtime::PartialStore;

    fn reason(text: &str) -> Option<String> {
        too_deep(text, &language(&Config::default(), Default::default()))
    }

    #[test]
    fn what_nests_too_deep_is_told_apart_from_what_is_long() {
        let repeated = |open: &str, part: &str, count, close: &str| {
            format!("{open}{}{close}", part.repeat(count))
        };
        for (text, said) in [
            (repeated("", "{% if a %}", 101, ""), Some("nested over 100")),
            (repeated("{% if a %}", "{%- elsif b %}", 401, "{% endif %}"), Some("`elsif`")),
            (repeated("{% case a %}", "{%- when 1 %}", 20_000, "{% endcase %}"), None),
            (repeated("{% if a", " and a", 501, " %}{% endif %}"), Some("terms")),
            (repeated("", "{% if a or b %}{% elsif b %}{% endif %}", 5_000, ""), None),
            (repeated("{% if a", " and a", 500, " %}{% endif %}"), None),
            (repeated("{% endif %}", "a and ", 5_000, ""), None),
        ] {
            let reason = reason(&text);
            let is_as_said = match said {
                Some(said) => reason.as_ref().is_some_and(|reason| reason.contains(said)),
                None => reason.is_none(),
            };
            assert!(is_as_said, "{said:?}: {reason:?}");
        }
    }

    /// The deepest template there may be, which renders `within` at its deepest.
    fn deepest(block: &str, end: &str, within: &str) -> String {
        let terms = " or nope".repeat(TERMS);
        let inner = format!("{{% if nope{terms} %}}{{% else %}}{within}{{% endif %}}");
        let branches = "{% elsif nope %}".repeat(BRANCHES);
        let chain = format!("{{% if nope %}}{branches}{{% else %}}{inner}{{% endif %}}");
        let depth = NESTING_DEPTH - 2;
        format!("{}{chain}{}", block.repeat(depth), end.repeat(depth))
    }

    #[test]
    fn the_deepest_templates_that_include_themselves_fit_the_stack_of_a_worker() {
        let blocks = [
            ("{% for i in (1..1) %}", "{% endfor %}"),
            ("{% tablerow i in (1..1) %}", "{% endtablerow %}"),
            ("{% capture x %}", "{% endcapture %}"),
            ("{% case 1 %}{% else %}", "{% endcase %}"),
            ("{% ifchanged %}", "{% endifchanged %}"),
        ];
        for (block, end) in blocks {
            let text = deepest(block, end, "{% render 'a', x: 1 %}");
            let renders = move || {
                let source = TemplateSource { name: "a".into(), file: "a".into(), text };
                let mut reports = Vec::new();
                let templates = Templates::new(vec![source], &Config::default(), &mut reports);
                assert_eq!(reports, []);
                let globals = Object::new();
                let root = Root::new(&globals, &templates);
                let template = templates.get("a").unwrap();
                template.render_to(&mut Vec::new(), &root).unwrap_err().to_string()
            };
            // The stack of a worker, less what its own calls take.
            let worker = std::thread::Builder::new().stack_size((8 << 20) - (256 << 10));
            let error = worker.spawn(renders).unwrap().join().unwrap();
            assert!(error.contains("deep"), "{block}: {error:.300}");
        }
    }
}
