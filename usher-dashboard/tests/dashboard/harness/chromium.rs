//! A real Chromium, driven over WebDriver (`w3c.github.io/webdriver`) with no more than a socket.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use serde_json::{Value, json};

use super::{PATIENCE, Service, clean, skip, wait_for};

/// The browser, with a profile of its own. It ends with this value.
pub struct Chromium {
    driver: Service,
    address: SocketAddr,
    /// The network that it is in, where that is another than this program's.
    network: Option<PathBuf>,
    session: String,
    _profile: tempfile::TempDir,
}

/// Where Chromium and its driver are; says so where they are not.
pub fn chromium() -> Option<(PathBuf, PathBuf)> {
    let found = |name: &str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.is_file());
        if found.is_none() {
            skip(&format!("{name} is not installed"));
        }
        found
    };
    Some((found("chromium")?, found("chromedriver")?))
}

impl Chromium {
    /// Starts it, in a language.
    #[track_caller]
    pub fn start(programs: &(PathBuf, PathBuf), language: &str) -> Self {
        Chromium::start_in(None, programs, language)
    }

    /// Starts it in the network that this file stands for.
    #[track_caller]
    pub fn start_in(network: Option<PathBuf>, programs: &(PathBuf, PathBuf), language: &str) -> Self {
        Chromium::start_with(network, programs, language, |_| None)
    }

    /// Starts it there, once its home was furnished; what is given back stands in the place of `/etc/chromium` for it.
    #[track_caller]
    pub fn start_with(
        network: Option<PathBuf>,
        (browser, driver): &(PathBuf, PathBuf),
        language: &str,
        furnish: impl FnOnce(&Path) -> Option<PathBuf>,
    ) -> Self {
        let profile = tempfile::Builder::new().prefix("uc").tempdir_in("/tmp").expect("a directory");
        let mut words: Vec<OsString> = Vec::new();
        if let Some(network) = &network {
            words.extend(["nsenter".into(), format!("--net={}", network.display()).into(), "--".into()]);
        }
        if let Some(policies) = furnish(profile.path()) {
            let mounted = "mount --bind \"$0\" /etc/chromium && exec \"$@\"";
            words.extend(["unshare", "--mount", "--", "sh", "-c", mounted].map(OsString::from));
            words.push(policies.into());
        }
        words.push(driver.into());
        let mut command = clean(Path::new(&words[0]), profile.path());
        command.args(&words[1..]);
        // What the browser leaves in its directory for temporary files goes with the profile.
        command.arg("--port=0").env("TMPDIR", profile.path()).stdin(Stdio::null());
        let (driver, mut line) = Service::start(command, &profile.path().join("log"));
        let port = loop {
            if let Some((_, port)) = line.split_once("successfully on port ") {
                break port.trim_end_matches('.').parse::<u16>().expect("a port");
            }
            line = driver.line().expect("the driver says its port");
        };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let session = String::new();
        let mut chromium = Chromium { driver, address, network, session, _profile: profile };
        chromium.session = chromium.begin(browser, language);
        chromium
    }

    fn begin(&self, browser: &Path, language: &str) -> String {
        let mut arguments = vec!["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"];
        arguments.push("--window-size=1300,1000");
        // Chromium's own sandbox does not work for root. The pages are ours.
        if rustix::process::geteuid().is_root() {
            arguments.push("--no-sandbox");
        }
        let options = json!({"binary": browser, "args": arguments, "prefs": {"intl.accept_languages": language}});
        let wanted = json!({"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}, "acceptInsecureCerts": true});
        let begun = self.ask("POST", "/session", &json!({"capabilities": {"alwaysMatch": wanted}}));
        begun["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {begun}")).to_owned()
    }

    /// A connection to the driver: a socket stays in the network in which it was made.
    fn connect(&self) -> std::io::Result<TcpStream> {
        let Some(network) = &self.network else { return TcpStream::connect(self.address) };
        let (network, address) = (File::open(network)?, self.address);
        let connecting = std::thread::spawn(move || {
            move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network))?;
            TcpStream::connect(address)
        });
        connecting.join().map_err(|_| std::io::ErrorKind::Other)?
    }

    /// One command of WebDriver.
    #[track_caller]
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let mut stream = self.connect().expect("the driver listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a patience");
        let body = if method == "GET" { String::new() } else { body.to_string() };
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        let text = format!("{head}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(text.as_bytes()).expect("the driver reads");
        let answer: Value = serde_json::from_slice(&body_of(stream).expect("an answer")).expect("JSON");
        assert!(answer["value"]["error"].is_null(), "{method} {path}: {}", answer["value"]);
        answer["value"].clone()
    }

    #[track_caller]
    fn command(&self, name: &str, body: &Value) -> Value {
        self.ask("POST", &format!("/session/{}/{name}", self.session), body)
    }

    #[track_caller]
    pub fn open(&self, address: &str) {
        self.command("url", &json!({"url": address}));
    }

    /// What a function's body gives, in the page.
    #[track_caller]
    pub fn script(&self, body: &str) -> Value {
        self.command("execute/sync", &json!({"script": body, "args": []}))
    }

    /// Waits until an expression is true in the page.
    #[track_caller]
    pub fn until(&self, expression: &str) {
        let body = format!("return Boolean({expression})");
        let mut last = Instant::now();
        wait_for(expression, || {
            let found = self.script(&body) == true;
            // What is shown instead is told while it is waited for in vain.
            if !found && last.elapsed() > PATIENCE / 3 {
                last = Instant::now();
                println!("{}", self.script("return location.href + ': ' + document.body.innerText.slice(0, 2000)"));
            }
            found.then_some(())
        });
    }

    /// Types keys, wherever the focus is.
    #[track_caller]
    pub fn keys(&self, keys: &str) {
        let each = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key.to_string()})));
        let actions: Vec<Value> = each.collect();
        self.command("actions", &json!({"actions": [{"type": "key", "id": "keys", "actions": actions}]}));
    }

    /// Clicks in the middle of an element.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        let found = self.command("element", &json!({"using": "css selector", "value": selector}));
        let id = found.as_object().and_then(|found| found.values().next()?.as_str()).expect("an element");
        self.command(&format!("element/{id}/click"), &json!({}));
    }

    /// Drags the mouse from one place to another.
    #[track_caller]
    pub fn drag(&self, from: (u32, u32), to: (u32, u32)) {
        let go = |(x, y): (u32, u32)| json!({"type": "pointerMove", "duration": 50, "x": x, "y": y});
        let actions =
            json!([go(from), {"type": "pointerDown", "button": 0}, go(to), {"type": "pointerUp", "button": 0}]);
        let pointer =
            json!({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions});
        self.command("actions", &json!({"actions": [pointer]}));
    }

    /// A command of the browser's own tools.
    #[track_caller]
    pub fn tool(&self, name: &str, parameters: &Value) -> Value {
        self.command("goog/cdp/execute", &json!({"cmd": name, "params": parameters}))
    }

    /// What the page's console has: refusals of the policy are there.
    #[track_caller]
    pub fn complaints(&self) -> Vec<String> {
        let log = self.command("se/log", &json!({"type": "browser"}));
        let all = log.as_array().cloned().unwrap_or_default().into_iter();
        all.filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING")
            .map(|entry| entry["message"].to_string())
            .collect()
    }

    /// A picture of the page.
    #[track_caller]
    pub fn shot(&self, file: &Path) {
        let text = self.ask("GET", &format!("/session/{}/screenshot", self.session), &Value::Null);
        let png = STANDARD.decode(text.as_str().expect("text")).expect("base64");
        std::fs::write(file, png).expect("a file");
    }
}

/// The body of an answer. The driver keeps its connections, so its length says where it ends.
fn body_of(stream: TcpStream) -> std::io::Result<Vec<u8>> {
    let mut stream = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        if line.trim_end().is_empty() {
            break;
        }
        let pair = line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        length = pair.map_or(Ok(length), |(_, value)| value.trim().parse()).map_err(std::io::Error::other)?;
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(body)
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The browser ends with its session, also after a test that failed; the driver with its process.
        let head = format!("DELETE /session/{} HTTP/1.1\r\nHost: {}\r\n", self.session, self.address);
        if let Ok(mut stream) = self.connect() {
            let _ = stream.set_read_timeout(Some(PATIENCE));
            let _ = stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes());
            let _ = body_of(stream);
        }
        self.driver.signal(rustix::process::Signal::TERM);
    }
}
