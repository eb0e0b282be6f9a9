//! The columns of those who call from elsewhere: identities, and who is signed in on the web page.

use usher_core::request::{Identity, Invitation, WebSignIn};
use usher_core::wire::joining::Joined;

use super::super::rows::TableRow;
use super::super::table::Emphasis;
use super::{end, moment, or_dash};
use crate::words::{Key, key};

impl TableRow for WebSignIn {
    fn heads() -> Vec<&'static str> {
        vec!["ID", "USER", "FROM", "SINCE", "UNTIL"]
    }

    fn cells(&self) -> Vec<String> {
        let WebSignIn { id, user, uid: _, from, since, until } = self;
        vec![id.to_string(), user.clone(), from.clone(), moment(*since), moment(*until)]
    }

    fn cuttable() -> Vec<&'static str> {
        vec!["USER", "FROM"]
    }

    fn spare() -> Vec<&'static str> {
        vec!["SINCE", "FROM"]
    }

    fn counted(&self) -> Vec<Key> {
        vec![key!("sum-sign-ins")]
    }
}

impl TableRow for Identity {
    fn heads() -> Vec<&'static str> {
        vec!["IDENTITY", "ROLE", "SINCE", "BY", "REVOKED", "KEY"]
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.to_string(),
            self.role.to_string(),
            moment(self.created),
            self.created_by.clone(),
            self.revoked.map_or_else(|| "-".to_owned(), moment),
            self.key.as_str().to_owned(),
        ]
    }

    fn cuttable() -> Vec<&'static str> {
        vec!["KEY", "BY", "IDENTITY"]
    }

    fn spare() -> Vec<&'static str> {
        vec!["KEY", "BY", "SINCE"]
    }

    fn emphasis(&self, head: &str) -> Emphasis {
        if head == "REVOKED" && self.revoked.is_some() { Emphasis::Bad } else { Emphasis::Plain }
    }

    fn counted(&self) -> Vec<Key> {
        vec![key!("sum-identities")]
    }
}

impl TableRow for Invitation {
    fn heads() -> Vec<&'static str> {
        vec!["IDENTITY", "ROLE", "UNTIL", "TOKEN"]
    }

    fn cells(&self) -> Vec<String> {
        vec![or_dash(self.name.as_ref()), self.role.to_string(), end(self.expires), self.token.clone()]
    }
}

impl TableRow for Joined {
    fn heads() -> Vec<&'static str> {
        vec!["HOST", "IDENTITY", "ROLE", "ADDRESS", "EXPIRES"]
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.identity.to_string(),
            self.role.to_string(),
            self.address.clone(),
            end(self.expires),
        ]
    }
}
