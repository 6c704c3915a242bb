//! The pages, as HTML. Everything that others chose goes through [`words`](super::words) and is escaped by the templates.

mod day;
mod live;
mod units;

use maud::{DOCTYPE, Markup, html};

pub(super) use day::{day, failures, hours, phases, totals};
pub(super) use live::{live, live_parts};
pub(super) use units::{badge, unit, units, why};

/// What is round a page's content.
pub(super) struct Frame {
    /// The title.
    pub title: String,
    /// The address of its tab; of none where it is empty.
    pub here: &'static str,
    /// Whether there is a way to stop the line.
    pub can_stop: bool,
}

/// Seconds until a browser without script asks again.
const AGAIN: &str = "5";

/// A whole page.
pub(super) fn page(frame: &Frame, content: &Markup) -> Markup {
    let tabs = [
        ("/", "Line"),
        ("/units", "Units"),
        ("/day", "Day"),
        ("/stop", "Stop"),
    ];
    let shown = tabs
        .iter()
        .filter(|(to, _)| *to != "/stop" || frame.can_stop);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="dark light";
                title { (frame.title) " – rtboot" }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/page.css";
                @if frame.here == "/" {
                    script src="/live.js" defer {}
                    noscript { meta http-equiv="refresh" content=(AGAIN); }
                }
            }
            body class=[(frame.here == "/").then_some("wall")] {
                nav aria-label="Pages" {
                    @for (to, name) in shown {
                        a href=(to) aria-current=[(*to == frame.here).then_some("page")] { (name) }
                    }
                    @if frame.here == "/" {
                        span #beat .beat aria-hidden="true" {}
                    }
                }
                main { (content) }
            }
        }
    }
}

/// Why there is no page.
pub(super) fn fault(status: u16, words: &str) -> Markup {
    html! {
        h1 { (status) }
        p .note { (words) }
        p { a href="/" { "To the line" } }
    }
}

/// The line's end: asked for, or under way.
pub(super) fn stop(done: Option<&str>) -> Markup {
    html! {
        h1 { "Stop the line" }
        @match done {
            Some(words) => {
                p .note role="status" { (words) }
                p { a href="/" { "To the line" } }
            }
            None => {
                p { "No unit is begun any more. Units that run are finished." }
                form method="post" action="/stop" {
                    label for="token" { "Token of this line" }
                    input #token type="password" name="token" autocomplete="off" required maxlength="200";
                    button type="submit" { "Stop" }
                }
            }
        }
    }
}
