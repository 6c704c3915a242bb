//! Routes: which address gives what.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Either, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};
use jiff::civil::Date;
use maud::Markup;
use rtboot_ledger::{Export, Report, Uid};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::clock::Clock;
use super::events::{Events, Form, Shot};
use super::guard::{self, HEADERS};
use super::pages::{self, Frame};
use super::reader::{NoAnswer, Reader};
use super::server::Connection;
use super::{Options, Stop};
use crate::line::Watch;

/// Longest text of a search, in characters.
const LONGEST_SEARCH: usize = 100;
/// Units of a list at most.
const MOST_UNITS: u32 = 100;
/// Attempts of a unit at most.
const MOST_ATTEMPTS: u32 = 200;
/// Largest body of a request, in bytes.
const BODY_LIMIT: usize = 4096;
/// How long a body may take.
const BODY_TIME: Duration = Duration::from_secs(5);
/// Largest export of a day, in bytes.
const EXPORT_LIMIT: usize = 32 << 20;
/// How long a day's figures are shown to others who ask for them.
const FRESH: Duration = Duration::from_secs(3);
/// How long a wrong token is thought about.
const WRONG_TOKEN: Duration = Duration::from_millis(500);

const CSS: &str = include_str!("assets/page.css");
const SCRIPT: &str = include_str!("assets/live.js");
const ICON: &str = include_str!("assets/icon.svg");

const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

type Body = Either<Full<Bytes>, Events>;
type Answer = Result<Response<Body>, Fault>;

/// A request without its page.
struct Fault {
    status: StatusCode,
    words: String,
}

impl Fault {
    fn new(status: StatusCode, words: impl Into<String>) -> Fault {
        Fault {
            status,
            words: words.into(),
        }
    }

    fn not_found() -> Fault {
        Fault::new(StatusCode::NOT_FOUND, "There is no such page.")
    }
}

impl From<guard::Refusal> for Fault {
    fn from((status, words): guard::Refusal) -> Fault {
        Fault::new(status, words)
    }
}

impl From<NoAnswer> for Fault {
    fn from(no: NoAnswer) -> Fault {
        let words = match no {
            NoAnswer::Busy => "The ledger takes too long. Try again in a moment.".into(),
            NoAnswer::Ledger(error) => format!("The ledger cannot be read: {error}."),
        };
        Fault::new(StatusCode::SERVICE_UNAVAILABLE, words)
    }
}

/// The days whose figures were asked for last.
type Fresh = Option<(Date, Instant, Arc<Report>)>;

/// All that an answer is made of.
pub(super) struct Site {
    names: Vec<String>,
    stop: Option<Stop>,
    clock: Clock,
    watch: Watch,
    shots: watch::Receiver<Arc<Shot>>,
    reader: Reader,
    listeners: Arc<Semaphore>,
    fresh: Mutex<Fresh>,
}

impl Site {
    pub(super) fn new(
        options: Options,
        clock: Clock,
        watch: Watch,
        shots: watch::Receiver<Arc<Shot>>,
        reader: Reader,
    ) -> Site {
        Site {
            names: options.names,
            stop: options.stop,
            clock,
            watch,
            shots,
            reader,
            listeners: Arc::new(Semaphore::new(options.limits.listeners)),
            fresh: Mutex::new(None),
        }
    }

    /// The answer to any request.
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
        connection: Arc<Connection>,
    ) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let answer = match guard::check(&parts, &self.names) {
            Ok(()) => self.route(&parts, body, connection).await,
            Err(refusal) => Err(refusal.into()),
        };
        let mut response = answer.unwrap_or_else(|fault| self.fault(parts.uri.path(), &fault));
        for (name, value) in HEADERS {
            response.headers_mut().insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        response
    }

    async fn route(&self, parts: &Parts, body: Incoming, connection: Arc<Connection>) -> Answer {
        let path = parts.uri.path();
        match (&parts.method, path) {
            (&Method::POST, "/stop") => return self.stop(parts, body).await,
            (&Method::GET | &Method::HEAD, _) => {}
            _ => {
                let fault = Fault::new(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "This page only reads: GET and HEAD.",
                );
                let mut refused = self.fault(path, &fault);
                let allowed = match path {
                    "/stop" => "GET, HEAD, POST",
                    _ => "GET, HEAD",
                };
                refused
                    .headers_mut()
                    .insert(header::ALLOW, HeaderValue::from_static(allowed));
                return Ok(refused);
            }
        }
        match path {
            "/" => {
                let (_, state) = self.watch.now();
                Ok(self.page(&self.frame("Line", "/"), &pages::live(&state)))
            }
            "/units" => self.units(parts).await,
            "/day" => self.day(parts).await,
            "/export.csv" => self.export(parts, Export::Csv).await,
            "/export.json" => self.export(parts, Export::Json).await,
            "/export.xml" => self.export(parts, Export::Junit).await,
            "/stop" if self.stop.is_some() => {
                Ok(self.page(&self.frame("Stop", "/stop"), &pages::stop(None)))
            }
            "/api/state" => Ok(full(
                "application/json",
                Shot::of(self.watch.now()).json().to_owned(),
            )),
            "/api/events" => self.events(parts, connection),
            "/page.css" => Ok(full("text/css; charset=utf-8", CSS)),
            "/live.js" => Ok(full("text/javascript; charset=utf-8", SCRIPT)),
            "/icon.svg" => Ok(full("image/svg+xml", ICON)),
            _ => match path.strip_prefix("/unit/") {
                Some(uid) => self.unit(uid).await,
                None => Err(Fault::not_found()),
            },
        }
    }

    fn frame(&self, title: &str, here: &'static str) -> Frame {
        Frame {
            title: title.to_owned(),
            here,
            can_stop: self.stop.is_some(),
        }
    }

    fn page(&self, frame: &Frame, content: &Markup) -> Response<Body> {
        full(HTML, pages::page(frame, content).into_string())
    }

    /// In HTML for people; in plain text where a program asked.
    fn fault(&self, path: &str, fault: &Fault) -> Response<Body> {
        let mut response = match path.starts_with("/api/") || path.starts_with("/export.") {
            true => full(TEXT, format!("{}\n", fault.words)),
            false => {
                let reason = fault.status.canonical_reason().unwrap_or("Error");
                self.page(
                    &self.frame(reason, ""),
                    &pages::fault(fault.status.as_u16(), &fault.words),
                )
            }
        };
        *response.status_mut() = fault.status;
        if fault.status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }

    async fn units(&self, parts: &Parts) -> Answer {
        let text = query(parts, "q").unwrap_or_default().trim().to_owned();
        if text.chars().count() > LONGEST_SEARCH {
            return Err(Fault::new(
                StatusCode::BAD_REQUEST,
                format!("A search has {LONGEST_SEARCH} characters at most."),
            ));
        }
        let asked = text.clone();
        let found = self
            .reader
            .ask(move |ledger| ledger.units(&asked, MOST_UNITS))
            .await?;
        let content = pages::units(&text, &found, MOST_UNITS as usize, &self.clock);
        Ok(self.page(&self.frame("Units", "/units"), &content))
    }

    async fn unit(&self, text: &str) -> Answer {
        let uid = Uid::from_hex(text).map_err(|error| {
            Fault::new(
                StatusCode::BAD_REQUEST,
                format!("That is no unit: {error}."),
            )
        })?;
        let (attempts, numbers) = self
            .reader
            .ask(move |ledger| {
                let attempts = ledger.attempts_on(uid, MOST_ATTEMPTS)?;
                Ok((attempts, ledger.numbers_of(uid)?))
            })
            .await?;
        if attempts.is_empty() {
            return Err(Fault::new(
                StatusCode::NOT_FOUND,
                format!("The ledger has no unit {uid}."),
            ));
        }
        let content = pages::unit(&uid.to_string(), &numbers, &attempts, &self.clock);
        Ok(self.page(&self.frame(&format!("Unit {uid}"), "/units"), &content))
    }

    fn day_asked(&self, parts: &Parts) -> Result<Date, Fault> {
        match query(parts, "day") {
            None => Ok(self.clock.today()),
            Some(text) => Clock::day_of(&text).ok_or_else(|| {
                Fault::new(StatusCode::BAD_REQUEST, "A day is written as 2026-11-28.")
            }),
        }
    }

    async fn day(&self, parts: &Parts) -> Answer {
        let day = self.day_asked(parts)?;
        let fresh = self
            .fresh
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .filter(|(of, made, _)| *of == day && made.elapsed() < FRESH);
        let report = match fresh {
            Some((.., report)) => report,
            None => {
                let span = self.clock.span(day);
                let report = self.reader.ask(move |ledger| ledger.report(span)).await?;
                let report = Arc::new(report);
                *self.fresh.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some((day, Instant::now(), Arc::clone(&report)));
                report
            }
        };
        let content = pages::day(day, &report, &self.clock);
        Ok(self.page(&self.frame(&format!("Day {day}"), "/day"), &content))
    }

    async fn export(&self, parts: &Parts, form: Export) -> Answer {
        let day = self.day_asked(parts)?;
        let span = self.clock.span(day);
        let bytes = self
            .reader
            .ask(move |ledger| {
                let mut bytes = AtMost::default();
                match ledger.export(form, span, &mut bytes) {
                    Err(_) if bytes.full => Ok(None),
                    done => done.map(|_| Some(bytes.bytes)),
                }
            })
            .await?
            .ok_or_else(|| {
                Fault::new(
                    StatusCode::INSUFFICIENT_STORAGE,
                    "The day has too many attempts for the page: export it on the station.",
                )
            })?;
        let (kind, ending) = match form {
            Export::Csv => ("text/csv; charset=utf-8", "csv"),
            Export::Json => ("application/x-ndjson", "json"),
            Export::Junit => ("application/xml", "xml"),
        };
        let mut response = full(kind, bytes);
        let name = format!("attachment; filename=\"line-{day}.{ending}\"");
        if let Ok(name) = HeaderValue::from_str(&name) {
            response
                .headers_mut()
                .insert(header::CONTENT_DISPOSITION, name);
        }
        Ok(response)
    }

    fn events(&self, parts: &Parts, connection: Arc<Connection>) -> Answer {
        let form = match query(parts, "as").as_deref() {
            None | Some("json") => Form::Json,
            Some("html") => Form::Html,
            Some(_) => {
                return Err(Fault::new(
                    StatusCode::BAD_REQUEST,
                    "Events come as json or html.",
                ));
            }
        };
        let kind = "text/event-stream";
        if parts.method == Method::HEAD {
            return Ok(full(kind, ""));
        }
        let Ok(place) = Arc::clone(&self.listeners).try_acquire_owned() else {
            return Err(Fault::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "Too many screens follow this line.",
            ));
        };
        connection.set_streams();
        let events = Events::start(
            self.shots.clone(),
            form,
            self.clock.clone(),
            place,
            connection,
        );
        Ok(response(kind, Either::Right(events)))
    }

    async fn stop(&self, parts: &Parts, body: Incoming) -> Answer {
        let forbidden = |words: &str| Err(Fault::new(StatusCode::FORBIDDEN, words));
        let Some(stop) = &self.stop else {
            return forbidden("This page only reads.");
        };
        let by_program = guard::bearer(&parts.headers);
        let is_right = match by_program {
            Some(token) => stop.token.is(token.as_bytes()),
            None => {
                let form = form(parts, body).await?;
                let mut fields = form_urlencoded::parse(&form);
                fields.any(|(name, value)| name == "token" && stop.token.is(value.as_bytes()))
            }
        };
        if !is_right {
            tokio::time::sleep(WRONG_TOKEN).await;
            return forbidden("The token is not the one that this line was started with.");
        }
        (stop.act)();
        let words = "No unit is begun any more. Units that run are finished.";
        Ok(match by_program {
            Some(_) => full(TEXT, format!("{words}\n")),
            None => self.page(&self.frame("Stop", "/stop"), &pages::stop(Some(words))),
        })
    }
}

/// The body of a form, with limits of size and time.
async fn form(parts: &Parts, body: Incoming) -> Result<Bytes, Fault> {
    let too_large = || Fault::new(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large.");
    let kind = parts
        .headers
        .get(header::CONTENT_TYPE)
        .map(HeaderValue::as_bytes);
    if !kind.is_some_and(|kind| kind.starts_with(b"application/x-www-form-urlencoded")) {
        return Err(Fault::new(
            StatusCode::FORBIDDEN,
            "To stop the line takes a token: as a form's field, or as Authorization: Bearer.",
        ));
    }
    if body.size_hint().lower() > BODY_LIMIT as u64 {
        return Err(too_large());
    }
    match timeout(BODY_TIME, Limited::new(body, BODY_LIMIT).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Fault::new(
            StatusCode::BAD_REQUEST,
            "The request broke off.",
        )),
        Err(_) => Err(Fault::new(
            StatusCode::REQUEST_TIMEOUT,
            "The request took too long.",
        )),
    }
}

/// The first field of this name in the address.
fn query(parts: &Parts, name: &str) -> Option<String> {
    let mut fields = form_urlencoded::parse(parts.uri.query()?.as_bytes());
    fields
        .find(|(field, _)| field == name)
        .map(|(_, value)| value.into_owned())
}

fn full(kind: &'static str, bytes: impl Into<Bytes>) -> Response<Body> {
    response(kind, Either::Left(Full::new(bytes.into())))
}

fn response(kind: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// Bytes up to [`EXPORT_LIMIT`].
#[derive(Default)]
struct AtMost {
    bytes: Vec<u8>,
    full: bool,
}

impl Write for AtMost {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len() + bytes.len() > EXPORT_LIMIT {
            self.full = true;
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
