//! The verbs, each with the arguments that it takes.

use clap::{Args, Command, Subcommand};

use super::Global;
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

        // The verb with this name, and its arguments.
        fn verb(name: &str) -> Option<Command> {
            match name {
                $($name $(| $alias)? => Some(<$arguments>::augment_args(Command::new($name)$(.visible_alias($alias))?)),)*
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

/// The command line of a verb without the other verbs, which take longer to define than a short command takes. It reads what the
/// whole one reads; what it refuses, the whole one has to refuse in its own words.
pub(super) fn with_one_verb(name: &str) -> Option<Command> {
    let usher = Command::new("usher").disable_help_subcommand(true);
    Some(Global::augment_args(usher).subcommand(verb(name)?))
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, FromArgMatches};

    use super::super::CommandLine;
    use super::*;

    #[test]
    fn each_verb_is_defined_alone_as_among_all() {
        let whole = CommandLine::command();
        let options = |command: &Command| format!("{:?}", command.get_arguments().collect::<Vec<_>>());
        for among_all in whole.get_subcommands() {
            for name in among_all.get_name_and_visible_aliases() {
                let alone = verb(name).unwrap_or_else(|| panic!("{name} is no verb"));
                assert_eq!(alone.get_name(), among_all.get_name());
                assert_eq!(options(&alone), options(among_all));
            }
        }
    }

    #[test]
    fn one_verb_alone_reads_what_the_whole_reads() {
        for line in
            ["list --locked -o json", "ls", "lock --all --message=wait", "servers group lab a b", "open -- ls -l"]
        {
            let words = || std::iter::once("usher").chain(line.split(' '));
            let alone = with_one_verb(line.split(' ').next().unwrap()).unwrap().try_get_matches_from(words());
            let read = |matches| format!("{:?}", CommandLine::from_arg_matches(&matches).unwrap());
            assert_eq!(read(alone.unwrap()), read(CommandLine::command().try_get_matches_from(words()).unwrap()));
        }
    }

    #[test]
    fn help_and_mistakes_are_left_to_the_whole() {
        for line in ["list --help", "list --version", "list --nonsense", "lock", "ls -h"] {
            let alone = with_one_verb(line.split(' ').next().unwrap()).unwrap();
            assert!(alone.try_get_matches_from(std::iter::once("usher").chain(line.split(' '))).is_err(), "{line}");
        }
        assert!(with_one_verb("--socket").is_none() && with_one_verb("lisst").is_none());
    }
}
