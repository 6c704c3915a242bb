//! The page as a browser shows it. Its pictures are in `docs/pictures`; `RTBOOT_BLESS=1` makes them anew.

use std::sync::atomic::{AtomicI64, Ordering};

use rtboot::line::SlotPhase;
use rtboot_ledger::Ledger;
use serde_json::Value as Json;

use super::browser::Browser;
use super::{Served, attempt, eight_slots, set_up, slot};
use crate::kit;

fn keep(name: &str, picture: &[u8]) {
    assert!(picture.starts_with(b"\x89PNG"), "{name}");
    if std::env::var_os("RTBOOT_BLESS").is_some() {
        let folder = kit::root().join("docs/pictures");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(name), picture).expect("written");
    }
}

/// That the page said nothing to its console and asked nobody else.
fn assert_quiet(browser: &Browser, served: &Served) {
    assert_eq!(browser.complaints, Vec::<Json>::new());
    let own = format!("http://{}/", served.page.address());
    for url in &browser.asked {
        assert!(url.starts_with(&own), "{url}");
    }
    assert!(
        browser.asked.iter().any(|url| url.ends_with("/page.css")),
        "{:?}",
        browser.asked
    );
}

#[test]
fn a_change_arrives_in_the_browser() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let served = Served::new();
    eight_slots(&served.watch);
    browser.look(1920, 1080, "dark");
    browser.open(&format!("http://{}/", served.page.address()));
    let word =
        |name: &str| format!("document.querySelector('[data-name={name}] .word').innerText.trim()");
    for (name, shown) in [("A", "PASS"), ("B", "43 %"), ("D", "READY"), ("H", "OUT")] {
        browser.until(&format!("{} === '{shown}'", word(name)));
    }
    // what did not change stays the same element
    browser.value("document.querySelector('[data-name=A]').marked = true");
    served.watch.change(|state| {
        state.slots[1].phase = SlotPhase::Passed { took_ms: 4_312 };
        state.counts.passed += 1;
    });
    browser.until(&format!("{} === 'PASS'", word("B")));
    browser.until("document.querySelector('.counts .pass dd').innerText === '413'");
    assert_eq!(
        browser.value("document.querySelector('[data-name=A]').marked"),
        true
    );
    browser.until("document.getElementById('said').textContent.includes('Slot B: PASS')");
    browser.until("document.getElementById('beat').textContent !== ''");

    // another number of slots, with a name that would be a tag
    served.watch.change(|state| {
        state.slots.truncate(2);
        state.slots.push(slot(
            "<img src=x onerror=alert(1)>",
            "usb:1-9",
            SlotPhase::Empty,
            None,
        ));
    });
    browser.until("document.querySelectorAll('.slot').length === 3");
    assert_eq!(
        browser.value("document.querySelectorAll('#live img').length"),
        0
    );
    assert_quiet(&browser, &served);

    // the station goes: the page must not look alive
    served.page.stop();
    browser.until("!document.getElementById('lost').hidden");
}

#[test]
fn the_wall_screen_is_readable_in_dark_and_light() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let served = Served::new();
    eight_slots(&served.watch);
    let url = format!("http://{}/", served.page.address());
    for (width, height, scheme, name) in [
        (1920, 1080, "dark", Some("line-page.png")),
        (1280, 800, "light", None),
        (390, 844, "dark", None),
    ] {
        browser.look(width, height, scheme);
        browser.open(&url);
        browser.until("document.getElementById('beat').textContent !== ''");
        // nothing is cut off at the side, and the state is in large letters
        let wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth";
        assert_eq!(browser.value(wide), true, "{width} × {height}");
        let size = "parseFloat(getComputedStyle(document.querySelector('.word')).fontSize)";
        let size = browser.value(size).as_f64().unwrap_or_default();
        assert!(size >= 32.0, "{size} at {width} × {height}");
        let cut = "[...document.querySelectorAll('.slot .word span')].filter((it) => \
                   it.getBoundingClientRect().right > it.closest('.slot').getBoundingClientRect().right).length";
        assert_eq!(browser.value(cut), 0, "{width} × {height}");
        let picture = browser.picture(false);
        if let Some(name) = name {
            keep(name, &picture);
        }
        look_at(&format!("wall-{width}-{scheme}.png"), &picture);
    }
    // all of it at once, from the other side of the room
    browser.look(1920, 1080, "light");
    let high = "document.documentElement.scrollHeight <= 1080";
    assert_eq!(browser.value(high), true);
    look_at("wall-1920-light.png", &browser.picture(false));
    assert_quiet(&browser, &served);
}

/// Nine hours of a shift, with a pause and an hour in which a slot's pins were bad.
fn shift(ledger: &mut Ledger) {
    let mut n = 0;
    for (hour, units) in (0i64..).zip([38, 52, 55, 12, 57, 54, 49, 56, 31]) {
        for i in 0..units {
            n += 1;
            // from 06:00 of that day, in UTC
            NOW.store(
                1_795_672_800_000 + hour * 3_600_000 + i * 60_000,
                Ordering::SeqCst,
            );
            let failure = match (hour, n % 25) {
                (5, 3 | 7 | 11 | 19 | 23) | (_, 7) => Some(("verify", "verify")),
                (_, 13) if n % 2 == 0 => Some(("device-gone", "program")),
                (_, 21) if n % 3 == 0 => Some(("erase-failed", "erase")),
                _ => None,
            };
            let slot = match failure {
                Some(_) if hour == 5 => "C",
                _ => ["A", "B", "C", "D"][n as usize % 4],
            };
            attempt(ledger, n, slot, failure);
        }
    }
}

static NOW: AtomicI64 = AtomicI64::new(0);

#[test]
fn a_day_is_drawn() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let mut served = Served::new();
    served.ledger = served.ledger.with_clock(|| NOW.load(Ordering::SeqCst));
    set_up(&mut served.ledger);
    shift(&mut served.ledger);
    for (path, name) in [
        ("day?day=2026-11-26", Some("line-day.png")),
        ("units", None),
        ("units?q=000005", None),
    ] {
        for scheme in ["dark", "light"] {
            browser.look(1280, 900, scheme);
            browser.open(&format!("http://{}/{path}", served.page.address()));
            let wide =
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth";
            assert_eq!(browser.value(wide), true, "{path}");
            let picture = browser.picture(true);
            if let (Some(name), "light") = (name, scheme) {
                keep(name, &picture);
            }
            look_at(
                &format!("{}-{scheme}.png", path.replace(['?', '='], "-")),
                &picture,
            );
        }
    }
    browser.open(&format!(
        "http://{}/unit/{}",
        served.page.address(),
        super::uid(5)
    ));
    look_at("unit.png", &browser.picture(true));
    assert_quiet(&browser, &served);
}

#[test]
fn without_script_the_page_comes_again_by_itself() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let served = Served::new();
    eight_slots(&served.watch);
    browser.call(
        "Emulation.setScriptExecutionDisabled",
        serde_json::json!({ "value": true }),
    );
    browser.open(&format!("http://{}/", served.page.address()));
    let shown = "document.querySelector('[data-name=B] .word').innerText.trim()";
    assert_eq!(browser.value(shown), "43 %");
    served
        .watch
        .change(|state| state.slots[1].phase = SlotPhase::Passed { took_ms: 4_312 });
    for _ in 0..500 {
        std::thread::sleep(std::time::Duration::from_millis(100));
        // a question that meets the page as it goes has no answer
        if browser.maybe(shown) == "PASS" {
            return;
        }
    }
    panic!("the page did not come again");
}

/// For whoever changes the page: all pictures in a folder of theirs.
fn look_at(name: &str, picture: &[u8]) {
    if let Some(folder) = std::env::var_os("RTBOOT_PICTURES") {
        std::fs::write(std::path::Path::new(&folder).join(name), picture).expect("written");
    }
}
