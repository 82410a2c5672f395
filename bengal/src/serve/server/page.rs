//! What becomes of a page on its way out: the script that reloads it goes in. The file stays as it is.

use super::routes::SCRIPT;

/// `html`, served after build number `build`, with the reload script at the end of its body.
pub(super) fn with_script(mut html: Vec<u8>, build: u64) -> Vec<u8> {
    const END: &[u8] = b"</body>";
    let script = format!("<script src=\"{SCRIPT}\" data-build=\"{build}\" async></script>");
    let end = html.windows(END.len()).rposition(|part| part.eq_ignore_ascii_case(END));
    let end = end.unwrap_or(html.len());
    html.splice(end..end, script.into_bytes());
    html
}

/// The page for what is not there, where the site has none of its own.
pub(super) const NOT_FOUND: &str = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
     <meta name=\"color-scheme\" content=\"light dark\"><title>Not found</title>\
     <body><h1>Not found</h1><p>The site has no such page.</p></body></html>\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_goes_to_the_end_of_the_body_or_of_what_there_is() {
        let with = |html: &str| {
            let html = String::from_utf8(with_script(html.into(), 7)).unwrap();
            html.replace("<script src=\"/.bengal/reload.js\" data-build=\"7\" async></script>", "+")
        };
        assert_eq!(with("<body><p></body></html>"), "<body><p>+</body></html>");
        assert_eq!(with("<pre>&lt;</body></pre></BODY>"), "<pre>&lt;</body></pre>+</BODY>");
        assert_eq!(with("<p>fragment"), "<p>fragment+");
        assert_eq!(with(""), "+");
    }
}
