//! One sign-in: usher-auth asks, the browser answers.

use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;
use usher_core::wire::sign_in::{FromAuth, LONGEST, ToAuth};

/// How long PAM may take to ask or to say what it found. It waits by itself after a wrong password.
const DEADLINE: Duration = Duration::from_secs(60);

/// A sign-in that goes on.
#[derive(Debug)]
pub struct SigningIn {
    stream: BufReader<UnixStream>,
    /// What was typed as the password, until PAM asks for it.
    password: Option<String>,
    /// What PAM said beside its questions.
    pub told: Vec<String>,
}

/// What comes next.
#[derive(Debug)]
pub enum NextStep {
    /// A question that the password is no answer to.
    Asked {
        /// What is asked.
        text: String,
        /// Whether the answer may be seen.
        echo: bool,
    },
    /// It is over.
    Over(FromAuth),
}

impl SigningIn {
    /// Says who somebody says to be.
    ///
    /// # Errors
    /// usher-auth cannot be reached.
    pub async fn begin(socket: &Path, name: String, password: String, from: IpAddr) -> io::Result<Self> {
        let stream = BufReader::new(UnixStream::connect(socket).await?);
        let mut signing_in = SigningIn { stream, password: Some(password), told: Vec::new() };
        signing_in.say(&ToAuth::User { name, from }).await?;
        Ok(signing_in)
    }

    /// Answers the last question.
    ///
    /// # Errors
    /// usher-auth has gone.
    pub async fn answer(&mut self, answer: String) -> io::Result<()> {
        self.say(&ToAuth::Answer(answer)).await
    }

    /// Waits for what comes next. The first question whose answer may not be seen is the one for the password.
    ///
    /// # Errors
    /// usher-auth has gone, or says nothing in time.
    pub async fn next(&mut self) -> io::Result<NextStep> {
        loop {
            match timeout(DEADLINE, self.hear()).await.map_err(|_| io::ErrorKind::TimedOut)?? {
                FromAuth::Ask { text, echo } => match self.password.take_if(|_| !echo) {
                    Some(password) => self.answer(password).await?,
                    None => return Ok(NextStep::Asked { text, echo }),
                },
                FromAuth::Tell(text) if self.told.len() < 8 => self.told.push(text),
                FromAuth::Tell(_) => {}
                over @ (FromAuth::Admitted { .. } | FromAuth::Refused(_)) => return Ok(NextStep::Over(over)),
            }
        }
    }

    async fn hear(&mut self) -> io::Result<FromAuth> {
        let mut line = Vec::new();
        let most = u64::try_from(LONGEST).unwrap_or(u64::MAX);
        (&mut self.stream).take(most).read_until(b'\n', &mut line).await?;
        serde_json::from_slice(&line).map_err(io::Error::other)
    }

    async fn say(&mut self, said: &ToAuth) -> io::Result<()> {
        let mut line = serde_json::to_vec(said)?;
        line.push(b'\n');
        self.stream.write_all(&line).await
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, Write};

    use usher_core::wire::sign_in::SignInRefusal;

    use super::*;

    /// Plays usher-auth: says each line, and gives what it heard.
    fn played(
        lines: &'static [&'static str],
        answers: usize,
    ) -> (tempfile::TempDir, std::thread::JoinHandle<Vec<String>>) {
        let directory = tempfile::tempdir().unwrap();
        let listener = std::os::unix::net::UnixListener::bind(directory.path().join("s")).unwrap();
        let playing = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            for line in lines {
                writeln!(&stream, "{line}").unwrap();
            }
            let heard = std::io::BufReader::new(&stream).lines().take(answers + 1);
            heard.map(Result::unwrap).collect()
        });
        (directory, playing)
    }

    #[test]
    fn the_password_answers_the_first_hidden_question_and_people_the_others() {
        let (directory, playing) = played(
            &[
                r#"{"ask":{"text":"Password: ","echo":false}}"#,
                r#"{"tell":"Last login: never"}"#,
                r#"{"ask":{"text":"Code: ","echo":true}}"#,
                r#"{"refused":"wrong"}"#,
            ],
            2,
        );
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let socket = directory.path().join("s");
            let mut signing_in =
                SigningIn::begin(&socket, "alice".to_owned(), "s3cret".to_owned(), [10, 0, 0, 5].into()).await.unwrap();
            let asked = signing_in.next().await.unwrap();
            assert!(matches!(asked, NextStep::Asked { ref text, echo: true } if text == "Code: "), "{asked:?}");
            assert_eq!(signing_in.told, ["Last login: never"]);
            signing_in.answer("123456".to_owned()).await.unwrap();
            let over = signing_in.next().await.unwrap();
            assert!(matches!(over, NextStep::Over(FromAuth::Refused(SignInRefusal::Wrong))), "{over:?}");
        });
        let heard = playing.join().unwrap();
        assert_eq!(heard[0], r#"{"user":{"name":"alice","from":"10.0.0.5"}}"#);
        assert_eq!(&heard[1..], [r#"{"answer":"s3cret"}"#, r#"{"answer":"123456"}"#]);
    }

    #[test]
    fn who_says_nothing_or_nonsense_signs_nobody_in() {
        for lines in [&[][..], &["{}"], &["\"admitted\""]] {
            let (directory, playing) = played(lines, 0);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let next = runtime.block_on(async {
                let socket = directory.path().join("s");
                let mut signing_in =
                    SigningIn::begin(&socket, "alice".to_owned(), String::new(), [10, 0, 0, 5].into()).await.unwrap();
                signing_in.next().await
            });
            assert!(next.is_err(), "{next:?}");
            playing.join().unwrap();
        }
    }
}
