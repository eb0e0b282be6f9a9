//! The verbs, each with the arguments that it takes.

use std::ffi::OsString;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, Subcommand};

use super::{CommandLine, Global};
use super::{
    attach, audit, block, blocks, close, completion, dashboard, demo, dial_stdio, disconnect, help, identities,
};
use super::{install_cmdlets, invite, join, list, lock, login, open, rename, revoke, servers, show, status, thumbnail};
use super::{unblock, unlock, watch};

/// All verbs in the order of the help, and one of them alone.
macro_rules! verbs {
    ($($verb:ident($arguments:ty) = $name:literal $(or $alias:literal)?,)*) => {
        #[derive(Debug, Subcommand)]
        pub(super) enum VerbArguments {
            $(#[command(name = $name $(, visible_alias = $alias)?)] $verb($arguments),)*
        }

        // A command with the arguments of the verb with this name beside its own.
        fn with_arguments(name: &str, command: Command) -> Option<Command> {
            match name {
                $($name $(| $alias)? => Some(<$arguments>::augment_args(command)),)*
                _ => None,
            }
        }

        // What such a command read.
        fn read(name: &str, matches: &mut ArgMatches) -> Option<VerbArguments> {
            match name {
                $($name $(| $alias)? => <$arguments>::from_arg_matches_mut(matches).ok().map(VerbArguments::$verb),)*
                _ => None,
            }
        }
    };
}

verbs! {
    List(list::List) = "list" or "ls",
    Lock(lock::Lock) = "lock",
    Unlock(unlock::Unlock) = "unlock",
    Disconnect(disconnect::Disconnect) = "disconnect",
    Close(close::Close) = "close",
    Block(block::Block) = "block",
    Unblock(unblock::Unblock) = "unblock",
    Blocks(blocks::Blocks) = "blocks",
    Open(open::Open) = "open",
    Attach(attach::Attach) = "attach",
    Login(login::Login) = "login",
    Rename(rename::Rename) = "rename",
    Show(show::Show) = "show",
    Thumbnail(thumbnail::Thumbnail) = "thumbnail",
    Watch(watch::Watch) = "watch",
    Audit(audit::Audit) = "audit",
    Status(status::DaemonStatus) = "status",
    Dashboard(dashboard::Dashboard) = "dashboard",
    Demo(demo::Demo) = "demo",
    Help(help::Help) = "help",
    Invite(invite::Invite) = "invite",
    Identities(identities::ListIdentities) = "identities",
    Revoke(revoke::Revoke) = "revoke",
    Join(join::Join) = "join",
    Servers(servers::Servers) = "servers",
    DialStdio(dial_stdio::DialStdio) = "dial-stdio",
    Completion(completion::Completion) = "completion",
    InstallCmdlets(install_cmdlets::InstallCmdlets) = "install-cmdlets",
}

/// What the words behind a verb say, read without the other verbs: those take longer to define than a short command takes. It
/// reads what the whole command line reads; what it refuses, the whole one has to refuse in its own words.
pub(super) fn read_alone(name: &str, words: impl Iterator<Item = OsString>) -> Option<CommandLine> {
    let command = alone(name)?;
    let mut matches = command.try_get_matches_from(std::iter::once("usher".into()).chain(words)).ok()?;
    Some(CommandLine { global: Global::read(&mut matches).ok()?, verb: read(name, &mut matches)? })
}

/// A verb's arguments and the global ones in one command: in two, every global argument is defined and read twice.
fn alone(name: &str) -> Option<Command> {
    let verb = with_arguments(name, Command::new("usher").disable_help_subcommand(true))?;
    let command = Global::augment_args(verb);
    // A verb may have a global argument in a form of its own.
    let ids: Vec<_> = command.get_arguments().map(Arg::get_id).collect();
    let twice = ids.iter().enumerate().any(|(at, id)| ids[..at].contains(id));
    (!twice).then_some(command)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn each_verb_is_defined_alone_as_among_all() {
        let mut whole = CommandLine::command();
        whole.build();
        let options = |command: &Command| {
            let own =
                command.get_arguments().filter(|argument| !["help", "version"].contains(&argument.get_id().as_str()));
            own.map(|argument| (argument.get_id().to_string(), format!("{:?}", argument.clone().display_order(0))))
                .collect::<BTreeMap<_, _>>()
        };
        for among_all in whole.get_subcommands() {
            for name in among_all.get_name_and_visible_aliases() {
                match alone(name) {
                    Some(mut alone) => {
                        alone.build();
                        assert_eq!(options(&alone), options(among_all));
                    }
                    None => assert_eq!(name, "thumbnail", "has no argument that is a global one too"),
                }
            }
        }
    }

    fn words(line: &str) -> impl Iterator<Item = OsString> {
        line.split(' ').skip(1).map(OsString::from)
    }

    #[test]
    fn a_verb_alone_reads_what_the_whole_reads() {
        for line in [
            "list --locked -o json",
            "ls",
            "lock --all --message=wait",
            "lock 3 c2 -m wait --for 5m -v --at-once 3 --server lab1,lab2 --server lab3",
            "servers group lab a b --output json",
            "servers --output json group lab a b",
            "open -- ls -l",
            "unlock --all --socket /tmp/a --timeout 5s --lang zh-CN",
        ] {
            let alone = read_alone(line.split(' ').next().unwrap(), words(line)).unwrap();
            let mut whole = CommandLine::command().try_get_matches_from(["usher"].into_iter().chain(line.split(' ')));
            let whole = CommandLine::read(whole.as_mut().unwrap()).unwrap();
            assert_eq!(format!("{alone:?}"), format!("{whole:?}"));
        }
    }

    #[test]
    fn help_and_mistakes_are_left_to_the_whole() {
        for line in [
            "list --help",
            "list --version",
            "list --nonsense",
            "lock",
            "ls -h",
            "lisst",
            "--socket /tmp/a list",
            "list --socket /tmp/a --server lab1",
            "servers help",
            "help --at-once 0",
        ] {
            assert!(read_alone(line.split(' ').next().unwrap(), words(line)).is_none(), "{line}");
        }
    }
}
