//! By which names the server may be called.
//!
//! A page of some other site can make its visitor's browser ask this server, by a name of its own that
//! it points to 127.0.0.1 (DNS rebinding), and read the answers. So a request must call the server by
//! an address, or by a name that it goes by. Source: RFC 9110, section 7.2 and 4.2.2.

use std::net::IpAddr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};

/// The names that a server goes by.
#[derive(Debug)]
pub(in crate::serve) struct Hosts {
    /// The one it was started with.
    given: String,
    /// Whether only this machine can reach it.
    loopback: bool,
}

/// What a request is refused with.
pub(super) type Refusal = (StatusCode, &'static str);

impl Hosts {
    /// Of a server that was started with the name `given` and listens on `address`.
    pub fn new(given: &str, address: IpAddr) -> Self {
        Self { given: given.to_ascii_lowercase(), loopback: address.is_loopback() }
    }

    /// Checks what a request asks for, of whom, and on whose behalf.
    pub fn check(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        let mut named = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (named.next(), named.next()) else {
            return Err((StatusCode::BAD_REQUEST, "a request names one host\n"));
        };
        let authority = Authority::try_from(host.as_bytes());
        let known = authority.is_ok_and(|authority| self.accepts(&authority));
        if !known || uri.authority().is_some_and(|authority| !self.accepts(authority)) {
            return Err((StatusCode::FORBIDDEN, "this server does not go by that name\n"));
        }
        // A page of another origin asks: it would not be shown the answer, and gets none.
        let own = [b"http://", host.as_bytes()].concat();
        if headers.get_all(header::ORIGIN).iter().any(|origin| origin.as_bytes() != own) {
            return Err((StatusCode::FORBIDDEN, "this server answers no other origin\n"));
        }
        match *method {
            Method::GET | Method::HEAD => Ok(()),
            _ => Err((StatusCode::METHOD_NOT_ALLOWED, "this server answers GET and HEAD\n")),
        }
    }

    fn accepts(&self, authority: &Authority) -> bool {
        if authority.as_str().contains('@') {
            return false;
        }
        let host = authority.host().to_ascii_lowercase();
        match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            // Nobody can point an address elsewhere.
            Ok(address) => !self.loopback || address.is_loopback(),
            Err(_) => host == "localhost" || host.ends_with(".localhost") || host == self.given,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(hosts: &Hosts, method: &str, uri: &str, headers: &[(&str, &str)]) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = header::HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.append(name, value.parse().unwrap());
        }
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let checked = hosts.check(&method, &uri.parse().unwrap(), &map);
        checked.map_or_else(|(status, _)| status.as_u16(), |()| 200)
    }

    #[test]
    fn a_server_on_loopback_goes_by_its_own_names_only() {
        let hosts = Hosts::new("127.0.0.1", "127.0.0.1".parse().unwrap());
        for (host, status) in [
            ("127.0.0.1:4000", 200),
            ("127.0.0.1", 200),
            ("localhost:9", 200),
            ("LocalHost", 200),
            ("site.localhost:4000", 200),
            ("[::1]:4000", 200),
            ("evil.example:4000", 403),
            ("127.0.0.1.evil.example", 403),
            ("localhost.evil.example", 403),
            ("evil@localhost", 403),
            ("localhost@evil.example", 403),
            ("192.168.1.5:4000", 403),
            ("0.0.0.0", 403),
            ("localhost.", 403),
            ("", 403),
            ("a b", 403),
        ] {
            assert_eq!(check(&hosts, "GET", "/", &[("host", host)]), status, "{host:?}");
        }
        assert_eq!(check(&hosts, "GET", "/", &[]), 400);
        assert_eq!(check(&hosts, "GET", "/", &[("host", "localhost"), ("host", "localhost")]), 400);
        let host = ("host", "localhost");
        assert_eq!(check(&hosts, "GET", "http://evil.example/", &[host]), 403);
        assert_eq!(check(&hosts, "GET", "http://localhost/", &[host]), 200);
        assert_eq!(check(&hosts, "POST", "/", &[host]), 405);
        assert_eq!(check(&hosts, "HEAD", "/", &[host]), 200);
    }

    #[test]
    fn a_server_that_others_reach_goes_by_addresses_and_the_name_it_was_given() {
        let hosts = Hosts::new("Studio.local", "192.168.1.5".parse().unwrap());
        for (host, status) in [
            ("192.168.1.5:4000", 200),
            ("studio.local:4000", 200),
            ("localhost", 200),
            ("evil.example", 403),
        ] {
            assert_eq!(check(&hosts, "GET", "/", &[("host", host)]), status, "{host:?}");
        }
    }

    #[test]
    fn a_page_of_another_origin_gets_nothing() {
        let hosts = Hosts::new("127.0.0.1", "127.0.0.1".parse().unwrap());
        for (origin, status) in [
            ("http://localhost:4000", 200),
            ("http://localhost:3000", 403),
            ("https://localhost:4000", 403),
            ("http://evil.example", 403),
            ("null", 403),
        ] {
            let headers = [("host", "localhost:4000"), ("origin", origin)];
            assert_eq!(check(&hosts, "GET", "/", &headers), status, "{origin}");
        }
    }
}
