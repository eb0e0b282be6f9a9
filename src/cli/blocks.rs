//! `usher blocks`

use clap::Args;
use usher_core::outcome::Exit;
use usher_core::request::Action;
use usher_core::session::Rule;

use super::hosts::TargetHost;
use super::output::Placed;
use super::{CommandError, Context, read};
use crate::words::key;

/// Show the standing rules
///
/// A standing rule locks every session of everybody, of one user or of a group's members, also those that are opened
/// later. The table shows who set each rule, since when it stands, when it ends, and which sessions were exempted from
/// it.
///
/// `usher block` sets a rule and `usher unblock` removes it. Only operators and administrators may see the
/// rules.
#[derive(Debug, Args)]
pub struct Blocks {}

impl Blocks {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let all = |_: &TargetHost, rules: Vec<Rule>| (rules, Exit::Success);
        read::rows(context, &Action::Blocks, all, Placed::on, key!("none-rules")).await
    }
}
