//! Pruning: when the audit log is too large, the largest shares lose records first.

use super::Share;

/// Ordinary users' records always have room in a fourth of the log.
const ORDINARY_PART: u64 = 4;

/// The shares that are too large, each with the bytes that it may keep.
///
/// Operators and administrators have three fourths for themselves, whatever ordinary users do; ordinary users have what
/// is left. Within both the largest shares are cut first, all to the same size.
pub(super) fn cut(sizes: &[(Share, u64)], limit: u64) -> Vec<(Share, u64)> {
    let of = |privileged| sizes.iter().filter(move |(share, _)| share.privileged == privileged);
    let room = limit - limit / ORDINARY_PART;
    let most = level(of(true).map(|(_, size)| *size).collect(), room);
    let kept: u64 = of(true).map(|(_, size)| (*size).min(most.unwrap_or(u64::MAX))).sum();
    let most_of_ordinary = level(of(false).map(|(_, size)| *size).collect(), limit.saturating_sub(kept));
    let over = |privileged, most: Option<u64>| {
        of(privileged)
            .filter_map(move |(share, size)| most.filter(|most| size > most).map(|most| (share.clone(), most)))
    };
    over(true, most).chain(over(false, most_of_ordinary)).collect()
}

/// The largest size that each may have so that all together have room; none if they have room as they are.
fn level(mut sizes: Vec<u64>, mut room: u64) -> Option<u64> {
    sizes.sort_unstable();
    let mut others = u64::try_from(sizes.len()).unwrap_or(u64::MAX);
    for size in sizes {
        let fair = room / others;
        if size > fair {
            return Some(fair);
        }
        room -= size;
        others -= 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shares() -> impl Strategy<Value = Vec<(Share, u64)>> {
        let sizes = proptest::collection::vec((any::<bool>(), 0u64..2000), 0..12);
        sizes.prop_map(|sizes| {
            let share = |(n, (privileged, size))| (Share { privileged, owner: format!("uid {n}") }, size);
            sizes.into_iter().enumerate().map(share).collect()
        })
    }

    fn after(sizes: &[(Share, u64)], limit: u64) -> Vec<(Share, u64)> {
        let cut = cut(sizes, limit);
        let most = |share: &Share| cut.iter().find(|(one, _)| one == share).map_or(u64::MAX, |(_, most)| *most);
        sizes.iter().map(|(share, size)| (share.clone(), (*size).min(most(share)))).collect()
    }

    proptest! {
        #[test]
        fn the_log_is_no_larger_than_it_may_be(sizes in shares(), limit in 0u64..8000) {
            prop_assert!(after(&sizes, limit).iter().map(|(_, size)| size).sum::<u64>() <= limit);
        }

        #[test]
        fn no_ordinary_users_records_make_a_privileged_one_go(sizes in shares(), limit in 0u64..8000) {
            let privileged: Vec<_> = sizes.iter().filter(|(share, _)| share.privileged).cloned().collect();
            let beside: Vec<_> = after(&sizes, limit).into_iter().filter(|(share, _)| share.privileged).collect();
            prop_assert_eq!(beside, after(&privileged, limit));
        }

        #[test]
        fn whoever_has_no_more_than_an_equal_share_keeps_all_of_it(sizes in shares(), limit in 0u64..8000) {
            for privileged in [true, false] {
                let of = |sizes: &[(Share, u64)]| -> Vec<_> {
                    sizes.iter().filter(|(share, _)| share.privileged == privileged).cloned().collect()
                };
                let fair = limit / ORDINARY_PART / (of(&sizes).len().max(1) as u64);
                for ((_, before), (_, after)) in of(&sizes).iter().zip(of(&after(&sizes, limit))) {
                    prop_assert!(*before > fair || after == *before);
                }
            }
        }
    }

    #[test]
    fn the_largest_share_is_cut_first() {
        let share = |owner: &str, privileged| Share { privileged, owner: owner.to_owned() };
        let sizes = [(share("flood", false), 10_000), (share("alice", false), 100), (share("root", true), 500)];
        assert_eq!(cut(&sizes, 1000), [(share("flood", false), 400)]);
    }
}
