//! Chromium without a window, driven over its debugging pipe: JSON with a zero behind it, on descriptors 3 and 4.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value as Json, json};

/// Ends what would hang; nothing is measured against it.
const PATIENCE: Duration = Duration::from_secs(120);

/// A browser with one page.
pub struct Browser {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Json>,
    session: String,
    last: u64,
    loads: u64,
    /// What the page said to its console, and errors.
    pub complaints: Vec<Json>,
    /// Every address that was asked for.
    pub asked: Vec<String>,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts it, if it is installed. A browser that is there and does not start fails the test.
    pub fn start() -> Option<Browser> {
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let Some(program) = names.into_iter().find(|name| is_there(name)) else {
            eprintln!("SKIPPED: no chromium, so the page was not seen in a browser");
            return None;
        };
        let profile = tempfile::tempdir().expect("a folder");
        // the shell puts the pipes where the browser wants them
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 1>&2 </dev/null", "sh", program])
            .args(["--headless=new", "--no-sandbox", "--remote-debugging-pipe"])
            .args([
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
            ])
            .args([
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
            ])
            .args([
                "--disable-extensions",
                "--disable-sync",
                "--font-render-hinting=none",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .env("HOME", profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a browser");
        let input = child.stdin.take().expect("a pipe");
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        let (send, messages) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while output
                .read_until(0, &mut message)
                .is_ok_and(|length| length > 0)
            {
                message.pop();
                if let Ok(json) = serde_json::from_slice(&message)
                    && send.send(json).is_err()
                {
                    return;
                }
                message.clear();
            }
        });
        let mut browser = Browser {
            child,
            input,
            messages,
            session: String::new(),
            last: 0,
            loads: 0,
            complaints: Vec::new(),
            asked: Vec::new(),
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", attach);
        browser.session = session["sessionId"].as_str().expect("a session").to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    fn next(&mut self) -> Json {
        let message = self.messages.recv_timeout(PATIENCE);
        let message = message.expect("the browser says something");
        let params = &message["params"];
        match message["method"].as_str() {
            Some("Runtime.consoleAPICalled" | "Runtime.exceptionThrown" | "Log.entryAdded") => {
                self.complaints.push(params.clone());
            }
            Some("Network.requestWillBeSent") => {
                let url = params["request"]["url"].as_str().unwrap_or_default();
                self.asked.push(url.to_owned());
            }
            Some("Page.loadEventFired") => self.loads += 1,
            _ => {}
        }
        message
    }

    /// One command of the protocol, and its result.
    pub fn call(&mut self, method: &str, params: Json) -> Json {
        let answer = self.ask(method, params);
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// What an expression gives, if the page is there to say it.
    pub fn maybe(&mut self, expression: &str) -> Json {
        let params = json!({ "expression": expression, "returnByValue": true });
        self.ask("Runtime.evaluate", params)["result"]["result"]["value"].clone()
    }

    fn ask(&mut self, method: &str, params: Json) -> Json {
        self.last += 1;
        let mut message = json!({ "id": self.last, "method": method, "params": params });
        if !self.session.is_empty() {
            message["sessionId"] = self.session.clone().into();
        }
        write!(self.input, "{message}\0").expect("the browser lives");
        loop {
            let answer = self.next();
            if answer["id"] == self.last {
                return answer;
            }
        }
    }

    /// Goes to a page and waits until it is loaded.
    pub fn open(&mut self, url: &str) {
        let loads = self.loads;
        let gone = self.call("Page.navigate", json!({ "url": url }));
        assert!(gone["errorText"].is_null(), "{gone}");
        while self.loads == loads {
            self.next();
        }
    }

    /// What an expression gives.
    pub fn value(&mut self, expression: &str) -> Json {
        let params =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let result = self.call("Runtime.evaluate", params);
        assert!(
            result["exceptionDetails"].is_null(),
            "{expression}: {result}"
        );
        result["result"]["value"].clone()
    }

    /// Waits until an expression is true: it is asked again whenever the page changes.
    pub fn until(&mut self, expression: &str) {
        let promise = format!(
            "new Promise((done) => {{
                const look = () => ({expression}) ? done(true) : setTimeout(look, 20);
                setTimeout(() => done(false), 60000);
                look();
            }})"
        );
        let body = "document.body.innerText";
        if self.value(&promise) != true {
            panic!("never: {expression}; the page: {}", self.value(body));
        }
    }

    /// Size of the window, and dark or light.
    pub fn look(&mut self, width: u32, height: u32, scheme: &str) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size);
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", features);
    }

    /// A picture of the window, or of the whole page, as PNG.
    pub fn picture(&mut self, whole: bool) -> Vec<u8> {
        let params = json!({ "format": "png", "captureBeyondViewport": whole });
        let picture = match whole {
            false => self.call("Page.captureScreenshot", params),
            true => {
                let size = self.call("Page.getLayoutMetrics", json!({}))["cssContentSize"].clone();
                let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
                let params =
                    json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
                self.call("Page.captureScreenshot", params)
            }
        };
        from_base64(picture["data"].as_str().expect("a picture"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // it has children of its own, which end with it when it is asked
        let _ = write!(self.input, "{{\"id\":0,\"method\":\"Browser.close\"}}\0");
        let _ = self.input.flush();
        for _ in 0..500 {
            match self.child.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(20)),
                _ => return,
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn from_base64(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u8> = text.bytes().filter(|c| *c != b'=').map(digit).collect();
    let bytes = digits.chunks(4).flat_map(|four| {
        let bits = four
            .iter()
            .fold(0u32, |bits, digit| bits << 6 | u32::from(*digit));
        let bits = bits << (6 * (4 - four.len()));
        bits.to_be_bytes()
            .into_iter()
            .skip(1)
            .take(four.len().saturating_sub(1))
    });
    bytes.collect()
}

#[test]
fn base64_is_read() {
    assert_eq!(from_base64("aGVsbG8h"), b"hello!");
    assert_eq!(from_base64("aGVsbG8="), b"hello");
    assert_eq!(from_base64("/+8="), [0xFF, 0xEF]);
}
