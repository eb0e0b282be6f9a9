//! What PAM asks somebody who signs in, and what it says of them.

/// A question of PAM's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PamQuestion {
    /// What is asked.
    pub text: String,
    /// Whether the answer may be seen.
    pub echo: bool,
}

/// Who answers PAM.
pub trait Conversation {
    /// Asks; none if nobody answers any more.
    fn ask(&mut self, prompt: PamQuestion) -> Option<String>;
    /// Says something.
    fn tell(&mut self, text: &str, is_error: bool);
}

/// What PAM says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is this user, who may come in.
    Admitted(String),
    /// It is the user, whose account may not come in: it has expired, or it is not the time.
    Barred,
    /// It is not the user, or nobody knows.
    Refused,
    /// PAM does not work.
    Broken,
}
