//! The page on which people sign in. It needs no script.

use maud::{Markup, html};
use usher::words::Language;
use usher_core::wire::sign_in::BY_CERTIFICATE;

use super::{frame, say};
use crate::words::key;

/// Asks for a name and a password; says what was wrong the last time. Where the host verifies certificates, one will do.
pub fn sign_in(language: Language, wrong: Option<&str>, verifier: Option<&str>) -> Markup {
    let say = |key| say(language, key);
    let fields = html! {
        label.field { span { (say(key!("dashboard-sign-in-user"))) }
            input name="user" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="64"
                autofocus required;
        }
        label.field { span { (say(key!("dashboard-sign-in-password"))) }
            input name="password" type="password" autocomplete="current-password" maxlength="500";
        }
    };
    let about = html! {
        @if let Some(verifier) = verifier {
            form.other method="post" action=(format!("{verifier}{BY_CERTIFICATE}")) {
                button type="submit" { (say(key!("dashboard-sign-in-certificate"))) }
            }
        }
        p.hint { (say(key!("dashboard-sign-in-about"))) }
    };
    frame(language, &form("/sign-in", wrong, &fields, &say(key!("dashboard-sign-in")), &about), false)
}

/// Asks what PAM asks; what it said beside that is told.
pub fn asked(language: Language, text: &str, echo: bool, told: &[String]) -> Markup {
    let say = |key| say(language, key);
    let fields = html! {
        @for told in told { p { (told) } }
        label.field { span { (if text.trim().is_empty() { say(key!("dashboard-sign-in-answer")) } else { text.to_owned() }) }
            input name="answer" type=(if echo { "text" } else { "password" }) autocomplete="off" maxlength="500" autofocus;
        }
    };
    frame(language, &form("/sign-in/answer", None, &fields, &say(key!("dashboard-sign-in-next")), &html! {}), false)
}

fn form(to: &str, wrong: Option<&str>, fields: &Markup, send: &str, about: &Markup) -> Markup {
    html! {
        main.sign-in {
            h1 { "usher" }
            form method="post" action=(to) {
                @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
                (fields)
                button.sends type="submit" { (send) }
            }
            (about)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_shown_to_the_gateway_and_only_where_there_is_one() {
        let gateway = "https://lab1:8477";
        let page = sign_in(Language::English, None, Some(gateway)).into_string();
        assert!(page.contains("action=\"https://lab1:8477/web/sign-in\"") && page.contains("action=\"/sign-in\""));
        assert_eq!(sign_in(Language::English, None, None).into_string().matches("<form").count(), 1);
    }

    #[test]
    fn what_pam_says_is_text() {
        let page = asked(Language::English, "<b>Code</b>", false, &["<script>".to_owned()]).into_string();
        assert!(page.contains("&lt;b&gt;Code") && page.contains("&lt;script&gt;") && !page.contains("<script"));
        assert!(page.contains("type=\"password\"") && page.contains("action=\"/sign-in/answer\""));
    }
}
