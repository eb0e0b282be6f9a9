//! The programs and files that the tests use, and the Debian packages they come in.

/// A program, or another file by its absolute path, and its package. The test below holds the list against the tests.
pub const ALL: &[(&str, &str)] = &[
    ("/usr/share/bash-completion/bash_completion", "bash-completion"),
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", "fonts-noto-cjk"),
    ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "fonts-dejavu-core"),
    ("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf", "fonts-noto-color-emoji"),
    ("/usr/share/tesseract-ocr/5/tessdata/chi_sim.traineddata", "tesseract-ocr-chi-sim"),
    ("Xvfb", "xvfb"),
    ("Xvnc", "tigervnc-standalone-server"),
    ("bash", "bash"),
    ("cat", "coreutils"),
    ("certutil", "libnss3-tools"),
    ("chromedriver", "chromium-driver"),
    ("chromium", "chromium"),
    ("cp", "coreutils"),
    ("debootstrap", "debootstrap"),
    ("dpkg-deb", "dpkg"),
    ("dpkg-shlibdeps", "dpkg-dev"),
    ("e2fsck", "e2fsprogs"),
    ("find", "findutils"),
    ("fish", "fish"),
    ("htop", "htop"),
    ("id", "coreutils"),
    ("ip", "iproute2"),
    ("jq", "jq"),
    ("less", "less"),
    ("mkfifo", "coreutils"),
    ("mkfs.ext4", "e2fsprogs"),
    ("mount", "mount"),
    ("nsenter", "util-linux"),
    ("openssl", "openssl"),
    ("pk12util", "libnss3-tools"),
    ("ps", "procps"),
    ("python3", "python3"),
    ("script", "bsdutils"),
    ("setpriv", "util-linux"),
    ("setsid", "util-linux"),
    ("setxkbmap", "x11-xkb-utils"),
    ("sh", "dash"),
    ("sleep", "coreutils"),
    ("ssh", "openssh-client"),
    ("ssh-keygen", "openssh-client"),
    ("systemd-nspawn", "systemd-container"),
    ("tesseract", "tesseract-ocr"),
    ("timeout", "coreutils"),
    ("tmux", "tmux"),
    ("top", "procps"),
    ("true", "coreutils"),
    ("umount", "mount"),
    ("unshare", "util-linux"),
    ("vim", "vim"),
    ("xkbcomp", "x11-xkb-utils"),
    ("xrandr", "x11-xserver-utils"),
    ("zsh", "zsh"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};
    use std::{fs, iter};

    use super::ALL;

    /// Calls whose first word in quotes is the name of a program.
    const CALLS: [&str; 4] = ["Command::new(", "clean_command(", "need(", "Server::start("];

    /// Calls and loops whose words in quotes, up to this end, are names of programs and, in the call, its test's.
    const LISTS: [(&str, &str); 2] = [("can_run(", ")"), ("for program in [", "]")];

    /// The words in quotes at the beginning of a text, as far as commas and blanks separate them.
    fn quoted(text: &str) -> impl Iterator<Item = &str> {
        text.split('"').skip(1).step_by(2)
    }

    fn named(source: &str) -> BTreeSet<&str> {
        let after = |call: &'static str| source.split(call).skip(1);
        let first = |text: &'static str| {
            after(text).filter_map(|rest| rest.strip_prefix('"')?.split_once('"')).map(|(name, _)| name)
        };
        let listed = |(call, end): (&'static str, &'static str)| {
            after(call).filter_map(move |rest| rest.split_once(end)).flat_map(|(list, _)| quoted(list))
        };
        let all = CALLS.into_iter().flat_map(first).chain(LISTS.into_iter().flat_map(listed));
        // The name of a test has its module in it, those of our own programs and of the kernel's files are no package's.
        all.filter(|name| !name.contains("::") && !name.starts_with("usher") && !name.starts_with("/proc/"))
            .map(|name| name.strip_prefix("/usr").unwrap_or(name))
            .map(|name| name.strip_prefix("/bin/").unwrap_or(name))
            .collect()
    }

    fn sources(directory: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
        entries
            .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
            .filter(|path| path.extension() == Some("rs".as_ref()))
            .collect()
    }

    #[test]
    fn every_program_that_a_test_names_has_its_package_here() {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
        let packages = fs::read_dir(top).expect("the repository").flatten().map(|entry| entry.path());
        let files: Vec<PathBuf> =
            packages.chain(iter::once(top.to_owned())).flat_map(|package| sources(&package.join("tests"))).collect();
        assert!(files.len() > 50, "the tests are somewhere else");
        let known: BTreeSet<&str> = ALL.iter().map(|(program, _)| *program).collect();
        for file in files {
            let source = fs::read_to_string(&file).expect("a source");
            for name in named(&source) {
                assert!(
                    known.contains(name),
                    "{} uses {name}: say in xtask/src/host/programs.rs which Debian package it comes in",
                    file.display()
                );
            }
        }
    }

    #[test]
    fn programs_are_found_where_tests_name_them() {
        let source = r#"
            if need("htop").is_none() || !can_run("vnc::grows", &["Xvnc", "xrandr"]) { return; }
            Command::new("/bin/true"); Command::new("/proc/self/exe"); Command::new(program("usherd"));
            std::process::Command::new("usher-tty"); clean_command("setpriv", home).arg("--reuid");
            for program in ["ip", "unshare"] {}"#;
        let expected = ["Xvnc", "htop", "ip", "setpriv", "true", "unshare", "xrandr"];
        assert_eq!(named(source).into_iter().collect::<Vec<_>>(), expected);
    }
}
