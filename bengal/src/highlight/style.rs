//! The style sheet of highlighted code, made of two themes.
//!
//! **Invariant:** every colour can be read on every background that it can stand on, whatever the
//! themes: what is too faint is made darker or lighter.

use std::fmt::Write;

use syntect::highlighting::{Color, FontStyle, Highlighter, Theme as Colours};
use syntect::parsing::Scope;
use two_face::theme::{EmbeddedLazyThemeSet, EmbeddedThemeName, extra};

use super::classes::Class;
use super::colour::Colour;

/// A theme for code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme(EmbeddedThemeName);

impl Theme {
    /// The theme where the reader prefers light, if the configuration names none.
    pub const LIGHT: Self = Self(EmbeddedThemeName::ColdarkCold);

    /// The theme where the reader prefers dark, if the configuration names none.
    pub const DARK: Self = Self(EmbeddedThemeName::ColdarkDark);

    /// The theme called `name`, but for case and what is neither letter nor digit.
    pub fn find(name: &str) -> Option<Self> {
        Self::all().find(|theme| plain(theme.name()) == plain(name))
    }

    /// The names of all themes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::all().map(Self::name)
    }

    fn name(self) -> &'static str {
        self.0.as_name()
    }

    fn all() -> impl Iterator<Item = Self> {
        use EmbeddedThemeName::{Ansi, Base16, Base16_256};
        // These have places of a terminal's palette where colours should be.
        let is_colours = |name: &EmbeddedThemeName| !matches!(name, Ansi | Base16 | Base16_256);
        EmbeddedLazyThemeSet::theme_names().iter().copied().filter(is_colours).map(Self)
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The rules that need no colour.
const LAYOUT: &str = include_str!("layout.css");

/// The style sheet with the colours of `light` and, on a screen where the reader prefers it or
/// `data-theme` of the root says so, of `dark`.
pub fn style_sheet(light: Theme, dark: Theme) -> String {
    let themes = extra();
    let [light_rules, dark_rules] = [light, dark].map(|theme| Palette::of(themes.get(theme.0)));
    let mut css = String::with_capacity(8 * 1024);
    let (light, dark) = (light.name(), dark.name());
    css.push_str(&format!("/* Code, as bengal highlights it: {light}, {dark}. */\n{LAYOUT}\n"));
    light_rules.write("", &mut css);
    css.push_str("\n@media screen and (prefers-color-scheme: dark) {\n");
    dark_rules.write_over(":root:not([data-theme=\"light\"]) ", &mut css);
    css.push_str("}\n\n@media screen {\n");
    dark_rules.write_over(":root[data-theme=\"dark\"] ", &mut css);
    css.push_str("}\n");
    css
}

/// How much of the text's colour is in the background of a marked line, and of the background's in a
/// line's number.
const MARKED: f64 = 0.1;
const FAINT: f64 = 0.4;

/// The colours of a theme.
struct Palette {
    text: Colour,
    background: Colour,
    marked: Colour,
    number: Colour,
    /// What differs from text, each with the classes that look so.
    looks: Vec<(Look, Vec<&'static str>)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    colour: Colour,
    font: FontStyle,
}

impl Palette {
    fn of(theme: &Colours) -> Self {
        let highlighter = Highlighter::new(theme);
        let default = highlighter.get_default();
        let background = colour(default.background);
        let marked = background.mixed(colour(default.foreground), MARKED);
        let readable = |colour: Colour| colour.readable_on(&[background, marked]);
        let text = readable(colour(default.foreground));
        let plain = Look { colour: text, font: FontStyle::empty() };
        let mut looks: Vec<(Look, Vec<&str>)> = Vec::new();
        for class in Class::all() {
            let scopes = ["source", class.scope()].map(Scope::new);
            let scopes: Vec<Scope> = scopes.into_iter().flatten().collect();
            let style = highlighter.style_for_stack(&scopes);
            let look = Look { colour: readable(colour(style.foreground)), font: style.font_style };
            match looks.iter_mut().find(|(other, _)| *other == look) {
                _ if look == plain => {}
                Some((_, classes)) => classes.push(class.name()),
                None => looks.push((look, vec![class.name()])),
            }
        }
        let number = readable(text.mixed(background, FAINT));
        Self { text, background, marked, number, looks }
    }

    /// Writes the rules, each selector behind `root`.
    fn write(&self, root: &str, css: &mut String) {
        let Self { text, background, marked, number, looks } = self;
        let mut rule = |selector: &str, declarations: &str| {
            let written = writeln!(css, "{root}.highlight{selector} {{ {declarations} }}");
            debug_assert!(written.is_ok(), "writing to a string never fails");
        };
        rule("", &format!("color: {text}; background: {background};"));
        rule(" mark", &format!("background: {marked}; box-shadow: -.25rem 0 {number};"));
        rule(" [data-line]::before", &format!("color: {number};"));
        for (look, classes) in looks {
            let selector = match &classes[..] {
                [class] => format!(" .{class}"),
                _ => format!(" :is(.{})", classes.join(", .")),
            };
            rule(&selector, &look.declarations());
        }
    }

    /// Writes the rules so that nothing of others shows through.
    fn write_over(&self, root: &str, css: &mut String) {
        css.push_str(&format!(
            "{root}.highlight span {{ color: inherit; font-weight: inherit; font-style: inherit; \
             text-decoration: inherit; }}\n"
        ));
        self.write(root, css);
    }
}

impl Look {
    fn declarations(self) -> String {
        let mut declarations = format!("color: {};", self.colour);
        for (font, declaration) in [
            (FontStyle::BOLD, " font-weight: 700;"),
            (FontStyle::ITALIC, " font-style: italic;"),
            (FontStyle::UNDERLINE, " text-decoration: underline;"),
        ] {
            if self.font.contains(font) {
                declarations.push_str(declaration);
            }
        }
        declarations
    }
}

fn colour(of_theme: Color) -> Colour {
    Colour([of_theme.r, of_theme.g, of_theme.b])
}

#[cfg(test)]
mod tests {
    use super::super::colour::READABLE;
    use super::*;

    #[test]
    fn every_colour_of_every_theme_can_be_read() {
        let themes = extra();
        for theme in Theme::all() {
            let palette = Palette::of(themes.get(theme.0));
            let of_classes = palette.looks.iter().map(|(look, _)| look.colour);
            let mut colours = 0;
            for colour in of_classes.chain([palette.text, palette.number]) {
                for background in [palette.background, palette.marked] {
                    let contrast = colour.contrast(background);
                    assert!(contrast >= READABLE, "{}: {colour} {contrast}", theme.name());
                }
                colours += 1;
            }
            assert!(colours > 4, "{} has {colours} colours", theme.name());
            let marked = palette.marked.contrast(palette.background);
            assert!(marked > 1.05, "{}: {marked}", theme.name());
        }
    }

    #[test]
    fn the_usual_themes_can_be_read_as_they_are() {
        let themes = extra();
        for theme in [Theme::LIGHT, Theme::DARK] {
            let highlighter = Highlighter::new(themes.get(theme.0));
            let background = colour(highlighter.get_default().background);
            for class in Class::all() {
                let scope = Scope::new(class.scope()).unwrap();
                let own = colour(highlighter.style_for_stack(&[scope]).foreground);
                assert!(own.contrast(background) >= READABLE, "{} {own}", class.name());
            }
        }
    }

    #[test]
    fn a_theme_is_found_however_its_name_is_written() {
        for name in ["OneHalfLight", "one-half-light", "onehalflight"] {
            assert_eq!(Theme::find(name).map(Theme::name), Some("OneHalfLight"), "{name}");
        }
        assert_eq!(Theme::find("solarized-dark").map(Theme::name), Some("Solarized (dark)"));
        assert_eq!((Theme::find("ansi"), Theme::find("")), (None, None));
        assert_eq!(Theme::names().count(), 29);
    }

    #[test]
    fn dark_is_for_screens_alone_and_takes_back_what_light_sets() {
        let css = style_sheet(Theme::LIGHT, Theme::DARK);
        let (light, dark) = css.split_once("@media screen and").unwrap();
        assert!(light.contains("\n.highlight .gd { color: #"), "{light}");
        assert!(dark.contains("[data-theme=\"dark\"] .highlight span { color: inherit;"));
        assert_eq!(css.matches('{').count(), css.matches('}').count());
    }
}
