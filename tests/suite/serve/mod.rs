//! `bengal serve`: what it answers, what pages hear when the site changes, and what it leaves behind.

mod client;
mod hostile;
mod plugins;

use std::fs;
use std::net::TcpListener;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{JSON, Site, differences, run, tree};
use client::{Running, Server, command};

const FILES: &[(&str, &str)] = &[
    ("bengal.yaml", "base_url: https://example.org\n"),
    ("content/a.md", "---\ntitle: A\n---\nText.\n"),
    ("content/docs/b.md", "---\ntitle: B\ndraft: true\n---\nDraft.\n"),
    ("templates/page.liquid", "<body>{{ page.permalink }} {{ page.content }}</body>"),
    ("static/style.css", "p { color: red }\n"),
    ("static/data.bin", "0123456789"),
];

fn number(status: &Value, key: &str) -> u64 {
    status[key].as_u64().unwrap()
}

/// Whether pages served before this are old, and whether their styles are.
fn old(status: &Value) -> (bool, bool) {
    let build = number(status, "build");
    (number(status, "pages") == build, number(status, "styles") == build)
}

#[test]
fn pages_are_served_with_the_script_and_other_files_as_they_are() {
    let site = Site::new(FILES);
    let server = Server::start(&site, &[]);
    let page = server.get("/a/");
    assert_eq!(
        (page.status(), page.header("content-type")),
        (200, "text/html; charset=utf-8".into())
    );
    assert_eq!(page.header("cache-control"), "no-store");
    let url = &server.url;
    let start =
        format!("<body>{url}a/ <p>Text.</p>\n<script src=\"/.bengal/reload.js\" data-build=");
    assert!(page.text().starts_with(&start), "{}", page.text());
    assert!(page.text().ends_with("</script></body>"), "{}", page.text());
    let file = fs::read_to_string(server.output().join("a/index.html")).unwrap();
    assert_eq!(file, format!("<body>{url}a/ <p>Text.</p>\n</body>"), "the file is as it was built");
    assert_eq!(server.get("/docs/b/").status(), 200, "drafts are shown");
    let style = server.get("/style.css?x=1");
    assert_eq!((style.status(), style.text().as_str()), (200, "p { color: red }\n"));
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    let script = server.get("/.bengal/reload.js");
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
    assert!(script.text().contains("EventSource"));
    let part = server.request("GET", "/data.bin", "Range: bytes=3-5\r\n");
    assert_eq!((part.status(), part.text().as_str()), (206, "345"));
    assert_eq!(part.header("content-range"), "bytes 3-5/10");
}

#[test]
fn what_is_not_there_is_the_sites_404_and_a_folder_wants_its_slash() {
    let site = Site::new(FILES);
    let server = Server::start(&site, &[]);
    for path in ["/nowhere", "/a/index.html/", "/style.css/", "/a/nowhere.png", "/.bengal/other"] {
        let answer = server.get(path);
        assert_eq!(answer.status(), 404, "{path}");
        assert!(answer.text().starts_with("404\n<script"), "{path}: {}", answer.text());
    }
    let answer = server.get("/a?x=%20y");
    assert_eq!((answer.status(), answer.header("location")), (301, "/a/?x=%20y".into()));
    assert_eq!(server.get("/a/index.html").status(), 200);
}

#[test]
fn get_and_head_are_answered_and_nothing_else() {
    let site = Site::new(FILES);
    let server = Server::start(&site, &[]);
    for path in ["/a/", "/style.css", "/nowhere", "/a"] {
        let (get, head) = (server.get(path), server.request("HEAD", path, ""));
        assert_eq!(head.status(), get.status(), "{path}");
        assert_eq!(head.body(), b"", "{path}");
        for name in ["content-length", "content-type", "location"] {
            assert_eq!(head.header(name), get.header(name), "{path}");
        }
    }
    for path in ["/", "/a/", "/.bengal/events", "/.bengal/reload.js", "/nowhere"] {
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "MKCOL"] {
            let answer = server.request(method, path, "");
            assert_eq!((answer.status(), answer.header("allow")), (405, "GET, HEAD".into()));
        }
    }
}

#[test]
fn a_site_under_a_path_is_served_there() {
    let site = Site::new(FILES);
    site.write("bengal.yaml", "base_url: https://example.org/sub\n");
    let server = Server::start(&site, &[]);
    assert!(server.url.ends_with("/sub/"), "{}", server.url);
    let page = server.get("/sub/a/");
    assert!(page.text().starts_with(&format!("<body>{}a/ ", server.url)), "{}", page.text());
    for path in ["/", "/sub"] {
        let answer = server.get(path);
        assert_eq!((answer.status(), answer.header("location")), (301, "/sub/".into()), "{path}");
    }
    assert_eq!(server.get("/a/").status(), 404);
}

#[cfg(unix)]
#[test]
fn links_in_the_output_lead_nowhere_else_and_unfinished_files_are_not_served() {
    let site = Site::new(FILES);
    site.write("secret.txt", "SECRET");
    let server = Server::start(&site, &[]);
    let output = server.output();
    std::os::unix::fs::symlink(site.path("secret.txt"), output.join("link.txt")).unwrap();
    std::os::unix::fs::symlink(site.root(), output.join("link")).unwrap();
    std::os::unix::fs::symlink("../state", output.join("state")).unwrap();
    std::os::unix::fs::symlink(site.path("secret.txt"), output.join("docs/index.html"))
        .unwrap_err();
    std::os::unix::fs::symlink("a", output.join("within")).unwrap();
    fs::create_dir_all(output.join(".bengal-tmp")).unwrap();
    fs::write(output.join(".bengal-tmp/0"), "SECRET").unwrap();
    assert!(
        std::process::Command::new("mkfifo").arg(output.join("pipe")).status().unwrap().success()
    );
    for path in ["/link.txt", "/link/secret.txt", "/state/lock", "/.bengal-tmp/0", "/pipe"] {
        let answer = server.get(path);
        assert_eq!(answer.status(), 404, "{path}");
        assert!(!answer.text().contains("SECRET"), "{path}");
    }
    assert_eq!(server.get("/within/").status(), 200);
}

#[test]
fn an_edit_makes_pages_old_and_an_edit_of_styles_only_styles() {
    let site = Site::new(FILES);
    let server = Server::start(&site, &[]);
    let mut events = server.events();
    let first = events.next();
    assert_eq!(first["diagnostics"], json!([]));
    site.write("content/a.md", "---\ntitle: A\n---\nMore.\n");
    let status = events.until(|status| old(status).0);
    assert!(server.get("/a/").text().contains("<p>More.</p>"));
    assert!(number(&status, "build") > number(&first, "build"));
    site.write("static/style.css", "p { color: blue }\n");
    assert_eq!(old(&events.until(|status| old(status).1)), (false, true));
    assert_eq!(server.get("/style.css").text(), "p { color: blue }\n");
    site.write("content/new/page.md", "New.\n");
    events.until(|_| server.get("/new/page/").status() == 200);
    fs::remove_dir_all(site.path("content/new")).unwrap();
    events.until(|_| server.get("/new/page/").status() == 404);
    // Who comes later hears where things stand, at once.
    assert!(number(&server.events().next(), "build") > number(&status, "build"));
}

#[test]
fn what_comes_into_being_later_is_watched_too() {
    let site = Site::bare(&[("content/a.md", "Text.\n")]);
    let server = Server::start(&site, &[]);
    let text = |path: &str| server.get(path).text();
    site.write("bengal.yaml", "title: Named\n");
    server.built_until(|| text("/").contains("Named"));
    site.write("templates/page.liquid", "mine {{ page.content }}");
    server.built_until(|| text("/a/").starts_with("mine"));
    site.write("templates/page.liquid", "ours {{ page.content }}");
    server.built_until(|| text("/a/").starts_with("ours"));
    fs::remove_dir_all(site.path("templates")).unwrap();
    server.built_until(|| !text("/a/").starts_with("ours"));
    site.write("templates/page.liquid", "again {{ page.content }}");
    server.built_until(|| text("/a/").starts_with("again"));
    site.write("templates/page.liquid", "last {{ page.content }}");
    server.built_until(|| text("/a/").starts_with("last"));
}

#[test]
fn a_configuration_elsewhere_is_watched() {
    let site = Site::new(FILES);
    let config = site.parent().join("own.yaml");
    fs::write(&config, "title: One\n").unwrap();
    site.write("templates/home.liquid", "{{ site.title }}");
    let server = Server::start(&site, &["-c", config.to_str().unwrap()]);
    assert!(server.get("/").text().starts_with("One"));
    fs::write(&config, "title: Two\n").unwrap();
    server.built_until(|| server.get("/").text().starts_with("Two"));
}

#[test]
fn while_something_is_wrong_the_last_build_is_served_and_pages_are_told() {
    let site = Site::new(FILES);
    let server = Server::start(&site, &[]);
    let mut events = server.events();
    let wrong = |status: &Value| !status["diagnostics"].as_array().unwrap().is_empty();
    for (file, text, code, place) in [
        ("bengal.yaml", "title: [x]\n", "config-value", "bengal.yaml"),
        ("templates/page.liquid", "{% if %}", "template-syntax", "templates/page.liquid"),
        ("content/a.md", "---\na: b: c\n---\n", "front-matter-syntax", "content/a.md"),
    ] {
        let before = fs::read_to_string(site.path(file)).unwrap();
        let stands = server.get("/docs/b/").text().contains("<p>Draft.</p>");
        assert!(stands, "before {file}");
        site.write(file, text);
        let status = events.until(wrong);
        let diagnostic = &status["diagnostics"][0];
        assert_eq!(
            (&diagnostic["code"], &diagnostic["place"]["file"]),
            (&json!(code), &json!(place))
        );
        assert!(text.contains(diagnostic["place"]["excerpt"].as_str().unwrap()), "{diagnostic}");
        for (page, text) in [("/a/", "<p>Text.</p>"), ("/docs/b/", "<p>Draft.</p>")] {
            assert!(server.get(page).text().contains(text), "{page} with a wrong {file}");
        }
        site.write(file, before);
        events.until(|status| !wrong(status));
    }
    fs::rename(site.path("content"), site.path("aside")).unwrap();
    let status = events.until(|status| status["failure"].is_string());
    assert!(status["failure"].as_str().unwrap().contains("no folder `content`"), "{status}");
    assert_eq!(server.get("/a/").status(), 200);
    fs::rename(site.path("aside"), site.path("content")).unwrap();
    events.until(|status| status["failure"].is_null());
    site.write("content/a.md", "Again.\n");
    events.until(|_| server.get("/a/").text().contains("Again."));
}

#[test]
fn drafts_are_left_out_where_that_is_asked_for() {
    let site = Site::new(FILES);
    let server = Server::start(&site, &["--no-drafts"]);
    assert_eq!((server.get("/docs/b/").status(), server.get("/a/").status()), (404, 200));
}

#[test]
fn the_next_free_port_is_taken_and_said() {
    let site = Site::new(FILES);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let server = Server::start_on(port, &site, &[]);
    let own: u16 = server.host().rsplit_once(':').unwrap().1.parse().unwrap();
    assert!(own > port && server.get("/a/").status() == 200, "{own}");
}

#[test]
fn what_cannot_be_served_at_all_gives_2() {
    let site = Site::new(FILES);
    let temporary = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str]| {
        let run = run(&mut command(&site, &temporary, arguments));
        assert_eq!(run.code, Some(2), "{arguments:?}: {}", run.stderr);
        run
    };
    assert!(refused(&["--host", "192.0.2.1"]).stderr.contains("192.0.2.1"));
    refused(&["--port", "many"]);
    refused(&["-c", "nowhere.yaml"]);
    site.write("bengal.yaml", "title: [x]\n");
    let json = refused(&[&["--port", "0"], JSON].concat());
    assert_eq!(json.messages().pop().unwrap()["reason"], "build-finished");
    assert_eq!(tree(temporary.path()).len(), 0, "nothing is left behind");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_and_nothing_is_left_behind() {
    let site = Site::new(FILES);
    for signal in ["-INT", "-TERM", "-HUP"] {
        let before = tree(site.parent());
        let mut server = Server::start(&site, &[]);
        let _listening = server.events();
        site.write("content/c.md", "For a while.\n");
        server.built_until(|| server.get("/c/").status() == 200);
        fs::remove_file(site.path("content/c.md")).unwrap();
        server.built_until(|| server.get("/c/").status() == 404);
        assert!(server.output().join("a/index.html").exists());
        assert_eq!(server.stop(signal), Some(0), "{signal}");
        assert_eq!(tree(server.temporary.path()).len(), 0, "{signal}");
        assert_eq!(differences(&before, &tree(site.parent())), [""; 0], "{signal}");
    }
}

#[test]
fn a_build_beside_it_waits_for_nothing_and_sets_off_nothing() {
    let site = Site::new(FILES);
    let server = Server::start(&site, &[]);
    let mut events = server.events();
    let first = number(&events.next(), "build");
    assert_eq!(site.build(&[]).code, Some(0));
    assert!(site.read("a/index.html").contains("https://example.org/a/"));
    site.write("content/a.md", "More.\n");
    assert_eq!(number(&events.until(|status| old(status).0), "build"), first + 1);
}

#[test]
fn people_are_told_where_it_is_and_what_changed_in_a_line_each() {
    use std::io::{BufRead, BufReader};
    let site = Site::new(FILES);
    let temporary = tempfile::tempdir().unwrap();
    let mut command = command(&site, &temporary, &["--port", "0"]);
    let mut running = Running(command.stdout(Stdio::piped()).spawn().unwrap());
    let stdout = BufReader::new(running.0.stdout.take().unwrap());
    let mut lines = stdout.lines().map_while(Result::ok);
    let mut line = || lines.next().unwrap();
    assert!(line().starts_with("serving at http://127.0.0.1:"));
    assert!(line().starts_with("built 5 pages in "));
    site.write("content/a.md", "More.\n");
    let told = line();
    assert!(told.starts_with("content/a.md: rebuilt 5 pages in "), "{told}");
}
