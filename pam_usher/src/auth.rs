//! `usher-auth`: signs one person in on the host's web page, as root, and ends.
//!
//! The web server says a name and passes answers on. PAM says whether it is that user; then usherd is told the hash of a new
//! secret and whose it is, and the web server gets the secret. So the web server learns passwords that are typed there, and
//! cannot say by itself who somebody is.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::time::Duration;

use nix::unistd::User;
use usher_core::paths;
use usher_core::request::{Action, Name, Secret, SignInAnswer, SignInRequest, SignInStep, WebSignIn};
use usher_core::wire::headers::{API_HEADER, API_VERSION, VERSION, VERSION_HEADER};
use usher_core::wire::sign_in::{FromAuth, LONGEST, SignInRefusal, ToAuth};

use crate::conversation::{Conversation, PamQuestion, Verdict};
use crate::ffi;

/// PAM's service, `/etc/pam.d/usher-dashboard`.
const SERVICE: &str = "usher-dashboard";
/// Whom the web server runs as.
const SERVER: &str = "usher-dashboard";
/// How long somebody may take for an answer.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long usherd may take.
const DEADLINE: Duration = Duration::from_secs(20);
/// The most that usherd answers.
const LARGEST: u64 = 64 << 10;
/// The longest answer to PAM, and the most questions.
const LONGEST_ANSWER: usize = 1024;
const MOST_QUESTIONS: usize = 32;

/// The whole program: standard input is the web server's connection (`systemd.socket(5)`, `Accept=yes`).
pub fn main() -> ExitCode {
    match served() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("usher-auth: {error}");
            ExitCode::FAILURE
        }
    }
}

fn served() -> io::Result<()> {
    let stream = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let peer = rustix::net::sockopt::socket_peercred(&stream)?.uid.as_raw();
    let server = User::from_name(SERVER)?.ok_or_else(|| io::Error::other("the host has no user usher-dashboard"))?;
    if peer != server.uid.as_raw() && peer != 0 {
        return Err(io::Error::other(format!("uid {peer} is not the web server")));
    }
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(DEADLINE))?;
    let mut browser = Browser { lines: BufReader::new(stream.try_clone()?), stream, questions: 0 };
    let Some(ToAuth::User { name, from }) = browser.next()? else {
        return Err(io::Error::other("the web server named nobody"));
    };
    let said = signed_in(&name, from, &mut browser);
    browser.say(&said)
}

fn signed_in(name: &str, from: IpAddr, browser: &mut Browser) -> FromAuth {
    // What can be nobody's name is nobody's, and is as slow as others are to say so.
    let Ok(user) = name.parse::<Name>() else { return FromAuth::Refused(SignInRefusal::Wrong) };
    let tell = |step| told(&SignInRequest { user: user.clone(), from, step });
    match tell(SignInStep::Begins) {
        Ok(SignInAnswer { wait_seconds: 0, .. }) => {}
        Ok(SignInAnswer { wait_seconds, .. }) => return FromAuth::Refused(SignInRefusal::Wait(wait_seconds)),
        Err(error) => return broken(&error),
    }
    let verdict = ffi::judge(SERVICE, user.as_str(), &from.to_string(), browser);
    let admitted = match &verdict {
        // Whoever is root there is it on the host: that is for the host's own doors.
        Verdict::Admitted(name) => User::from_name(name).ok().flatten().filter(|user| !user.uid.is_root()),
        Verdict::Barred | Verdict::Refused | Verdict::Broken => None,
    };
    let Some(admitted) = admitted else {
        if let Err(error) = tell(SignInStep::Refused) {
            eprintln!("usher-auth: {error}");
        }
        return FromAuth::Refused(match verdict {
            Verdict::Barred | Verdict::Admitted(_) => SignInRefusal::Barred,
            Verdict::Refused => SignInRefusal::Wrong,
            Verdict::Broken => SignInRefusal::Broken,
        });
    };
    let proved = Secret::new().and_then(|secret| {
        let step = SignInStep::Proved { uid: admitted.uid.as_raw(), secret: secret.hash() };
        let known = tell(step)?.sign_in.ok_or_else(|| io::Error::other("usherd signed nobody in"))?;
        Ok((secret, known))
    });
    match proved {
        Ok((secret, WebSignIn { user, until, .. })) => FromAuth::Admitted { secret, user, until },
        Err(error) => broken(&error),
    }
}

fn broken(error: &io::Error) -> FromAuth {
    eprintln!("usher-auth: {error}");
    FromAuth::Refused(SignInRefusal::Broken)
}

/// The web server's connection, behind which somebody answers PAM.
struct Browser {
    lines: BufReader<UnixStream>,
    stream: UnixStream,
    questions: usize,
}

impl Browser {
    fn next(&mut self) -> io::Result<Option<ToAuth>> {
        let mut line = Vec::new();
        let most = u64::try_from(LONGEST).unwrap_or(u64::MAX);
        self.lines.by_ref().take(most).read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return Ok(None);
        }
        serde_json::from_slice(&line).map(Some).map_err(io::Error::other)
    }

    fn say(&mut self, said: &FromAuth) -> io::Result<()> {
        let mut line = serde_json::to_vec(said)?;
        line.push(b'\n');
        self.stream.write_all(&line)
    }
}

impl Conversation for Browser {
    fn ask(&mut self, prompt: PamQuestion) -> Option<String> {
        self.questions += 1;
        let PamQuestion { text, echo } = prompt;
        if self.questions > MOST_QUESTIONS || self.say(&FromAuth::Ask { text: bounded(&text), echo }).is_err() {
            return None;
        }
        match self.next() {
            Ok(Some(ToAuth::Answer(answer))) if answer.len() <= LONGEST_ANSWER => Some(answer),
            _ => None,
        }
    }

    fn tell(&mut self, text: &str, _: bool) {
        // Whoever hung up is told nothing.
        let _ = self.say(&FromAuth::Tell(bounded(text)));
    }
}

fn bounded(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(500).collect()
}

/// Tells usherd how far a sign-in is. This program needs no more of HTTP than one request on a connection of its own.
fn told(request: &SignInRequest) -> io::Result<SignInAnswer> {
    let route = Action::SignIn(request.clone()).route();
    let mut stream = UnixStream::connect(paths::SYSTEM)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.set_write_timeout(Some(DEADLINE))?;
    let head = format!(
        "{route} HTTP/1.1\r\nHost: usherd\r\nConnection: close\r\nContent-Type: application/json\r\n\
         {API_HEADER}: {API_VERSION}\r\n{VERSION_HEADER}: {VERSION}\r\nContent-Length: {}\r\n\r\n",
        route.body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(&route.body)?;
    let mut said = Vec::new();
    stream.take(LARGEST).read_to_end(&mut said)?;
    answer(&said)
}

fn answer(said: &[u8]) -> io::Result<SignInAnswer> {
    let wrong =
        || io::Error::other(format!("usherd answered {:?}", String::from_utf8_lossy(&said[..said.len().min(400)])));
    let end = said.windows(4).position(|window| window == b"\r\n\r\n").ok_or_else(wrong)?;
    if !said.starts_with(b"HTTP/1.1 200 ") {
        return Err(wrong());
    }
    serde_json::from_slice(&said[end + 4..]).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usherds_answer_is_its_body_and_everything_else_an_error() {
        let good = b"HTTP/1.1 200 OK\r\ncontent-length: 35\r\n\r\n{\"wait_seconds\":7,\"sign_in\":null}  ";
        assert_eq!(answer(good).unwrap(), SignInAnswer { wait_seconds: 7, sign_in: None });
        for bad in [
            &b""[..],
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 403 Forbidden\r\n\r\n{\"wait_seconds\":0,\"sign_in\":null}",
            b"HTTP/1.1 200 OK\r\n\r\n{}",
        ] {
            assert!(answer(bad).is_err(), "{:?}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn somebody_answers_over_the_connection_and_within_bounds() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut browser = Browser { lines: BufReader::new(ours.try_clone().unwrap()), stream: ours, questions: 0 };
        let prompt = || PamQuestion { text: "Password\u{1b}: ".to_owned(), echo: false };
        (&theirs).write_all(b"{\"answer\":\"s3cret\"}\n").unwrap();
        assert_eq!(browser.ask(prompt()).as_deref(), Some("s3cret"));
        let mut asked = [0; 64];
        let count = (&theirs).read(&mut asked).unwrap();
        assert_eq!(&asked[..count], b"{\"ask\":{\"text\":\"Password: \",\"echo\":false}}\n");
        let long = format!("{{\"answer\":\"{}\"}}\n", "x".repeat(LONGEST_ANSWER + 1));
        (&theirs).write_all(long.as_bytes()).unwrap();
        assert_eq!(browser.ask(prompt()), None, "nobody has such a password");
        (&theirs).write_all(&vec![b'x'; LONGEST + 1]).unwrap();
        assert_eq!(browser.ask(prompt()), None, "a line without an end");
    }
}
