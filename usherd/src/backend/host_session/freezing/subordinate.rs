//! The uids that a user may use in user namespaces beside their own (`subuid(5)`).

use std::fs::File;
use std::io::Read;
use std::ops::Range;

/// The most bytes of the table.
const MOST: u64 = 16 << 20;

/// A user's ranges of uids. They are empty where the table cannot be read.
pub(super) fn uids_of(user: &str, uid: u32) -> Vec<Range<u32>> {
    let mut table = Vec::new();
    if let Ok(file) = File::open("/etc/subuid") {
        let _ = file.take(MOST).read_to_end(&mut table);
    }
    parse(&String::from_utf8_lossy(&table), user, uid)
}

/// Each line is `NAME-OR-UID:FIRST:COUNT`.
fn parse(table: &str, user: &str, uid: u32) -> Vec<Range<u32>> {
    let range = |line: &str| {
        let mut fields = line.trim().split(':');
        let owner = fields.next()?;
        let (first, count) = (fields.next()?.parse::<u32>().ok()?, fields.next()?.parse::<u32>().ok()?);
        // Uids of people and services are nobody's subordinates, whatever the table says.
        let first_subordinate = first.max(0x1_0000);
        let his = owner == user || owner.parse() == Ok(uid);
        his.then(|| first_subordinate..first.saturating_add(count)).filter(|range| !range.is_empty())
    };
    table.lines().filter_map(range).collect()
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "these are ranges of uids")]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_found_by_name_and_by_number() {
        let table = "alice:100000:65536\nbob:165536:65536\n1001:500000:10\n";
        assert_eq!(parse(table, "alice", 1001), [100_000..165_536, 500_000..500_010]);
        assert_eq!(parse(table, "bob", 1002), [165_536..231_072]);
        assert_eq!(parse(table, "carol", 1003), []);
    }

    #[test]
    fn garbage_gives_nobody_the_uids_of_others() {
        assert_eq!(parse("alice:0:4294967295", "alice", 1001), [0x1_0000..u32::MAX]);
        for line in ["alice:0:1000", "alice:-1:5", "alice:100000", ":100000:5", "alice:100000:0", "\u{fffd}"] {
            assert_eq!(parse(line, "alice", 1001), [], "{line}");
        }
    }
}
