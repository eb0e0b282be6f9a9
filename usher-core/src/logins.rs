//! Whom usher refuses a new login, as usherd writes it and PAM's module reads it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::language::{Language, sentence};
use crate::request::RuleName;
use crate::session::Rule;

/// The most bytes that the rules of a host have as they are written; a login program reads no more.
pub const MOST_BYTES: usize = 16 << 20;

/// The rules and settings by which new logins are judged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LoginRules {
    /// The PAM services at which usher refuses anybody.
    pub services: Vec<String>,
    /// Those of them that let nobody in, but for who is never refused, until usherd has said its rules.
    pub closed_services: Vec<String>,
    /// The groups whose members are never refused.
    pub exempt_groups: Vec<String>,
    /// The rules that hold.
    pub rules: Vec<Rule>,
}

/// Somebody who has proved who they are and is about to be logged in.
pub struct NewLogin<'a> {
    /// The PAM service.
    pub service: &'a str,
    /// The user's name.
    pub user: &'a str,
    /// The user's number.
    pub uid: u32,
    /// Whether the user is in a group; none if nobody can say.
    pub member: &'a dyn Fn(&str) -> Option<bool>,
}

/// What becomes of a new login.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    /// Nothing speaks against it.
    Admitted,
    /// A rule speaks against it, and nobody can say whether the user is one whom none refuses.
    Unsure(&'static str),
    /// It is refused.
    Refused {
        /// The rule, or what stands for one.
        rule: String,
        /// What the user is told.
        sentence: String,
    },
}

/// A refusal, as PAM's module tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RefusedLogin {
    /// The user's name.
    pub user: String,
    /// The user's number.
    pub uid: u32,
    /// The PAM service.
    pub service: String,
    /// The host that the user came from, as the login program says.
    pub from: Option<String>,
    /// The rule.
    pub rule: String,
}

impl LoginRules {
    /// Whether anybody is ever refused at this service.
    pub fn concern(&self, service: &str) -> bool {
        includes(&self.services, service)
    }

    /// Judges a login by the rules that hold at `now`.
    pub fn judge(&self, login: &NewLogin<'_>, now: Timestamp) -> Judgement {
        let covering = self
            .rules
            .iter()
            .filter(|rule| rule.until.is_none_or(|until| now < until))
            .find(|rule| covers(&rule.name, login));
        let Some(rule) = covering.filter(|_| self.concern(login.service)) else { return Judgement::Admitted };
        self.unless_exempt(login, || (rule.name.to_string(), said(rule, now)))
    }

    /// Judges a login where the rules are not known: of this record, the settings alone hold.
    pub fn judge_without_rules(&self, login: &NewLogin<'_>, _now: Timestamp) -> Judgement {
        if !self.concern(login.service) || !includes(&self.closed_services, login.service) {
            return Judgement::Admitted;
        }
        let text = sentence(Language::of_locale(), "login-not-yet", &[]);
        self.unless_exempt(login, || ("no rules yet".to_owned(), text))
    }

    fn unless_exempt(&self, login: &NewLogin<'_>, refusal: impl FnOnce() -> (String, String)) -> Judgement {
        if login.uid == 0 {
            return Judgement::Admitted;
        }
        let answers: Vec<_> = self.exempt_groups.iter().map(|group| (login.member)(group)).collect();
        if answers.contains(&Some(true)) {
            return Judgement::Admitted;
        }
        // Who might be an administrator is let in: the session is covered all the same, by what usherd knows.
        if answers.contains(&None) {
            return Judgement::Unsure("the user's groups cannot be looked up");
        }
        let (rule, sentence) = refusal();
        Judgement::Refused { rule, sentence }
    }
}

fn includes(services: &[String], service: &str) -> bool {
    services.iter().any(|known| known == service)
}

/// Whether a rule is about this user. Unknown groups may include any.
fn covers(rule: &RuleName, login: &NewLogin<'_>) -> bool {
    match rule {
        RuleName::All => true,
        RuleName::User(name) => login.user == name.as_str(),
        RuleName::Group(group) => (login.member)(group.as_str()).unwrap_or(true),
    }
}

/// What a refused user is told: the operator's message, then who says so and for how long.
fn said(rule: &Rule, now: Timestamp) -> String {
    let language = Language::of_locale();
    let at = |time| clock::time_of_day(time, now, &clock::local_zone());
    let mut lines = vec![rule.message.as_str().to_owned()];
    lines.push(sentence(language, "login-refused-by", &[("by", &rule.by), ("since", &at(rule.since))]));
    if let Some(until) = rule.until {
        lines.push(sentence(language, "display-lock-until", &[("time", &at(until))]));
    }
    // It goes to a terminal, and names come from databases of others.
    let printable = |line: String| line.chars().filter(|c| !c.is_control()).collect::<String>();
    lines.into_iter().map(printable).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-03-02T10:00:00Z";

    fn rule(name: &str, until: Option<&str>) -> Rule {
        Rule {
            name: name.parse().unwrap(),
            message: "Eyes up".parse().unwrap(),
            by: "ol\u{1b}ga".to_owned(),
            since: "2026-03-02T09:00:00Z".parse().unwrap(),
            until: until.map(|until| until.parse().unwrap()),
            except: Vec::new(),
            freeze: false,
            exempt: Vec::new(),
        }
    }

    fn rules(names: &[&str]) -> LoginRules {
        LoginRules {
            services: vec!["sshd".to_owned(), "login".to_owned()],
            closed_services: vec!["login".to_owned()],
            exempt_groups: vec!["sudo".to_owned()],
            rules: names.iter().map(|name| rule(name, None)).collect(),
        }
    }

    fn ask(rules: &LoginRules, service: &str, uid: u32, member: &dyn Fn(&str) -> Option<bool>) -> Judgement {
        let login = NewLogin { service, user: "alice", uid, member };
        rules.judge(&login, NOW.parse().unwrap())
    }

    fn in_group(group: &'static str) -> impl Fn(&str) -> Option<bool> {
        move |asked| Some(asked == group)
    }

    fn by(judgement: &Judgement) -> Option<&str> {
        match judgement {
            Judgement::Refused { rule, .. } => Some(rule),
            Judgement::Admitted | Judgement::Unsure(_) => None,
        }
    }

    #[test]
    fn who_a_rule_matches_is_refused_and_nobody_else() {
        let pupil = in_group("pupils");
        for (names, expected) in [
            (&["all"][..], Some("all")),
            (&["user:alice"], Some("user:alice")),
            (&["user:bob", "group:staff"], None),
            (&["group:staff", "group:pupils"], Some("group:pupils")),
            (&[], None),
        ] {
            assert_eq!(by(&ask(&rules(names), "sshd", 1000, &pupil)), expected, "{names:?}");
        }
    }

    #[test]
    fn root_administrators_and_other_services_are_never_refused() {
        let rules = rules(&["all"]);
        assert_eq!(ask(&rules, "sshd", 0, &in_group("")), Judgement::Admitted);
        assert_eq!(ask(&rules, "sshd", 1000, &in_group("sudo")), Judgement::Admitted);
        assert_eq!(ask(&rules, "cron", 1000, &in_group("")), Judgement::Admitted);
        let without = |service, uid, member: &dyn Fn(&str) -> Option<bool>| {
            let login = NewLogin { service, user: "alice", uid, member };
            rules.judge_without_rules(&login, NOW.parse().unwrap())
        };
        assert_eq!(without("sshd", 1000, &in_group("")), Judgement::Admitted);
        assert_eq!(by(&without("login", 1000, &in_group(""))), Some("no rules yet"));
        assert_eq!(without("login", 1000, &in_group("sudo")), Judgement::Admitted);
        assert_eq!(without("login", 0, &in_group("")), Judgement::Admitted);
    }

    #[test]
    fn who_may_be_an_administrator_is_let_in_and_it_is_told() {
        let unknown = |_: &str| None;
        assert!(matches!(ask(&rules(&["all"]), "sshd", 1000, &unknown), Judgement::Unsure(_)));
        assert!(matches!(ask(&rules(&["group:pupils"]), "sshd", 1000, &unknown), Judgement::Unsure(_)));
        assert_eq!(ask(&rules(&["user:bob"]), "sshd", 1000, &unknown), Judgement::Admitted);
        // Where the host exempts no group, nothing is left to be found out.
        let nobody_exempt = LoginRules { exempt_groups: Vec::new(), ..rules(&["group:pupils"]) };
        assert_eq!(by(&ask(&nobody_exempt, "sshd", 1000, &unknown)), Some("group:pupils"));
    }

    #[test]
    fn a_rule_ends_by_itself_and_its_message_is_said_without_control_characters() {
        let ending = |until| LoginRules { rules: vec![rule("all", Some(until))], ..rules(&[]) };
        assert_eq!(ask(&ending(NOW), "sshd", 1000, &in_group("")), Judgement::Admitted);
        let Judgement::Refused { sentence, .. } = ask(&ending("2026-03-02T10:00:01Z"), "sshd", 1000, &in_group(""))
        else {
            panic!("it still holds");
        };
        assert!(sentence.starts_with("Eyes up\n") && sentence.contains("olga"), "{sentence:?}");
        assert!(!sentence.contains('\u{1b}') && sentence.lines().count() == 3, "{sentence:?}");
    }

    #[test]
    fn rules_of_a_later_usherd_are_read_as_far_as_they_are_known() {
        let mut written = serde_json::to_value(rules(&["all"])).unwrap();
        written["later"] = true.into();
        assert_eq!(serde_json::from_value::<LoginRules>(written).unwrap(), rules(&["all"]));
    }
}
