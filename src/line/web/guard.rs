//! Who may ask, and what: names of hosts, origins, the token, sizes.

use std::net::IpAddr;

use hyper::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};
use hyper::http::request::Parts;
use hyper::http::uri::Authority;
use hyper::{Method, StatusCode};

use super::Error;

/// Fewest characters of a token.
pub(super) const LEAST_TOKEN: usize = 16;
/// Longest address of a page, in bytes.
pub(super) const LONGEST_ADDRESS: usize = 1024;

/// A secret that allows to stop the line. Only its SHA-256 is kept.
#[derive(Clone)]
pub struct Token([u8; 32]);

impl Token {
    /// From a text that nobody guesses.
    ///
    /// # Errors
    /// [`Error::ShortToken`].
    pub fn new(text: &str) -> Result<Token, Error> {
        let count = text.chars().count();
        if count < LEAST_TOKEN || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(Error::ShortToken(count));
        }
        Ok(Token(hmac_sha256::Hash::hash(text.as_bytes())))
    }

    /// Whether this is it. The time that it takes says nothing about where it differs.
    pub(super) fn is(&self, text: &[u8]) -> bool {
        let given = hmac_sha256::Hash::hash(text);
        let differ = |differ: u8, (a, b): (&u8, &u8)| differ | (a ^ b);
        let differ = self.0.iter().zip(&given).fold(0, differ);
        std::hint::black_box(differ) == 0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

/// Why a request is refused: status and a sentence.
pub(super) type Refusal = (StatusCode, &'static str);

/// Holds for every request, before it is looked at.
pub(super) fn check(parts: &Parts, names: &[String]) -> Result<(), Refusal> {
    let uri = &parts.uri;
    if uri.path().len() + uri.query().unwrap_or_default().len() > LONGEST_ADDRESS {
        return Err((StatusCode::URI_TOO_LONG, "The address is too long."));
    }
    let host = one(&parts.headers, &HOST).ok_or((
        StatusCode::BAD_REQUEST,
        "The request names no host, or several.",
    ))?;
    // an address in the absolute form has its own host, which counts as much
    let absolute = uri.authority().map(Authority::as_str);
    if ![Some(host), absolute]
        .into_iter()
        .flatten()
        .all(|host| is_ours(host, names))
    {
        return Err((
            StatusCode::MISDIRECTED_REQUEST,
            "This station does not go by that name. Ask by its address, or name it in the line's settings.",
        ));
    }
    if is_foreign(&parts.headers) {
        return Err((StatusCode::FORBIDDEN, "Another site may not ask this page."));
    }
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        let origin_is_ours = match parts.headers.contains_key(ORIGIN) {
            // a program, not a browser: the token decides
            false => true,
            true => one(&parts.headers, &ORIGIN).is_some_and(|origin| is_origin_of(origin, host)),
        };
        if !origin_is_ours {
            return Err((
                StatusCode::FORBIDDEN,
                "Another site may not act on this page.",
            ));
        }
    }
    Ok(())
}

/// A header that is there once, as text.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut all = headers.get_all(name).into_iter().map(HeaderValue::to_str);
    match (all.next(), all.next()) {
        (Some(Ok(text)), None) => Some(text),
        _ => None,
    }
}

/// Whether a host's name cannot be another site's that points here (DNS rebinding): an address, `localhost`, or a name that the
/// caller gave. The port does not matter: a tunnel has another one.
fn is_ours(host: &str, names: &[String]) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host();
    // nothing before it, and nothing behind it but a port
    let port = host
        .strip_prefix(name)
        .map(|rest| rest.strip_prefix(':').unwrap_or(rest));
    if !port.is_some_and(|port| port.bytes().all(|digit| digit.is_ascii_digit())) {
        return false;
    }
    let address = name.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    address.unwrap_or(name).parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || names.iter().any(|ours| name.eq_ignore_ascii_case(ours))
}

fn is_origin_of(origin: &str, host: &str) -> bool {
    let ours = |scheme: &str| {
        origin
            .strip_prefix(scheme)
            .is_some_and(|it| it.eq_ignore_ascii_case(host))
    };
    ours("http://") || ours("https://")
}

/// Whether a page of another site asks in the background. Following a link from there is no such thing.
fn is_foreign(headers: &HeaderMap) -> bool {
    let is = |name: &str, value: &str| {
        headers
            .get(name)
            .is_some_and(|it| it.as_bytes() == value.as_bytes())
    };
    (is("sec-fetch-site", "cross-site") || is("sec-fetch-site", "same-site"))
        && !is("sec-fetch-mode", "navigate")
}

/// The token of `Authorization: Bearer`.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = one(headers, &AUTHORIZATION)?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

/// What every answer carries.
pub(super) const HEADERS: [(&str, &str); 8] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), microphone=(), geolocation=()",
    ),
    ("cache-control", "no-store"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_an_address_or_a_given_name() {
        let names = ["line-1.factory.example".to_owned()];
        for ours in [
            "127.0.0.1",
            "127.0.0.1:8080",
            "[::1]:8080",
            "192.168.1.7:8080",
            "localhost",
            "LOCALHOST:9",
            "Line-1.factory.example:8080",
        ] {
            assert!(is_ours(ours, &names), "{ours}");
        }
        for foreign in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.nip.io",
            "127.0.0.1@evil.example",
            "evil.example@127.0.0.1",
            "localhost.",
            "line-1.factory.example.evil",
            "[::1].evil",
            "127.1",
            "0x7f000001",
        ] {
            assert!(!is_ours(foreign, &names), "{foreign}");
        }
    }

    #[test]
    fn an_origin_is_the_host_it_asks() {
        assert!(is_origin_of("http://127.0.0.1:8080", "127.0.0.1:8080"));
        for foreign in [
            "null",
            "",
            "http://127.0.0.1:81",
            "http://evil.example",
            "ftp://127.0.0.1:8080",
        ] {
            assert!(!is_origin_of(foreign, "127.0.0.1:8080"), "{foreign}");
        }
    }

    #[test]
    fn a_token_is_long_and_itself() {
        let text = "correct-horse-battery";
        let token = Token::new(text).unwrap();
        assert!(token.is(text.as_bytes()));
        for wrong in [
            "",
            "correct-horse-batterz",
            "correct-horse-battery ",
            "Correct-horse-battery",
        ] {
            assert!(!token.is(wrong.as_bytes()), "{wrong}");
        }
        assert_eq!(format!("{token:?}"), "Token");
        assert!(matches!(Token::new("short"), Err(Error::ShortToken(5))));
        assert!(matches!(
            Token::new("with spaces between them"),
            Err(Error::ShortToken(_))
        ));
    }
}
