//! The classes of highlighted code, and which of them a syntax's scopes belong to.
//!
//! The classes are those that Pygments made, and that Rouge and Chroma write too, so that the style
//! sheets that are there for these serve here. Source: <https://pygments.org/docs/tokens/>.
//!
//! **Invariant:** what is of a class does not depend on the theme, so a page need not be made again
//! for another.

use rustc_hash::FxHashMap;
use syntect::parsing::{ClearAmount, Scope, ScopeStackOp};

/// What a stretch of code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class(u8);

/// A class: its name in HTML, and a scope that themes colour as it should look.
struct Entry {
    name: &'static str,
    scope: &'static str,
}

/// Every class; the first is plain text, which is put into no element.
const CLASSES: &[Entry] = &[
    Entry { name: "", scope: "source" },
    Entry { name: "c", scope: "comment.line" },
    Entry { name: "s", scope: "string.quoted.double" },
    Entry { name: "se", scope: "constant.character.escape" },
    Entry { name: "si", scope: "constant.other.placeholder" },
    Entry { name: "sr", scope: "string.regexp" },
    Entry { name: "m", scope: "constant.numeric" },
    Entry { name: "kc", scope: "constant.language" },
    Entry { name: "no", scope: "constant.other" },
    Entry { name: "k", scope: "keyword.control" },
    Entry { name: "kd", scope: "storage.modifier" },
    Entry { name: "kt", scope: "storage.type" },
    Entry { name: "o", scope: "keyword.operator" },
    Entry { name: "nf", scope: "entity.name.function" },
    Entry { name: "nb", scope: "support.function" },
    Entry { name: "nc", scope: "entity.name.class" },
    Entry { name: "nt", scope: "entity.name.tag" },
    Entry { name: "na", scope: "entity.other.attribute-name" },
    Entry { name: "nl", scope: "support.type.property-name" },
    Entry { name: "nd", scope: "variable.annotation" },
    Entry { name: "nv", scope: "variable.parameter" },
    Entry { name: "bp", scope: "variable.language" },
    Entry { name: "cp", scope: "meta.preprocessor" },
    Entry { name: "gh", scope: "markup.heading" },
    Entry { name: "gs", scope: "markup.bold" },
    Entry { name: "ge", scope: "markup.italic" },
    Entry { name: "gi", scope: "markup.inserted" },
    Entry { name: "gd", scope: "markup.deleted" },
    Entry { name: "gu", scope: "meta.diff.range" },
    Entry { name: "gp", scope: "comment.line" },
];

/// Which class scopes are of: of the prefixes that fit a scope, the longest counts. A scope that none
/// fits is of the class of what it stands in.
const SCOPES: &[(&str, &str)] = &[
    // What is embedded begins anew.
    ("source", ""),
    ("text", ""),
    ("meta.interpolation", ""),
    ("meta.template.expression", ""),
    ("markup.raw.code-fence", ""),
    ("comment", "c"),
    ("string", "s"),
    ("string.regexp", "sr"),
    ("constant", "no"),
    ("constant.character", "s"),
    ("constant.character.escape", "se"),
    ("constant.character.entity", "se"),
    ("constant.numeric", "m"),
    ("constant.language", "kc"),
    ("constant.other.placeholder", "si"),
    ("constant.other.color", "m"),
    ("constant.other.datetime", "m"),
    ("keyword", "k"),
    ("keyword.declaration", "kd"),
    ("keyword.operator", "o"),
    ("keyword.operator.word", "k"),
    ("keyword.operator.logical.python", "k"),
    ("keyword.other.unit", "m"),
    ("storage", "kd"),
    ("storage.type", "kt"),
    ("storage.type.class", "kd"),
    ("storage.type.enum", "kd"),
    ("storage.type.function", "kd"),
    ("storage.type.impl", "kd"),
    ("storage.type.js", "kd"),
    ("storage.type.keyword", "kd"),
    ("storage.type.module", "kd"),
    ("storage.type.string", "s"),
    ("storage.type.struct", "kd"),
    ("storage.type.trait", "kd"),
    ("storage.type.ts", "kd"),
    ("storage.type.tsx", "kd"),
    ("storage.modifier.lifetime", "nl"),
    ("entity.name", "nc"),
    ("entity.name.constant", "no"),
    ("entity.name.function", "nf"),
    ("entity.name.label", "nl"),
    ("entity.name.macro", "nf"),
    ("entity.name.section", "gh"),
    ("entity.name.table", "gh"),
    ("entity.name.tag", "nt"),
    ("entity.other.attribute-name", "na"),
    ("entity.other.inherited-class", "nc"),
    ("entity.other.jinja2.delimiter", "cp"),
    ("entity.other.jinja2.delimiter.comment", "c"),
    ("entity.other.pseudo-class", "nd"),
    ("entity.other.pseudo-element", "nd"),
    ("support", "nb"),
    ("support.class", "nc"),
    ("support.constant", "kc"),
    // Any function that is called.
    ("support.function.rust", "nf"),
    ("support.macro", "nf"),
    ("support.type", "kt"),
    ("support.type.custom-property", "nl"),
    ("support.type.property-name", "nl"),
    ("variable.annotation", "nd"),
    ("variable.function", "nf"),
    ("variable.language", "bp"),
    ("variable.other.global", "nv"),
    ("variable.other.jinja2", "nv"),
    ("variable.other.php", "nv"),
    ("variable.other.readwrite.assignment.shell", "nv"),
    ("variable.other.readwrite.global", "nv"),
    ("variable.other.readwrite.instance", "nv"),
    ("variable.other.readwrite.shell", "nv"),
    ("variable.parameter", "nv"),
    ("variable.parameter.option", "na"),
    ("punctuation.definition.variable", "nv"),
    ("meta.annotation", "nd"),
    ("meta.decorator", "nd"),
    ("meta.diff.header", "gh"),
    ("meta.diff.range", "gu"),
    ("meta.mapping.key.json", "nt"),
    ("markup.bold", "gs"),
    ("markup.deleted", "gd"),
    ("markup.heading", "gh"),
    ("markup.inserted", "gi"),
    ("markup.italic", "ge"),
    ("markup.quote", "ge"),
    ("markup.raw", "s"),
    ("markup.underline.link", "s"),
];

impl Class {
    /// Plain text.
    pub const PLAIN: Self = Self(0);

    /// Its name as a class in HTML; empty for plain text.
    pub fn name(self) -> &'static str {
        CLASSES[usize::from(self.0)].name
    }

    /// The scope by which a theme tells how it looks.
    pub(super) fn scope(self) -> &'static str {
        CLASSES[usize::from(self.0)].scope
    }

    /// Every class but plain text.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (1..).map(Self).take(CLASSES.len() - 1)
    }

    /// The class called `name`; plain text where there is none.
    pub(super) fn of(name: &str) -> Self {
        let index = CLASSES.iter().position(|class| class.name == name);
        Self(index.and_then(|index| u8::try_from(index).ok()).unwrap_or(0))
    }
}

/// Finds the class of a scope.
pub(super) struct ScopeClasses {
    /// The longest first.
    prefixes: Vec<(Scope, Class)>,
    known: FxHashMap<Scope, Option<Class>>,
}

impl ScopeClasses {
    pub fn new() -> Self {
        let class = |(scope, name): &(&str, &str)| Some((Scope::new(scope).ok()?, Class::of(name)));
        let mut prefixes: Vec<_> = SCOPES.iter().filter_map(class).collect();
        prefixes.sort_by_key(|(scope, _)| std::cmp::Reverse(scope.len()));
        Self { prefixes, known: FxHashMap::default() }
    }

    /// The class of `scope` itself; `None` where it is of what it stands in.
    fn of(&mut self, scope: Scope) -> Option<Class> {
        *self.known.entry(scope).or_insert_with(|| {
            let fits = self.prefixes.iter().find(|(prefix, _)| prefix.is_prefix_of(scope));
            fits.map(|(_, class)| *class)
        })
    }
}

/// The class at a place of the code, as scopes open and close.
#[derive(Default)]
pub(super) struct ClassStack {
    classes: Vec<Class>,
    cleared: Vec<Vec<Class>>,
}

impl ClassStack {
    /// The class that code is of here.
    pub fn class(&self) -> Class {
        self.classes.last().copied().unwrap_or(Class::PLAIN)
    }

    /// Follows what the syntax did.
    pub fn apply(&mut self, op: &ScopeStackOp, scopes: &mut ScopeClasses) {
        match op {
            ScopeStackOp::Push(scope) => {
                let here = self.class();
                let class = scopes.of(*scope).unwrap_or(here);
                // The string that is a key is shown as a key.
                let is_key = here == Class::of("nt") && class == Class::of("s");
                self.classes.push(if is_key { here } else { class });
            }
            ScopeStackOp::Pop(count) => {
                self.classes.truncate(self.classes.len().saturating_sub(*count));
            }
            ScopeStackOp::Clear(amount) => {
                let kept = match amount {
                    ClearAmount::TopN(count) => self.classes.len().saturating_sub(*count),
                    ClearAmount::All => 0,
                };
                self.cleared.push(self.classes.split_off(kept));
            }
            ScopeStackOp::Restore => self.classes.extend(self.cleared.pop().unwrap_or_default()),
            ScopeStackOp::Noop => {}
        }
    }

    /// Begins anew.
    pub fn clear(&mut self) {
        self.classes.clear();
        self.cleared.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_agree() {
        for (scope, name) in SCOPES {
            assert_eq!(Class::of(name).name(), *name, "{scope}");
            assert!(Scope::new(scope).is_ok(), "{scope}");
        }
        for class in Class::all() {
            assert_eq!(Class::of(class.name()), class);
        }
        assert_eq!(Class::all().count(), CLASSES.len() - 1);
    }

    #[test]
    fn the_longest_prefix_counts_and_what_none_fits_is_inherited() {
        let mut scopes = ScopeClasses::new();
        let mut of = |scope| scopes.of(Scope::new(scope).unwrap()).map(Class::name);
        assert_eq!(of("constant.character.escape.rust"), Some("se"));
        assert_eq!(of("constant.character.rust"), Some("s"));
        assert_eq!(of("constantine"), None);
        assert_eq!(of("punctuation.definition.string.begin.rust"), None);
    }

    #[test]
    fn cleared_scopes_come_back() {
        let (mut stack, mut scopes) = (ClassStack::default(), ScopeClasses::new());
        let push = |scope| ScopeStackOp::Push(Scope::new(scope).unwrap());
        let mut apply = |op| {
            stack.apply(&op, &mut scopes);
            stack.class().name()
        };
        assert_eq!(apply(push("source.x")), "");
        assert_eq!(apply(push("string.quoted.x")), "s");
        assert_eq!(apply(push("punctuation.x")), "s");
        assert_eq!(apply(ScopeStackOp::Clear(ClearAmount::TopN(2))), "");
        assert_eq!(apply(ScopeStackOp::Restore), "s");
        assert_eq!(apply(ScopeStackOp::Clear(ClearAmount::All)), "");
        assert_eq!(apply(push("comment.x")), "c");
        assert_eq!(apply(ScopeStackOp::Pop(9)), "");
    }

    #[test]
    fn a_string_that_is_a_key_is_a_key() {
        let (mut stack, mut scopes) = (ClassStack::default(), ScopeClasses::new());
        for scope in ["source.json", "meta.mapping.key.json", "string.quoted.double.json"] {
            stack.apply(&ScopeStackOp::Push(Scope::new(scope).unwrap()), &mut scopes);
        }
        assert_eq!(stack.class().name(), "nt");
    }
}
