//! What languages are called: names that people write, for those that the syntaxes know.

/// How a block is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It has no language.
    Plain,
    /// It is source code.
    Source,
    /// It is what stood in a terminal: prompts with commands, and what these have said.
    Session,
}

/// Names that no syntax has, for one that a syntax has; an empty one is plain text. Sorted.
const ALIASES: &[(&str, &str)] = &[
    ("cjs", "js"),
    ("csharp", "cs"),
    ("django", "html.j2"),
    ("docker", "dockerfile"),
    ("elisp", "lisp"),
    ("emacs-lisp", "lisp"),
    ("gohtml", "html.j2"),
    ("golang", "go"),
    ("gotmpl", "html.j2"),
    ("handlebars", "html"),
    ("hbs", "html"),
    ("json5", "js"),
    ("jsonc", "json"),
    ("jsonl", "json"),
    ("jsx", "tsx"),
    ("ksh", "sh"),
    ("liquid", "html.j2"),
    ("mdx", "md"),
    ("mjs", "js"),
    ("mysql", "sql"),
    ("njk", "html.j2"),
    ("none", ""),
    ("nunjucks", "html.j2"),
    ("objc", "m"),
    ("objectivec", "m"),
    ("output", ""),
    ("pgsql", "sql"),
    ("plain", ""),
    ("plaintext", ""),
    ("postgres", "sql"),
    ("postgresql", "sql"),
    ("pycon", "py"),
    ("python3", "py"),
    ("scheme", "lisp"),
    ("shell", "sh"),
    ("shellscript", "sh"),
    ("sqlite", "sql"),
    ("text", ""),
    ("txt", ""),
    ("udiff", "diff"),
];

/// The names of sessions in a terminal. Their commands are the shell's.
const SESSIONS: &[&str] = &["console", "shell-session", "shellsession", "sh-session", "terminal"];

/// What the syntax of `language` is called, and how to read it. What begins with `{` is a directive of
/// another program.
pub(super) fn resolve(language: &str) -> (&str, Kind) {
    let is = |name: &str| name.eq_ignore_ascii_case(language);
    if language.is_empty() || language.starts_with('{') {
        return ("", Kind::Plain);
    }
    if SESSIONS.iter().any(|name| is(name)) {
        return ("sh", Kind::Session);
    }
    match ALIASES.iter().find(|(alias, _)| is(alias)) {
        Some((_, "")) => ("", Kind::Plain),
        Some((_, name)) => (name, Kind::Source),
        None => (language, Kind::Source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alias_leads_to_a_syntax_and_none_is_needless() {
        let syntaxes = two_face::syntax::extra_newlines();
        for (alias, name) in ALIASES {
            let found = |name: &str| syntaxes.find_syntax_by_token(name).is_some();
            assert!(name.is_empty() || found(name), "{name}");
            assert!(!found(alias) || *alias == "txt", "{alias} is known");
        }
        assert!(ALIASES.iter().map(|(alias, _)| alias).is_sorted());
    }

    #[test]
    fn usual_names_are_known() {
        let syntaxes = two_face::syntax::extra_newlines();
        let names = "rust rs sh bash zsh js javascript ts typescript tsx jsx py python json yaml yml \
                     toml html css scss xml c cpp c++ csharp go java kotlin swift ruby rb php lua sql \
                     diff patch dockerfile makefile markdown md ini nginx haskell liquid jinja2 nix \
                     zig elixir perl r scala graphql vue";
        for name in names.split_whitespace() {
            let (token, kind) = resolve(name);
            assert_eq!(kind, Kind::Source, "{name}");
            assert!(syntaxes.find_syntax_by_token(token).is_some(), "{name}");
        }
    }
}
